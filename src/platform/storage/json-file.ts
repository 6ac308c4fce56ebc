/** JSON documents on disk: written atomically, checked by a schema when read. */
import { readFile } from 'node:fs/promises';
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
