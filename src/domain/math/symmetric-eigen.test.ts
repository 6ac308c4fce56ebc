import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../core/index.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

describe('symmetricEigen', () => {
  it('knows a matrix whose eigenvalues are known', () => {
    const { values, vectors } = symmetricEigen(Float64Array.of(2, 1, 0, 1, 2, 0, 0, 0, 5), 3);
    assert.deepEqual(
      [...values].map((value) => Math.round(value * 1e12) / 1e12),
      [5, 3, 1],
    );
    assert.ok(Math.abs(vectors[3]! - vectors[4]!) < 1e-12);
    assert.ok(Math.abs(vectors[6]! + vectors[7]!) < 1e-12);
  });

  it('gives back the matrix: A·v = λ·v, and the vectors are orthonormal', () => {
    const n = 24;
    const random = Random.fromSeed(3);
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = random.normal();
    }
    const { values, vectors } = symmetricEigen(matrix, n);
    for (let k = 0; k < n; k++) {
      if (k > 0) assert.ok(values[k]! <= values[k - 1]!);
      for (let i = 0; i < n; i++) {
        let [image, product] = [0, 0];
        for (let j = 0; j < n; j++) {
          image += matrix[i * n + j]! * vectors[k * n + j]!;
          product += vectors[i * n + j]! * vectors[k * n + j]!;
        }
        assert.ok(Math.abs(image - values[k]! * vectors[k * n + i]!) < 1e-10);
        assert.ok(Math.abs(product - (i === k ? 1 : 0)) < 1e-12);
      }
    }
  });
});
