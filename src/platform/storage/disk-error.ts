/** What it means when the data folder cannot be written: the file system's codes, and the words of DuckDB and SQLite. */
import path from 'node:path';
import { ConfigError, DataError, InvariantError, TransientError } from '../../domain/core/index.ts';

const NO_ROOM_CODES: readonly string[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];
const NO_ROOM = /no space left|file too large|quota exceeded|disk is full|disk i\/o error/i;
const NO_WRITING_CODES: readonly string[] = ['EACCES', 'EEXIST', 'ENOTDIR', 'EPERM', 'EROFS'];
const NO_WRITING = /read-only file system|readonly database|unable to open database file/i;
const EXPLAINED = [ConfigError, DataError, InvariantError, TransientError];

/**
 * A full disk may have room later (`DISK_FULL`), a folder that cannot be written is a wrong setting (`DISK_READ_ONLY`);
 * other errors, and errors about files elsewhere, are returned as they are.
 */
export function explainDiskError(error: unknown, dataDir: string): unknown {
  if (!(error instanceof Error) || EXPLAINED.some((explained) => error instanceof explained)) return error;
  if ('path' in error && typeof error.path === 'string' && !isWithin(error.path, dataDir)) return error;
  const code = 'syscall' in error && 'code' in error ? String(error.code) : '';
  const reason = error.message.split('\n')[0];
  if (NO_ROOM_CODES.includes(code) || NO_ROOM.test(error.message)) {
    return new TransientError(
      `${dataDir}: no room left to write (${reason}); what was written before is whole. ` +
        'Make room and run the same command again.',
      { code: 'DISK_FULL', context: { dataDir }, retryAfterMs: Number.POSITIVE_INFINITY, cause: error },
    );
  }
  // Node says ENOENT where the parent of a new folder is read-only.
  const cannotMake = code === 'ENOENT' && 'syscall' in error && error.syscall === 'mkdir';
  if (cannotMake || NO_WRITING_CODES.includes(code) || NO_WRITING.test(error.message)) {
    return new ConfigError(
      [{ path: '--data-dir', message: `${dataDir} cannot be written (${reason}); name another folder` }],
      { code: 'DISK_READ_ONLY', context: { dataDir }, cause: error },
    );
  }
  return error;
}

function isWithin(file: string, folder: string): boolean {
  const relative = path.relative(path.resolve(folder), path.resolve(file));
  return !relative.startsWith('..') && !path.isAbsolute(relative);
}
