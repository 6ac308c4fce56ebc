/** One GET with its redirects: an answer of any status, or a TransientError when the network let us down. */
import { DataError, TransientError } from '../../../domain/core/index.ts';
import type { HttpLimits, Network } from './network.ts';
import type { RemoteUrl } from './remote-url.ts';
import { retryAfterMs } from './retry.ts';

export interface HttpClient {
  readonly network: Network;
  readonly limits: HttpLimits;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly url: RemoteUrl;
  readonly status: number;
  readonly headers: Headers;
  /**
   * The body, once; leaving the loop early hangs up.
   * @throws TransientError when the connection breaks or falls silent; the signal's reason when aborted
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** Hangs up without reading the body. */
  readonly close: () => void;
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
/** Statuses below 500 that say "not now" rather than "no". */
const PASSING: readonly number[] = [408, 425, 429];

/**
 * @throws TransientError when there is no connection or no answer; DataError for a redirect that cannot be followed or a
 * certificate that is not trusted; the signal's reason when aborted
 */
export async function exchange(
  client: HttpClient,
  firstUrl: RemoteUrl,
  headers: Readonly<Record<string, string>>,
): Promise<HttpAnswer> {
  let url = firstUrl;
  for (let redirects = 0; ; redirects++) {
    const answer = await send(client, url, headers);
    if (!REDIRECTS.includes(answer.status)) return answer;
    answer.close();
    if (redirects === client.limits.maxRedirects) throw badRedirect(url, `more than ${redirects} redirects`);
    const location = answer.headers.get('location');
    const next = location === null ? null : url.follow(location);
    if (next === null) throw badRedirect(url, 'a redirect to nowhere, or from https to http');
    url = next;
  }
}

async function send(
  client: HttpClient,
  url: RemoteUrl,
  headers: Readonly<Record<string, string>>,
): Promise<HttpAnswer> {
  const line = new Line(client, url);
  const { authorization } = url;
  const response = await line.heard(
    client.network.fetch(url.requestUrl, {
      // A compressed transfer could neither be resumed nor held against its length.
      headers: {
        ...headers,
        'accept-encoding': 'identity',
        ...(authorization === null ? {} : { authorization }),
      },
      redirect: 'manual',
      signal: line.signal,
    }),
  );
  return {
    url,
    status: response.status,
    headers: response.headers,
    body: line.chunks(response.body),
    close: () => line.hangUp(),
  };
}

/** A connection that is given up when it falls silent. */
class Line {
  readonly signal: AbortSignal;
  readonly #client: HttpClient;
  readonly #url: RemoteUrl;
  readonly #hangUp = new AbortController();

  constructor(client: HttpClient, url: RemoteUrl) {
    this.#client = client;
    this.#url = url;
    const own = this.#hangUp.signal;
    this.signal = client.signal === undefined ? own : AbortSignal.any([client.signal, own]);
  }

  hangUp(): void {
    this.#hangUp.abort();
  }

  async *chunks(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
    if (body === null) return;
    const reader = body.getReader();
    try {
      for (;;) {
        const { done, value } = await this.heard(reader.read());
        if (done) return;
        yield value;
      }
    } finally {
      this.hangUp();
    }
  }

  /** The result of `work`, unless it takes longer than the patience of the client. */
  async heard<T>(work: Promise<T>): Promise<T> {
    const { network, limits, signal } = this.#client;
    const answered = new AbortController();
    const silence = network.sleep(limits.silenceMs, answered.signal).then((): never => {
      throw this.#failure(`silent for ${limits.silenceMs / 1_000} s`, 'NETWORK_SILENT');
    });
    try {
      return await Promise.race([work, silence]);
    } catch (cause) {
      this.hangUp();
      signal?.throwIfAborted();
      if (cause instanceof TransientError) throw cause;
      throw this.#explained(cause);
    } finally {
      answered.abort();
    }
  }

  #explained(cause: unknown): Error {
    const code = errorCode(cause);
    const reason = rootMessage(cause);
    if (/CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|UNABLE_TO_(GET|VERIFY)/.test(code)) {
      return new DataError(
        `${this.#url.display}: the server's certificate is not accepted (${reason}); check the address, ` +
          'or name your own authority in NODE_EXTRA_CA_CERTS',
        { code: 'TLS_REFUSED', context: { url: this.#url.display }, cause },
      );
    }
    return this.#failure(`the connection failed (${reason})`, 'NETWORK_FAILED', cause);
  }

  #failure(reason: string, code: string, cause?: unknown): TransientError {
    return new TransientError(`${this.#url.display}: ${reason}`, {
      code,
      context: { url: this.#url.display },
      retryAfterMs: 0,
      cause,
    });
  }
}

/** What a status other than success means: TransientError where waiting may help, DataError where it cannot. */
export function refusal(answer: HttpAnswer, nowMs: number): DataError | TransientError {
  const { url, status } = answer;
  const context = { url: url.display, status };
  if (status >= 500 || PASSING.includes(status)) {
    return new TransientError(`${url.display}: the server answers ${status}`, {
      code: 'HTTP_BUSY',
      context,
      retryAfterMs: retryAfterMs(answer.headers.get('retry-after'), nowMs),
    });
  }
  const advice =
    status === 401 || status === 403
      ? 'access is refused: check the address and the credentials in it (user:password@ or token)'
      : 'the request is refused: check the address';
  return new DataError(`${url.display}: the server answers ${status}; ${advice}`, {
    code: 'HTTP_REFUSED',
    context,
  });
}

function badRedirect(url: RemoteUrl, reason: string): DataError {
  return new DataError(`${url.display}: ${reason}; give the address that it should lead to`, {
    code: 'HTTP_REDIRECT',
    context: { url: url.display },
  });
}

/** `fetch` wraps the interesting error as its cause. */
function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  return 'code' in error && typeof error.code === 'string' ? error.code : errorCode(error.cause);
}

function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return rootMessage(error.cause);
  return error.message === '' ? errorCode(error) || error.name : error.message;
}
