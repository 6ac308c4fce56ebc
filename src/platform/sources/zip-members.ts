/**
 * Finds the members of a zip archive: by its directory, or from header to header where the end, and with it the
 * directory, is missing. Layout: PKWARE APPNOTE.TXT 4.3.
 */
import { type FileHandle, open } from 'node:fs/promises';
import yauzl from 'yauzl';
import { DataError } from '../../domain/core/index.ts';
import type { FileRange } from './file-range.ts';

export interface ZipMember extends Required<FileRange> {
  /** As JSON text, for messages alone: it may hold anything. */
  readonly name: string;
  readonly method: number;
  readonly isEncrypted: boolean;
  /** What the archive says of the content; null for a member that the end of the file cuts off. */
  readonly content: { readonly bytes: number; readonly crc32: number } | null;
}

const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
const ENCRYPTED_FLAG = 1;
/** Sizes and checksum stand behind the content, or in a field of their own. */
const SIZES_ELSEWHERE_FLAG = 8;
const SIZES_IN_ZIP64 = 0xffffffff;

/** @throws DataError after the last member that can be found when the archive is cut off or its directory damaged */
export async function* zipMembers(path: string): AsyncGenerator<ZipMember> {
  // Without decoding, names are not looked at either: yauzl would refuse an archive for them.
  const opened = await yauzl
    .openPromise(path, {
      lazyEntries: true,
      autoClose: false,
      decodeStrings: false,
      validateEntrySizes: false,
    })
    .catch((error: unknown) => error);
  if (!(opened instanceof yauzl.ZipFile)) {
    yield* membersByHeaders(path);
    throw new DataError(
      `${path}: the zip archive is cut off (no directory at its end); what could be read of it is kept. ` +
        'Download the file again.',
      { code: 'ZIP_TRUNCATED', context: { file: path }, cause: opened },
    );
  }
  try {
    for await (const entry of opened.eachEntry()) {
      const { fileDataStart: start } = await opened.readLocalFileHeaderPromise(entry, { minimal: true });
      const name = JSON.stringify(entry.fileNameRaw.toString('utf8'));
      yield {
        path,
        name,
        method: entry.compressionMethod,
        isEncrypted: entry.isEncrypted(),
        start,
        end: start + entry.compressedSize,
        content: { bytes: entry.uncompressedSize, crc32: entry.crc32 },
      };
    }
  } catch (cause) {
    throw new DataError(
      `${path}: the directory of the zip archive is damaged (${reasonOf(cause)}); the members before are kept. ` +
        'Download the file again.',
      { code: 'ZIP_DIRECTORY_DAMAGED', context: { file: path }, cause },
    );
  } finally {
    opened.close();
  }
}

async function* membersByHeaders(path: string): AsyncGenerator<ZipMember> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    for (let at = 0; ;) {
      const member = await memberAt(file, { path, start: at, end: size });
      if (member === null) return;
      yield member;
      at = member.end;
    }
  } finally {
    await file.close();
  }
}

/** The member whose header begins the range; null when there is none. */
async function memberAt(file: FileHandle, range: Required<FileRange>): Promise<ZipMember | null> {
  const header = Buffer.alloc(LOCAL_HEADER_BYTES);
  const { bytesRead } = await file.read(header, 0, LOCAL_HEADER_BYTES, range.start);
  if (bytesRead < LOCAL_HEADER_BYTES || header.readUInt32LE(0) !== LOCAL_HEADER) return null;
  const flags = header.readUInt16LE(6);
  const packedBytes = header.readUInt32LE(18);
  const start = range.start + LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  const end = start + packedBytes;
  const isWhole = (flags & SIZES_ELSEWHERE_FLAG) === 0 && packedBytes !== SIZES_IN_ZIP64 && end <= range.end;
  return {
    path: range.path,
    name: `at byte ${range.start}`,
    method: header.readUInt16LE(8),
    isEncrypted: (flags & ENCRYPTED_FLAG) !== 0,
    start,
    end: isWhole ? end : range.end,
    content: isWhole ? { bytes: header.readUInt32LE(22), crc32: header.readUInt32LE(14) } : null,
  };
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
