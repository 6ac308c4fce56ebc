/** Files that are whole or not there: written under a temporary name in the same folder, synced, renamed. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * Lets `write` produce the file under a temporary name and puts it in place of `target` when it has succeeded. Whatever
 * happens, `target` is either what it was or all of the new content.
 */
export async function replaceFile(
  target: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  const folder = path.dirname(target);
  await mkdir(folder, { recursive: true });
  const temporary = path.join(folder, `.${path.basename(target)}.${randomUUID()}.tmp`);
  try {
    await write(temporary);
    await sync(temporary);
    await rename(temporary, target);
    await syncFolder(folder);
  } finally {
    await rm(temporary, { force: true });
  }
}

export async function writeFileAtomic(target: string, content: string | Uint8Array): Promise<void> {
  await replaceFile(target, async (temporary) => {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(content);
    } finally {
      await file.close();
    }
  });
}

const HASHED_BYTES = 256 * 1024;

/** Lower-case hexadecimal. */
export async function sha256File(file: string): Promise<string> {
  const hash = createHash('sha256');
  const handle = await open(file);
  try {
    const buffer = Buffer.allocUnsafe(HASHED_BYTES);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, HASHED_BYTES, null);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the rename itself durable. Windows cannot open a folder, and needs no such thing. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
