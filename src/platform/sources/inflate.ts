/**
 * Streaming inflate that keeps everything decoded before the point where the input turns out to be damaged: the usual
 * piping of streams throws buffered output away when an error arrives.
 */
import type { Readable } from 'node:stream';
import { createGunzip, createInflateRaw } from 'node:zlib';

export type Compression = 'gzip' | 'deflate-raw';

/** Output buffer of one call into zlib: large, because each call is a round trip to the thread pool. */
const OUTPUT_CHUNK_BYTES = 1 << 20;

/** Yields the decoded bytes of `input`; throws zlib's own error after the last good chunk. */
export async function* inflate(
  input: Readable | AsyncIterable<Buffer>,
  compression: Compression,
): AsyncGenerator<Buffer> {
  const options = { chunkSize: OUTPUT_CHUNK_BYTES };
  const inflater = compression === 'gzip' ? createGunzip(options) : createInflateRaw(options);
  let decoded: Buffer[] = [];
  inflater.on('data', (chunk: Buffer) => decoded.push(chunk));
  // Every failure also reaches the callback of the write or end that met it.
  inflater.on('error', () => {});
  const take = (): Buffer[] => {
    const taken = decoded;
    decoded = [];
    return taken;
  };
  // A promise for the outcome, never a rejection: it stays unobserved while the consumer works on the chunk before.
  const settled = (start: (done: (error?: Error | null) => void) => void): Promise<Error | null> =>
    new Promise((resolve) => {
      start((error) => resolve(error ?? null));
    });
  try {
    let pending: Promise<Error | null> = Promise.resolve(null);
    for await (const piece of input as AsyncIterable<Buffer>) {
      const failure = await pending;
      const ready = take();
      if (failure === null) pending = settled((done) => inflater.write(piece, done));
      yield* ready;
      if (failure !== null) throw failure;
    }
    const lastFailure = await pending;
    const endFailure =
      lastFailure ?? (await settled((done) => inflater.once('end', done).once('error', done).end()));
    yield* take();
    if (endFailure !== null) throw endFailure;
  } finally {
    inflater.destroy();
  }
}
