/** Writes a zip file with one deflated member, chunk by chunk: temporary name, sync, rename. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yazl from 'yazl';
import { replaceFile } from './atomic-file.ts';

/** The earliest date that the format knows, in local time as zip wants it: equal content gives equal files anywhere. */
const FIXED_DATE = new Date(1980, 0, 1);

interface ZipMember {
  /** Name of the one member, such as `2025-01-01_BTCUSDT_ob500.data`. */
  readonly member: string;
  /** Deflate level, 1 (fast) to 9 (small). */
  readonly level: number;
  readonly chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** When it throws, `target` is what it was before. Returns the bytes that went in. */
export async function writeZip(target: string, { member, level, chunks }: ZipMember): Promise<number> {
  let bytesIn = 0;
  await replaceFile(target, async (temporary) => {
    const zip = new yazl.ZipFile();
    const content = new PassThrough();
    zip.addReadStream(content, member, {
      compressionLevel: level,
      mtime: FIXED_DATE,
      forceDosTimestamp: true,
    });
    zip.end();
    const written = pipeline(zip.outputStream, createWriteStream(temporary));
    // What fails here is thrown below, where it is awaited.
    written.catch(() => {});
    try {
      for await (const chunk of chunks) {
        bytesIn += chunk.length;
        if (!content.write(chunk)) await Promise.race([once(content, 'drain'), written]);
      }
      content.end();
    } catch (error) {
      content.destroy();
      (zip.outputStream as PassThrough).destroy();
      await written.catch(() => {});
      throw error;
    }
    await written;
  });
  return bytesIn;
}
