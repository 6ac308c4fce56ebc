/**
 * Trying again: exponential backoff with full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog,
 * 2015), never sooner than the server's `Retry-After`.
 */
import { TransientError } from '../../../domain/core/index.ts';
import type { HttpLimits, Network } from './network.ts';

/** New ground a file must have gained for its failures to be forgiven; it bounds the attempts by the file's size. */
const PROGRESS_BYTES = 2 ** 20;

export interface RetryOptions {
  readonly network: Network;
  readonly limits: HttpLimits;
  /** Bytes in hand; a failure after real progress counts as the first. */
  readonly bytesInHand: () => number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `attempt` until it gives a result. Only a TransientError is worth another attempt, and none whose pause is infinite.
 * @throws whatever else `attempt` throws; its last TransientError when the attempts are used up or the server asks for
 * too long a pause; the signal's reason when aborted
 */
export async function withRetries<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { network, limits, signal } = options;
  let failures = 0;
  let farthestBytes = 0;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TransientError) || error.retryAfterMs === Number.POSITIVE_INFINITY) throw error;
      const bytes = options.bytesInHand();
      failures = bytes >= farthestBytes + PROGRESS_BYTES ? 1 : failures + 1;
      farthestBytes = Math.max(farthestBytes, bytes);
      if (failures >= limits.maxAttempts || error.retryAfterMs > limits.maxRetryAfterMs) {
        throw givenUp(error, failures);
      }
      const ceilingMs = Math.min(limits.maxDelayMs, limits.baseDelayMs * 2 ** (failures - 1));
      const delayMs = Math.max(error.retryAfterMs, Math.ceil(network.random() * ceilingMs));
      if (delayMs > 0) await network.sleep(delayMs, signal);
    }
  }
}

function givenUp(last: TransientError, failures: number): TransientError {
  const why =
    last.retryAfterMs > 0
      ? `the server asks for a pause of ${Math.ceil(last.retryAfterMs / 1_000)} s; run the command again after it`
      : `given up after ${failures} attempts; run the command again to go on from here`;
  return new TransientError(`${last.message} (${why})`, {
    code: last.code,
    context: { ...last.context, attempts: failures },
    retryAfterMs: last.retryAfterMs,
    cause: last,
  });
}

/** Milliseconds that a `Retry-After` header asks for: seconds or an HTTP date (RFC 9110 §10.2.3); 0 when there is none. */
export function retryAfterMs(header: string | null, nowMs: number): number {
  if (header === null) return 0;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1_000;
  const dateMs = Date.parse(header);
  return Number.isNaN(dateMs) ? 0 : Math.max(0, dateMs - nowMs);
}
