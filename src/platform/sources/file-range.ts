/** Reads a part of a file piece by piece into memory of its own, used again and again. */
import { open } from 'node:fs/promises';

/** Large, because each piece costs two round trips to the thread pool: to read it and to inflate it. */
const PIECE_BYTES = 512 * 1024;

/** One with the consumer, one on its way to it, one being read. */
const PIECES = 3;

export interface FileRange {
  readonly path: string;
  /** Byte offsets, end exclusive; by default the whole file. */
  readonly start?: number;
  readonly end?: number;
}

/**
 * Each piece is good until the third after it is asked for, so that they can be worked on while the next is read.
 * `onBytes` hears the size of each.
 */
export async function* readRange(
  { path, start = 0, end = Number.POSITIVE_INFINITY }: FileRange,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const file = await open(path);
  try {
    const buffers = Array.from({ length: PIECES }, () => Buffer.allocUnsafeSlow(PIECE_BYTES));
    for (let at = start, turn = 0; at < end; turn++) {
      const buffer = buffers[turn % PIECES]!;
      const { bytesRead } = await file.read(buffer, 0, Math.min(PIECE_BYTES, end - at), at);
      if (bytesRead === 0) return;
      at += bytesRead;
      onBytes(bytesRead);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
