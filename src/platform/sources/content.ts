/** The text inside a file, whatever wraps it: zip, gzip or nothing, told by the first bytes and never by the name. */
import { open } from 'node:fs/promises';
import { DataError } from '../../domain/core/index.ts';
import { readRange } from './file-range.ts';
import { inflate } from './inflate.ts';
import { readZip } from './zip-archive.ts';

type Container = 'zip' | 'gzip' | 'plain';

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

/** The same without the copies: each chunk is good only until the next is asked for, and its memory is used again. */
export async function* readChunks(
  path: string,
  onDiskBytes: (bytes: number) => void = () => {},
): AsyncGenerator<Buffer> {
  switch (await containerOf(path)) {
    case 'zip':
      yield* readZip(path, onDiskBytes);
      return;
    case 'gzip':
      yield* readGzip(path, onDiskBytes);
      return;
    case 'plain':
      yield* readRange({ path }, onDiskBytes);
  }
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
    const reason = cause instanceof Error ? cause.message : 'cannot be inflated';
    throw new DataError(
      `${path}: the gzip stream is damaged or cut off (${reason}); what comes before is kept. ` +
        'Fetch the file again.',
      { code: 'GZIP_DAMAGED', context: { file: path }, cause },
    );
  }
}
