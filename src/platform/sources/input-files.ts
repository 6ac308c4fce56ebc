/** Files named one by one or by their folder. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '../../domain/core/index.ts';

export interface InputFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Found in a folder rather than asked for by name: it may be a stranger there. */
  readonly fromFolder: boolean;
}

/** @throws DataError when an input does not exist or no file is found at all */
export async function listInputFiles(inputs: readonly string[]): Promise<readonly InputFile[]> {
  const files = new Map<string, InputFile>();
  for (const input of inputs) {
    for (const file of await filesOf(input)) files.set(path.resolve(file.path), file);
  }
  if (files.size === 0) {
    throw new DataError(
      `no input file found in ${inputs.join(', ')}; give recordings, archives or a folder of them`,
      {
        code: 'INPUT_MISSING',
      },
    );
  }
  return [...files.values()];
}

async function filesOf(input: string): Promise<readonly InputFile[]> {
  const entry = await stat(input).catch((cause: unknown) => {
    throw new DataError(`input ${input} does not exist`, {
      code: 'INPUT_MISSING',
      context: { input },
      cause,
    });
  });
  if (!entry.isDirectory()) return [{ path: input, sizeBytes: entry.size, fromFolder: false }];
  const found: InputFile[] = [];
  for (const child of await readdir(input, { recursive: true, withFileTypes: true })) {
    if (!child.isFile() || child.name.startsWith('.')) continue;
    const file = path.join(child.parentPath, child.name);
    found.push({ path: file, sizeBytes: (await stat(file)).size, fromFolder: true });
  }
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
