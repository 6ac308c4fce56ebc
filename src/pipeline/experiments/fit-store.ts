/**
 * What trainings of experiments gave, `<dataDir>/experiments/<key>.fit`, called after everything that the result depends
 * on: an experiment that was stopped, or shares trainings with another, trains only what is missing. A file is whole or
 * not there, and begins with the sha256 of the rest.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../../platform/storage/index.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export const experimentFitFile = (dataDir: string, key: string): string =>
  path.join(dataDir, 'experiments', `${key}.fit`);

export async function writeExperimentFit(file: string, fit: unknown): Promise<void> {
  const text = JSON.stringify(fit, (_, value: unknown) => packed(value));
  await writeFileAtomic(file, `${sha256(text)}\n${text}`);
}

/** Null when there is none, or its bytes are not those that were written. */
export async function readExperimentFit<Fit>(file: string): Promise<Fit | null> {
  const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  const end = content?.indexOf('\n') ?? -1;
  if (content === null || end < 0) return null;
  const text = content.slice(end + 1);
  if (content.slice(0, end) !== sha256(text)) return null;
  return JSON.parse(text, (_, value: unknown) => unpacked(value)) as Fit;
}

interface Packed {
  readonly array: 'float64' | 'int32';
  /** Base64, little-endian. */
  readonly bytes: string;
}

function packed(value: unknown): unknown {
  if (!(value instanceof Float64Array || value instanceof Int32Array)) return value;
  const { buffer, byteOffset, byteLength } = value;
  const array = value instanceof Float64Array ? 'float64' : 'int32';
  return { array, bytes: Buffer.from(buffer, byteOffset, byteLength).toString('base64') } satisfies Packed;
}

function unpacked(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('array' in value)) return value;
  const { array, bytes } = value as Packed;
  const { buffer } = Uint8Array.from(Buffer.from(bytes, 'base64'));
  return array === 'float64' ? new Float64Array(buffer) : new Int32Array(buffer);
}
