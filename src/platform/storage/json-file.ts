/** JSON on disk: documents are written atomically and checked by a schema when read; logs grow line by line. */
import { mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { DataError } from '../../domain/core/index.ts';
import { writeFileAtomic } from './atomic-file.ts';

export async function writeJsonAtomic(file: string, value: unknown): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify(value, null, 2)}\n`);
}

/** @throws DataError naming the file, and the field where there is one, when it is missing or not what the schema says */
export async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  const refuse = (reason: string, cause?: unknown): DataError =>
    new DataError(`${file}: ${reason}`, { code: 'JSON_UNREADABLE', context: { file }, cause });
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw refuse('cannot be read; does it exist?', cause);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw refuse(`is not JSON (${cause instanceof Error ? cause.message : 'damaged'})`, cause);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw refuse(z.prettifyError(parsed.error), parsed.error);
  return parsed.data;
}

/** Appends one line of JSON, safe on the disk when this returns. */
export async function appendJsonLine(file: string, value: unknown): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const handle = await open(file, 'a');
  try {
    await handle.writeFile(`${JSON.stringify(value)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
