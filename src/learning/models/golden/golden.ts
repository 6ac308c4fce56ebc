/** For tests: a small checkpoint of PyTorch's and its answers, made by `bench/peers/import_golden.py`. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CLASS_COUNT } from '../../../domain/core/index.ts';
import { QUANTGOD_9 } from '../../../domain/features/index.ts';
import type { ImportTcnLstmOptions } from '../import-tcn-lstm.ts';

interface Answers {
  readonly model: {
    readonly channels: number;
    readonly hidden: number;
    readonly layers: number;
    readonly sequenceLength: number;
  };
  /** `[windows × sequenceLength × 9]`, raw. */
  readonly windows: readonly number[];
  /** `[windows × 3]` */
  readonly probabilities: readonly number[];
}

/** Of the files that were reviewed: PyTorch 2.15.0, safetensors 0.8.0. */
const SHA256 = {
  'import.json': 'f33fe31b119c40792b20368e0b824ae3b0abd6f754e7564af2e5451a6871f644',
  'import.safetensors': '378d609aeec39979507a62279ea6f9e681635fe6d507ab1d11ce37b8072e2c24',
} as const;

export function readGolden(name: keyof typeof SHA256): Buffer {
  const bytes = readFileSync(new URL(name, import.meta.url));
  assert.equal(createHash('sha256').update(bytes).digest('hex'), SHA256[name], `sha256 of ${name}`);
  return bytes;
}

export const ANSWERS = JSON.parse(readGolden('import.json').toString()) as Answers;
export const WINDOWS = ANSWERS.probabilities.length / CLASS_COUNT;

export const GOLDEN_IMPORT: ImportTcnLstmOptions = {
  safetensors: readGolden('import.safetensors'),
  model: { ...ANSWERS.model, dropout: 0.3 },
  featureNames: QUANTGOD_9,
};

/** The largest distance from what PyTorch answers. */
export function distanceFromPyTorch(probabilities: ArrayLike<number>): number {
  assert.equal(probabilities.length, ANSWERS.probabilities.length);
  return Math.max(...ANSWERS.probabilities.map((value, i) => Math.abs(probabilities[i]! - value)));
}
