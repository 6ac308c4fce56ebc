/** `doctor`: what this machine can do, and what is wrong with it. */
import { mkdir, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import path from 'node:path';
import { checkNeuralRuntime } from '../learning/neural/index.ts';
import { checkParquet, RunStore } from '../platform/storage/index.ts';

export interface MachineCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

const GIB = 2 ** 30;
const LEAST_FREE_DISK_BYTES = 2 * GIB;
const LEAST_MEMORY_BYTES = 2 * GIB;

export async function examineMachine(dataDir: string): Promise<readonly MachineCheck[]> {
  return [
    await check('Node.js', () => {
      const [major] = process.versions.node.split('.').map(Number);
      if (major !== 24)
        throw new Error(`${process.version} is running; start through npm, which uses the pinned version 24`);
      return `${process.version} on ${process.platform} ${process.arch}`;
    }),
    await check('processor', () => `${availableParallelism()} threads`),
    await check('memory', () => {
      const text = `${(freemem() / GIB).toFixed(1)} GiB free of ${(totalmem() / GIB).toFixed(1)} GiB`;
      if (totalmem() < LEAST_MEMORY_BYTES) throw new Error(`${text}; at least 2 GiB are needed`);
      return text;
    }),
    await check('neural engine (ONNX Runtime)', checkNeuralRuntime),
    await check('Parquet (DuckDB)', checkParquet),
    await check('run store (SQLite)', () =>
      inScratchFolder(dataDir, (folder) => new RunStore(folder).close()).then(() => 'reads and writes'),
    ),
    await check('data folder', async () => {
      await inScratchFolder(dataDir, (folder) => writeFile(path.join(folder, 'probe'), 'x'));
      const disk = await statfs(dataDir);
      const freeBytes = disk.bavail * disk.bsize;
      const text = `${path.resolve(dataDir)}, ${(freeBytes / GIB).toFixed(0)} GiB free`;
      if (freeBytes < LEAST_FREE_DISK_BYTES)
        throw new Error(`${text}; free some space or choose another --data-dir`);
      return text;
    }),
  ];
}

async function check(name: string, examine: () => string | Promise<string>): Promise<MachineCheck> {
  try {
    return { name, ok: true, detail: await examine() };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

async function inScratchFolder(parent: string, use: (folder: string) => void | Promise<void>): Promise<void> {
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(path.join(parent, '.doctor-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
