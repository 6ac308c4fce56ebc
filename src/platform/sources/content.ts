/** The text inside a file, whatever wraps it: zip, gzip or nothing, told by the first bytes and never by the name. */
import { open } from 'node:fs/promises';
import { DataError } from '../../domain/core/index.ts';
import { CONTENT_CHANGED, contentChanged } from './content-changed.ts';
import { readRange } from './file-range.ts';
import { inflate, isCutOff } from './inflate.ts';
import { readZip } from './zip-archive.ts';

type Container = 'zip' | 'gzip' | 'plain';

/** Unpacked bytes of one file, however small it looks: more than any day of any market, less than fills a disk. */
const DEFAULT_MAX_UNZIPPED_BYTES = 64 * 2 ** 30;

/**
 * Yields the decoded bytes; `onDiskBytes` hears how many bytes of the file itself have been taken in.
 * @throws DataError after the last good chunk when the file is damaged
 */
export async function* readContent(
  path: string,
  onDiskBytes?: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  for await (const chunk of readChunks(path, onDiskBytes)) yield Buffer.from(chunk);
}

/**
 * The same without the copies: each chunk is good only until the next is asked for, and its memory is used again. What
 * expands beyond `maxBytes`, by real bytes and whatever it declares, is read no further.
 */
export async function* readChunks(
  path: string,
  onDiskBytes: (bytes: number) => void = () => {},
  maxBytes = DEFAULT_MAX_UNZIPPED_BYTES,
): AsyncGenerator<Buffer> {
  const container = await containerOf(path);
  if (container === 'plain') {
    yield* readRange({ path }, onDiskBytes);
    return;
  }
  const read = container === 'zip' ? readZip : readGzip;
  let left = maxBytes;
  for await (const chunk of read(path, onDiskBytes)) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left < 0) throw tooLarge(path, maxBytes);
  }
}

/**
 * Reads a file to its end for the sake of its checksums.
 * @throws DataError `CONTENT_CHANGED` when they do not match; other damage is not looked for
 */
export async function verifyContent(path: string, maxBytes?: number): Promise<void> {
  if ((await containerOf(path)) === 'plain') return;
  try {
    for await (const chunk of readChunks(path, undefined, maxBytes)) void chunk;
  } catch (error) {
    if (!(error instanceof DataError) || error.code === CONTENT_CHANGED) throw error;
  }
}

function tooLarge(path: string, maxBytes: number): DataError {
  return new DataError(
    `${path}: unpacks to more than ${maxBytes} bytes; what comes before is kept. ` +
      'If the file is to be trusted, raise the limit with --max-unzipped.',
    { code: 'UNZIPPED_TOO_LARGE', context: { file: path, maxBytes } },
  );
}

async function containerOf(path: string): Promise<Container> {
  const file = await open(path);
  try {
    const magic = Buffer.alloc(2);
    await file.read(magic, 0, 2, 0);
    if (magic.toString('latin1') === 'PK') return 'zip';
    return magic.readUInt16BE(0) === 0x1f8b ? 'gzip' : 'plain';
  } finally {
    await file.close();
  }
}

async function* readGzip(path: string, onDiskBytes: (bytes: number) => void): AsyncGenerator<Buffer> {
  try {
    yield* inflate({ path, compression: 'gzip' }, onDiskBytes);
  } catch (cause) {
    if (cause instanceof DataError || !(cause instanceof Error)) throw cause;
    if (!isCutOff(cause)) throw contentChanged(path, `the gzip stream is damaged (${cause.message})`, cause);
    throw new DataError(
      `${path}: the gzip stream is cut off; what could be read of it is kept. Download the file again.`,
      { code: 'GZIP_TRUNCATED', context: { file: path }, cause },
    );
  }
}
