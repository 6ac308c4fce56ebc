/**
 * The part of `fetch` that downloads need, on Node's HTTP client. The built-in `fetch` of Node 24 ends the whole process
 * (`assert(!this.paused)` in undici) when a server closes the connection while the body waits to be read, which a busy
 * thread makes likely.
 */
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

interface FetchInit {
  readonly headers: Readonly<Record<string, string>>;
  /** Redirects are the caller's business. */
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

export interface FetchedResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array> | null;
}

export type Fetch = (url: string, init: FetchInit) => Promise<FetchedResponse>;

/** @throws the connection's error, or the signal's reason */
export const httpFetch: Fetch = async (url, { headers, signal }) => {
  signal.throwIfAborted();
  const client = url.startsWith('https:') ? https : http;
  const request = client.get(url, { headers, signal });
  const [response] = (await once(request, 'response', { signal })) as [http.IncomingMessage];
  const received = new Headers();
  for (const [name, values] of Object.entries(response.headersDistinct)) {
    for (const value of values ?? []) received.append(name, value);
  }
  return {
    status: response.statusCode ?? 0,
    headers: received,
    body: Readable.toWeb(response) as ReadableStream<Uint8Array>,
  };
};
