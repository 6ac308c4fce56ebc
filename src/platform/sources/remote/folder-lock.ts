/** One run at a time in a download folder: two would write into the same parts. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '../../../domain/core/index.ts';

/**
 * Takes the folder; the result gives it back. A lock whose process is gone, because it was killed, is taken over.
 * @throws ConfigError while another run holds the folder
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const lock = path.join(folder, '.lock');
  for (;;) {
    try {
      await writeFile(lock, `${process.pid}\n`, { flag: 'wx' });
      return () => rm(lock, { force: true });
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    }
    const holder = Number.parseInt(await readFile(lock, 'utf8').catch(() => ''), 10);
    if (isAlive(holder)) {
      throw new ConfigError(
        [
          {
            path: '--download-dir',
            message: `${folder} is in use by process ${holder}; wait for it, or name another folder`,
          },
        ],
        { code: 'DOWNLOAD_DIR_IN_USE', context: { folder, holder } },
      );
    }
    await rm(lock, { force: true });
  }
}

function isAlive(processId: number): boolean {
  if (!Number.isSafeInteger(processId) || processId <= 0) return false;
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
