/**
 * What trained base models said or are, `<dataDir>/fits/<name>-<key>.fit`: an audit that was killed, or is repeated
 * with another auditor, trains only what is missing. A file is whole or not there, begins with the sha256 of the rest,
 * and is called after everything that the result depends on.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../../platform/storage/index.ts';
import type { TrainingSummary } from '../train-base.ts';

export interface StoredFit {
  readonly training: TrainingSummary;
  /** `[asked × 3]` probabilities, or empty when the model itself was wanted. */
  readonly probabilities: Float64Array;
  /** The model file, or empty. */
  readonly onnx: Uint8Array<ArrayBuffer>;
}

interface FitRecord {
  readonly training: TrainingSummary;
  /** Base64 of the bytes; floats little-endian. */
  readonly probabilities: string;
  readonly onnx: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export const fitFile = (dataDir: string, name: string, key: string): string =>
  path.join(dataDir, 'fits', `${name}-${key}.fit`);

export async function writeFit(file: string, { training, probabilities, onnx }: StoredFit): Promise<void> {
  const { buffer, byteOffset, byteLength } = probabilities;
  const record: FitRecord = {
    training,
    probabilities: Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
    onnx: Buffer.from(onnx).toString('base64'),
  };
  const text = JSON.stringify(record);
  await writeFileAtomic(file, `${sha256(text)}\n${text}`);
}

/** `absent`: there is no such file; `damaged`: its bytes are not those that were written. */
export async function readFit(file: string): Promise<StoredFit | 'absent' | 'damaged'> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'absent';
    throw error;
  }
  const end = content.indexOf('\n');
  const text = content.slice(end + 1);
  if (content.slice(0, Math.max(end, 0)) !== sha256(text)) return 'damaged';
  // The bytes are those that `writeFit` of this very version wrote: the version is part of the name.
  const { training, probabilities, onnx } = JSON.parse(text) as FitRecord;
  return {
    training,
    probabilities: new Float64Array(Uint8Array.from(Buffer.from(probabilities, 'base64')).buffer),
    onnx: Uint8Array.from(Buffer.from(onnx, 'base64')),
  };
}
