/**
 * Streaming inflate that keeps everything decoded before the point where the input turns out to be damaged: the usual
 * piping of streams throws buffered output away when an error arrives.
 */
import { createGunzip, createInflateRaw } from 'node:zlib';
import { type FileRange, readRange } from './file-range.ts';

export type Compression = 'gzip' | 'deflate-raw';

/**
 * Room for many pieces of input: zlib then works in the thread pool undisturbed while the consumer works on what came
 * before. A full buffer has to wait for the consumer, and inflating for the next one.
 */
const OUTPUT_BUFFER_BYTES = 8 << 20;

/** Pieces that wait for zlib, so that it finds work whenever it is done. */
const PIECES_AHEAD = 1;

/** Market data expands tenfold. What expands a hundredfold and more must not fill the memory before anyone sees it. */
const MAX_BACKLOG_BYTES = 64 << 20;

/** Steps in which damage is approached. */
const SMALL_BUFFER_BYTES = 4 * 1024;

export interface DeflatedRange extends FileRange {
  readonly compression: Compression;
}

/**
 * Yields the decoded bytes of a part of a file, each chunk good until the next is asked for; throws zlib's own error after
 * the last good byte, to a few kilobytes. `onDiskBytes` hears how much of the file has been taken in.
 */
export async function* inflate(
  range: DeflatedRange,
  onDiskBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  let good = 0;
  try {
    const input = readRange(range, onDiskBytes);
    for await (const chunk of inflateOnce(input, range.compression, OUTPUT_BUFFER_BYTES)) {
      good += chunk.length;
      yield chunk;
    }
  } catch (error) {
    // What zlib had decoded in the call that failed is lost, and the call was a large one.
    if (isDataError(error)) yield* inflateAgain(range, good);
    throw error;
  }
}

function isDataError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'Z_DATA_ERROR';
}

/** What lies between the first `skip` bytes and the damage that is known to be there. */
async function* inflateAgain(range: DeflatedRange, skip: number): AsyncGenerator<Buffer> {
  const input = readRange(range, () => {});
  let at = 0;
  try {
    for await (const chunk of inflateOnce(input, range.compression, SMALL_BUFFER_BYTES)) {
      const known = Math.min(chunk.length, Math.max(0, skip - at));
      at += chunk.length;
      if (known < chunk.length) yield chunk.subarray(known);
    }
  } catch (error) {
    if (!isDataError(error)) throw error;
  }
}

async function* inflateOnce(
  input: AsyncIterable<Buffer>,
  compression: Compression,
  chunkSize: number,
): AsyncGenerator<Buffer> {
  const inflater = compression === 'gzip' ? createGunzip({ chunkSize }) : createInflateRaw({ chunkSize });
  let decoded: Buffer[] = [];
  let backlogBytes = 0;
  inflater.on('data', (chunk: Buffer) => {
    decoded.push(chunk);
    backlogBytes += chunk.length;
    if (backlogBytes > MAX_BACKLOG_BYTES) inflater.destroy(new Error('it expands beyond all measure'));
  });
  // Outcomes are values, for nobody may be waiting when they come. A failure need not reach the callback of a write.
  const failed = new Promise<Error>((resolve) => {
    inflater.on('error', resolve);
  });
  const settled = (start: (done: (error?: Error | null) => void) => void): Promise<Error | null> => {
    const done = new Promise<Error | null>((resolve) => {
      start((error) => resolve(error ?? null));
    });
    return Promise.race([failed, done]);
  };
  const take = (): Buffer[] => {
    const taken = decoded;
    decoded = [];
    backlogBytes = 0;
    return taken;
  };
  const spent = new SpentMemory();
  const writes: Promise<Error | null>[] = [];
  try {
    for await (const piece of input) {
      writes.push(settled((done) => inflater.write(piece, done)));
      if (writes.length <= PIECES_AHEAD) continue;
      const failure = await writes.shift();
      for (const chunk of take()) {
        yield chunk;
        spent.release(chunk);
      }
      if (failure) throw failure;
    }
    let failure: Error | null = null;
    for (const write of writes) failure ??= await write;
    failure ??= await settled((done) => inflater.once('end', done).end());
    yield* take();
    if (failure !== null) throw failure;
  } finally {
    inflater.destroy();
  }
}

/**
 * Gives the memory of consumed chunks back at once. Left to the garbage collector, a gigabyte of buffers costs it a
 * full collection every few dozen, and a tenth of the time of the whole ingest.
 */
class SpentMemory {
  #memory: ArrayBufferLike | null = null;

  /** zlib cuts consecutive chunks from the same memory: it is done with it when a chunk comes from another. */
  release({ buffer }: Buffer): void {
    if (this.#memory !== null && this.#memory !== buffer && this.#memory instanceof ArrayBuffer) {
      this.#memory.transfer(0);
    }
    this.#memory = buffer;
  }
}
