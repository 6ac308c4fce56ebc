/**
 * Reads the members of a zip archive as one stream of bytes, deflated or stored. Sizes and checksums are held against
 * the directory, because an archive that inflates without error may still be short.
 */
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import yauzl from 'yauzl';
import { DataError } from '../../domain/core/index.ts';
import { readRange } from './file-range.ts';
import { inflate } from './inflate.ts';

const STORED = 0;
const DEFLATED = 8;
const LOCAL_HEADER_BYTES = 30;

type OnDiskBytes = (bytes: number) => void;

interface MemberData {
  readonly path: string;
  readonly name: string;
  readonly method: number;
  /** Byte offset in the archive, end exclusive. */
  readonly start: number;
  readonly end: number;
}

/**
 * Yields the contents of all members, one after the other, each chunk good until the next is asked for.
 * @throws DataError after the last good chunk when the archive is cut off or a member is damaged
 */
export async function* readZip(path: string, onDiskBytes: OnDiskBytes): AsyncGenerator<Buffer> {
  const archive = await openDirectory(path);
  if (archive === null) {
    yield* readCutOff(path, onDiskBytes);
    return;
  }
  try {
    for await (const entry of archive.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue;
      const { fileDataStart } = await archive.readLocalFileHeaderPromise(entry, { minimal: true });
      const member = {
        path,
        name: entry.fileName,
        method: entry.compressionMethod,
        start: fileDataStart,
        end: fileDataStart + entry.compressedSize,
      };
      let bytes = 0;
      let checksum = 0;
      for await (const chunk of memberBytes(member, onDiskBytes)) {
        bytes += chunk.length;
        checksum = crc32(chunk, checksum);
        yield chunk;
      }
      if (bytes !== entry.uncompressedSize || checksum !== entry.crc32) {
        throw damaged(member, `${bytes} bytes and checksum do not match the archive's directory`);
      }
    }
  } finally {
    archive.close();
  }
}

/** Null when the file begins like a zip but has no directory at its end: it was cut off. */
async function openDirectory(path: string): Promise<yauzl.ZipFile | null> {
  try {
    return await yauzl.openPromise(path, { lazyEntries: true, autoClose: false });
  } catch {
    return null;
  }
}

async function* memberBytes(member: MemberData, onDiskBytes: OnDiskBytes): AsyncGenerator<Buffer> {
  if (member.end <= member.start) return;
  if (member.method === STORED) {
    yield* readRange(member, onDiskBytes);
  } else if (member.method === DEFLATED) {
    try {
      yield* inflate({ ...member, compression: 'deflate-raw' }, onDiskBytes);
    } catch (cause) {
      throw damaged(member, cause instanceof Error ? cause.message : 'cannot be inflated', cause);
    }
  } else {
    throw damaged(member, `compression method ${member.method} is neither stored nor deflated`);
  }
}

/** What can be saved of an archive without directory: the first member, as far as it goes. */
async function* readCutOff(path: string, onDiskBytes: OnDiskBytes): AsyncGenerator<Buffer> {
  const cutOff = new DataError(
    `${path}: the zip archive is cut off (no directory at its end); what could be read of it is kept. ` +
      'Download the file again.',
    { code: 'ZIP_TRUNCATED', context: { file: path } },
  );
  const member = await firstMember(path);
  if (member === null) throw cutOff;
  try {
    yield* memberBytes(member, onDiskBytes);
  } catch {
    // Of course it ends badly; that the archive is cut off is the better explanation.
  }
  throw cutOff;
}

/** The first member as its local header describes it. Layout: APPNOTE.TXT 4.3.7. */
async function firstMember(path: string): Promise<MemberData | null> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const header = Buffer.alloc(LOCAL_HEADER_BYTES);
    const { bytesRead } = await file.read(header, 0, LOCAL_HEADER_BYTES, 0);
    if (bytesRead < LOCAL_HEADER_BYTES) return null;
    const start = LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
    return { path, name: 'first member', method: header.readUInt16LE(8), start, end: size };
  } finally {
    await file.close();
  }
}

function damaged(member: MemberData, reason: string, cause?: unknown): DataError {
  return new DataError(
    `${member.path}: member ${member.name} is damaged (${reason}); what comes before the damage is kept. ` +
      'Download the file again.',
    { code: 'ZIP_DAMAGED', context: { file: member.path, member: member.name }, cause },
  );
}
