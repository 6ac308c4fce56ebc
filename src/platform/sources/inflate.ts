/**
 * Streaming inflate that hands out everything decoded before the point where the input is cut off: the usual piping of
 * streams throws buffered output away when an error arrives.
 */
import { createGunzip, createInflateRaw } from 'node:zlib';
import { DataError } from '../../domain/core/index.ts';
import { type FileRange, readRange } from './file-range.ts';

export type Compression = 'gzip' | 'deflate-raw';

/**
 * Room for many pieces of input: zlib then works in the thread pool undisturbed while the consumer works on what came
 * before. A full buffer has to wait for the consumer, and inflating for the next one.
 */
const OUTPUT_BUFFER_BYTES = 8 << 20;

/** Pieces that wait for zlib, so that it finds work whenever it is done. */
const PIECES_AHEAD = 1;

/** What expands a hundredfold and more must not fill the memory before anyone sees it. */
const MAX_BACKLOG_BYTES = 64 << 20;

export interface DeflatedRange extends FileRange {
  readonly compression: Compression;
}

/** Whether the input ended too early, and nothing else was wrong with it. */
export function isCutOff(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR';
}

function expandsTooMuch(path: string): DataError {
  return new DataError(
    `${path}: more than ${MAX_BACKLOG_BYTES} bytes come out of a piece of it, far beyond what messages expand to; ` +
      'what comes before is kept. If it is no archive of messages, leave it out.',
    { code: 'UNZIPPED_TOO_LARGE', context: { file: path } },
  );
}

/**
 * Yields the decoded bytes of a part of a file, each chunk good until the next is asked for. `onDiskBytes` hears how much
 * of the file has been taken in.
 * @throws zlib's own error; all bytes before it have been handed out where the input {@link isCutOff}, and nobody can
 * tell which of them are good where it is damaged
 */
export async function* inflate(
  range: DeflatedRange,
  onDiskBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const { path, compression } = range;
  const options = { chunkSize: OUTPUT_BUFFER_BYTES };
  const inflater = compression === 'gzip' ? createGunzip(options) : createInflateRaw(options);
  let decoded: Buffer[] = [];
  let backlogBytes = 0;
  inflater.on('data', (chunk: Buffer) => {
    decoded.push(chunk);
    backlogBytes += chunk.length;
    if (backlogBytes > MAX_BACKLOG_BYTES) inflater.destroy(expandsTooMuch(path));
  });
  // Outcomes are values, for nobody may be waiting when they come. A failure need not reach the callback of a write.
  // Damaged input may end the stream early: what is written afterwards is never answered.
  const over = new Promise<Error | null>((resolve) => {
    inflater.on('error', resolve).on('end', () => resolve(null));
  });
  const settled = (start: (done: (error?: Error | null) => void) => void): Promise<Error | null> => {
    const done = new Promise<Error | null>((resolve) => {
      start((error) => resolve(error ?? null));
    });
    return Promise.race([over, done]);
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
    for await (const piece of readRange(range, onDiskBytes)) {
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
    inflater.end();
    failure ??= await over;
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
