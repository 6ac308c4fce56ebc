/** Reads a part of a file piece by piece into memory of its own, used again and again. */
import { open } from 'node:fs/promises';

const PIECE_BYTES = 128 * 1024;

export interface FileRange {
  readonly path: string;
  /** Byte offsets, end exclusive; by default the whole file. */
  readonly start?: number;
  readonly end?: number;
}

/**
 * Each piece is good until the next but one is asked for, so that one can be worked on while the next is read.
 * `onBytes` hears the size of each.
 */
export async function* readRange(
  { path, start = 0, end = Number.POSITIVE_INFINITY }: FileRange,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const file = await open(path);
  try {
    let [buffer, other] = [Buffer.allocUnsafeSlow(PIECE_BYTES), Buffer.allocUnsafeSlow(PIECE_BYTES)];
    for (let at = start; at < end;) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(PIECE_BYTES, end - at), at);
      if (bytesRead === 0) return;
      at += bytesRead;
      onBytes(bytesRead);
      yield buffer.subarray(0, bytesRead);
      [buffer, other] = [other, buffer];
    }
  } finally {
    await file.close();
  }
}
