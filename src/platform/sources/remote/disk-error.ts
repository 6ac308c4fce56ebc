/** What errors of the file system mean for a run that downloads. */
import { ConfigError, TransientError } from '../../../domain/core/index.ts';

/**
 * A full disk may have room later, a folder that cannot be written is a wrong setting; other errors are returned as they
 * are.
 */
export function explainDiskError(error: unknown, folder: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return error;
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return diskFull(folder, error.message, error);
    case 'EACCES':
    case 'EEXIST':
    case 'ENOTDIR':
    case 'EPERM':
    case 'EROFS':
      return new ConfigError(
        [{ path: '--download-dir', message: `${folder} cannot be written (${error.message}); name another` }],
        { code: 'DISK_READ_ONLY', context: { folder }, cause: error },
      );
    default:
      return error;
  }
}

export function diskFull(folder: string, detail: string, cause?: unknown): TransientError {
  return new TransientError(
    `${folder}: no space left for downloads (${detail}); free some, or name another folder with --download-dir, ` +
      'and run the command again',
    // No pause of ours makes room.
    { code: 'DISK_FULL', context: { folder }, retryAfterMs: Number.POSITIVE_INFINITY, cause },
  );
}
