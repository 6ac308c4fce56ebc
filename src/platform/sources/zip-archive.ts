/**
 * Reads the members of a zip archive as one stream of lines, deflated or stored. Checksums are held against the
 * directory, because an archive that inflates without error may still be short or altered. Members are never
 * written to a disk: what they are called is of no consequence.
 */
import { crc32 } from 'node:zlib';
import { DataError } from '../../domain/core/index.ts';
import { contentChanged } from './content-changed.ts';
import { readRange } from './file-range.ts';
import { inflate, isCutOff } from './inflate.ts';
import { type ZipMember, zipMembers } from './zip-members.ts';

const STORED = 0;
const DEFLATED = 8;
const NEWLINE = 10;

type OnDiskBytes = (bytes: number) => void;

/**
 * Yields the contents of all members, one after the other, each chunk good until the next is asked for. No line goes
 * on in another member: a newline is put between them where there is none.
 * @throws DataError after the last good chunk when the archive is cut off or a member cannot be read; `CONTENT_CHANGED`
 * as soon as it turns out that what was handed out is not what was packed
 */
export async function* readZip(path: string, onDiskBytes: OnDiskBytes): AsyncGenerator<Buffer> {
  const problems: DataError[] = [];
  let lastByte = NEWLINE;
  try {
    for await (const member of zipMembers(path)) {
      if (lastByte !== NEWLINE) yield Buffer.of((lastByte = NEWLINE));
      try {
        for await (const chunk of checkedBytes(member, onDiskBytes)) {
          lastByte = chunk.at(-1) ?? lastByte;
          yield chunk;
        }
      } catch (error) {
        problems.push(partialDamage(error));
      }
    }
  } catch (error) {
    problems.push(partialDamage(error));
  }
  const last = problems.at(-1);
  if (last === undefined) return;
  const message = problems.map((problem) => problem.message).join('\n');
  throw new DataError(message, { code: last.code, context: { file: path }, cause: last });
}

const LEAVE_THE_REST_GOOD: readonly string[] = [
  'ZIP_TRUNCATED',
  'ZIP_DIRECTORY_DAMAGED',
  'ZIP_MEMBER_UNREADABLE',
];

/** @throws what is not such a problem */
function partialDamage(error: unknown): DataError {
  if (error instanceof DataError && LEAVE_THE_REST_GOOD.includes(error.code)) return error;
  throw error;
}

async function* checkedBytes(member: ZipMember, onDiskBytes: OnDiskBytes): AsyncGenerator<Buffer> {
  const { path, name, content } = member;
  let bytes = 0;
  let checksum = 0;
  try {
    for await (const chunk of memberBytes(member, onDiskBytes)) {
      bytes += chunk.length;
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof DataError || !(cause instanceof Error)) throw cause;
    // That it ends too early goes without saying where the archive is cut off.
    if (content === null && isCutOff(cause)) return;
    throw contentChanged(path, `member ${name} is damaged (${cause.message})`, cause);
  }
  if (content === null || checksum === content.crc32) return;
  throw contentChanged(
    path,
    bytes === content.bytes
      ? `member ${name} does not have the checksum it was packed with`
      : `member ${name} has ${bytes} bytes and was packed with ${content.bytes}`,
  );
}

async function* memberBytes(member: ZipMember, onDiskBytes: OnDiskBytes): AsyncGenerator<Buffer> {
  const { path, name, method } = member;
  if (member.end <= member.start) return;
  if (!member.isEncrypted && method === STORED) {
    yield* readRange(member, onDiskBytes);
  } else if (!member.isEncrypted && method === DEFLATED) {
    yield* inflate({ ...member, compression: 'deflate-raw' }, onDiskBytes);
  } else {
    const reason = member.isEncrypted ? 'is encrypted' : `is packed by method ${method} instead of deflate`;
    throw new DataError(
      `${path}: member ${name} ${reason}; the other members are read. Unpack it by other means, and give what was in it.`,
      { code: 'ZIP_MEMBER_UNREADABLE', context: { file: path, member: name } },
    );
  }
}
