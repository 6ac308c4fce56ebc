/** A file server for tests that can be told how to misbehave, request by request. Loopback only. */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Network } from './network.ts';

export interface ServedFile {
  readonly bytes: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Behaviour = (request: IncomingMessage, response: ServerResponse, file: ServedFile) => void;

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly status: number;
}

export class FaultServer {
  /** By path; what is not here is 404. */
  readonly files = new Map<string, ServedFile>();
  readonly requests: SeenRequest[] = [];
  onRequest: (path: string) => void = () => {};
  readonly #scripts = new Map<string, Behaviour[]>();
  readonly #answers: Promise<unknown>[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  static async start(): Promise<FaultServer> {
    const server = new FaultServer();
    await new Promise<void>((resolve) => {
      server.#server.listen(0, '127.0.0.1', resolve);
    });
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How the next requests for `path` are answered, one after the other; honestly after the last. */
  script(path: string, ...behaviours: readonly Behaviour[]): void {
    this.#scripts.set(path, [...behaviours]);
  }

  requestsFor(path: string): readonly SeenRequest[] {
    return this.requests.filter((request) => request.path === path);
  }

  /** Breaks every connection. */
  hangUp(): void {
    this.#server.closeAllConnections();
  }

  /** Waits until no request is being answered any more. */
  async quiet(): Promise<void> {
    await Promise.all(this.#answers);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.hangUp();
    await closed;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const path = new URL(request.url ?? '/', this.origin).pathname;
    this.onRequest(path);
    this.#answers.push(new Promise((resolve) => response.once('close', resolve)));
    const file = this.files.get(path);
    const behaviour = this.#scripts.get(path)?.shift();
    if (behaviour !== undefined) behaviour(request, response, file ?? { bytes: Buffer.alloc(0) });
    else if (file === undefined) response.writeHead(404).end('no such file');
    else honest(request, response, file);
    this.requests.push({ path, headers: request.headers, status: response.statusCode });
  }
}

/** As a correct server answers: ranges, `If-Range`, `If-None-Match` and `If-Modified-Since`. */
export const honest: Behaviour = (request, response, file) => {
  const { bytes, headers = {} } = file;
  const { range, 'if-range': ifRange } = request.headers;
  const isCurrent =
    (headers['etag'] !== undefined && request.headers['if-none-match'] === headers['etag']) ||
    (headers['last-modified'] !== undefined &&
      request.headers['if-modified-since'] === headers['last-modified']);
  if (isCurrent) {
    response.writeHead(304, headers).end();
    return;
  }
  const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  const mayContinue = ifRange === headers['etag'] || ifRange === headers['last-modified'];
  if (start === 0 || !mayContinue) {
    response.writeHead(200, { ...headers, 'content-length': bytes.length }).end(bytes);
  } else if (start >= bytes.length) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
  } else {
    response
      .writeHead(206, {
        ...headers,
        'content-length': bytes.length - start,
        'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
      })
      .end(bytes.subarray(start));
  }
};

export const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): Behaviour =>
  (_request, response) => {
    response.writeHead(code, headers).end('no');
  };

/** The whole file with the status line and headers of someone who has never heard of ranges. */
export const ignoringRange: Behaviour = (_request, response, { bytes, headers = {} }) => {
  response.writeHead(200, { ...headers, 'content-length': bytes.length }).end(bytes);
};

/** An honest beginning of so many bytes, and then nothing: the test decides when the connection breaks. */
export const stuckAfter =
  (count: number): Behaviour =>
  (request, response, file) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const { bytes, headers = {} } = file;
    const length = { ...headers, 'content-length': bytes.length - start };
    if (start === 0) response.writeHead(200, length);
    else {
      response.writeHead(206, {
        ...length,
        'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
      });
    }
    if (start + count < bytes.length) response.write(bytes.subarray(start, start + count));
    else response.end(bytes.subarray(start));
  };

export interface TestNetwork {
  readonly network: Network;
  /** Pauses before retries, in milliseconds. */
  readonly pausesMs: number[];
  /** The connection that waits now, or else the next that does, has been silent for too long. */
  readonly fallSilent: () => void;
}

export const TEST_NOW_MS = Date.UTC(2026, 0, 1);
const SILENCE_MS = 60_000;

/** Real connections, and pauses that take no time. */
export function testNetwork(): TestNetwork {
  const pausesMs: number[] = [];
  const waits = new Set<() => void>();
  let isSilent = false;
  const silence = async (signal?: AbortSignal): Promise<void> => {
    if (isSilent) {
      isSilent = false;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    waits.add(resolve);
    signal?.addEventListener('abort', () => waits.delete(resolve));
    await promise;
  };
  return {
    pausesMs,
    fallSilent: () => {
      isSilent = waits.size === 0;
      for (const resolve of waits) resolve();
    },
    network: {
      fetch: globalThis.fetch,
      sleep: async (delayMs, signal) => {
        if (delayMs === SILENCE_MS) {
          await silence(signal);
          return;
        }
        signal?.throwIfAborted();
        pausesMs.push(delayMs);
      },
      random: () => 0.5,
      nowMs: () => TEST_NOW_MS,
    },
  };
}
