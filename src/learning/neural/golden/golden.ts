/**
 * For tests: files of what PyTorch computes, made by `bench/peers/neural_golden.py`, and the measure of how far we are
 * from it.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type FloatTensor, floatTensor } from '../graph/tensor.ts';

/** A float32 tensor as decimal numbers. */
export interface Packed {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** Parses a file of this folder after checking that it is the one that was reviewed. */
export function readGolden(name: string, sha256: string): unknown {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8');
  assert.equal(createHash('sha256').update(text).digest('hex'), sha256, `sha256 of ${name}`);
  return JSON.parse(text);
}

export function unpacked({ shape, data }: Packed): FloatTensor {
  return floatTensor(shape, Float32Array.from(data));
}

/** Of results: the largest distance. */
export function absoluteError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  return largest(actual, expected, () => 1);
}

/**
 * Of gradients: the largest distance as a share of the element, or of the tensor's root mean square where the element
 * is smaller than that: an element near zero is a sum of terms of the size of the others, and carries their rounding.
 */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  const squares = Array.from(expected, (value) => value * value).reduce((sum, square) => sum + square, 0);
  const size = Math.sqrt(squares / expected.length);
  return largest(actual, expected, (value) => Math.max(Math.abs(value), size));
}

function largest(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  scale: (expected: number) => number,
): number {
  assert.equal(actual.length, expected.length);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i]! - expected[i]!);
    assert.ok(Number.isFinite(distance), `element ${i}: ${actual[i]} is not ${expected[i]}`);
    if (distance > 0) worst = Math.max(worst, distance / scale(expected[i]!));
  }
  return worst;
}
