/** The world as the download layer sees it, and how long it is patient with it. Tests stand in their own. */
import { setTimeout } from 'node:timers/promises';
import { type Fetch, httpFetch } from './http-fetch.ts';

export interface Network {
  readonly fetch: Fetch;
  /** Resolves after `delayMs`, or rejects with the signal's reason. */
  readonly sleep: (delayMs: number, signal?: AbortSignal) => Promise<void>;
  /** Uniform in [0, 1): spreads the retries of many clients. */
  readonly random: () => number;
  /** Milliseconds since 1970-01-01 UTC, for a `Retry-After` that is a date. */
  readonly nowMs: () => number;
}

export const SYSTEM_NETWORK: Network = {
  fetch: httpFetch,
  sleep: (delayMs, signal) => setTimeout(delayMs, undefined, signal === undefined ? {} : { signal }),
  random: Math.random,
  nowMs: Date.now,
};

export interface HttpLimits {
  /** Attempts in a row that bring a file no further. */
  readonly maxAttempts: number;
  readonly maxRedirects: number;
  /** A connection on which nothing arrives for so long is given up. */
  readonly silenceMs: number;
  /** Delay before retry k is uniform in [0, min(maxDelayMs, baseDelayMs · 2^k)]. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** A server that asks for a longer pause is not waited for. */
  readonly maxRetryAfterMs: number;
  /** A larger file is refused. */
  readonly maxBytes: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  maxAttempts: 6,
  maxRedirects: 5,
  silenceMs: 60_000,
  baseDelayMs: 1_000,
  maxDelayMs: 60_000,
  maxRetryAfterMs: 300_000,
  maxBytes: 16 * 2 ** 30,
};
