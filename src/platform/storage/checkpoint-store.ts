/**
 * Checkpoints of one training, `<dataDir>/checkpoints/<key>/epoch-003.ckpt`: each is whole or not there, and only the
 * last one and that of the best epoch are kept.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from './atomic-file.ts';

export interface CheckpointFile {
  readonly epoch: number;
  readonly file: string;
}

const FILE_PATTERN = /^epoch-(\d+)\.ckpt$/;

export class CheckpointStore {
  readonly folder: string;

  /** @param key names the training: the same for the same data, configuration and seed, and for nothing else */
  constructor(dataDir: string, key: string) {
    this.folder = path.join(dataDir, 'checkpoints', key);
  }

  /** Writes the checkpoint after `epoch`, then removes all others but that of `bestEpoch`. */
  async write(epoch: number, bytes: Uint8Array, bestEpoch: number): Promise<string> {
    const file = path.join(this.folder, `epoch-${String(epoch).padStart(3, '0')}.ckpt`);
    await writeFileAtomic(file, bytes);
    for (const other of await this.list()) {
      if (other.epoch !== epoch && other.epoch !== bestEpoch) await rm(other.file, { force: true });
    }
    return file;
  }

  /** The latest first. */
  async list(): Promise<readonly CheckpointFile[]> {
    const names = await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const files = names.flatMap((name) => {
      const epoch = FILE_PATTERN.exec(name)?.[1];
      return epoch === undefined ? [] : [{ epoch: Number(epoch), file: path.join(this.folder, name) }];
    });
    return files.toSorted((a, b) => b.epoch - a.epoch);
  }

  async read({ file }: CheckpointFile): Promise<Uint8Array> {
    return await readFile(file);
  }

  /** Removes all of them: the training is over, or starts anew. */
  async clear(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
