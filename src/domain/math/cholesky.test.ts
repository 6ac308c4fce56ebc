import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { solvePositiveDefinite } from './cholesky.ts';

describe('solvePositiveDefinite', () => {
  it('returns the x that gave A x, for random positive definite A', () => {
    const cell = fc.double({ min: -3, max: 3, noNaN: true });
    const problem = fc
      .integer({ min: 1, max: 8 })
      .chain((n) =>
        fc.tuple(
          fc.array(cell, { minLength: n * n, maxLength: n * n }),
          fc.array(cell, { minLength: n, maxLength: n }),
        ),
      );
    fc.assert(
      fc.property(problem, ([factor, x]) => {
        const n = x.length;
        const matrix = new Float64Array(n * n);
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < n; j++) {
            let sum = i === j ? 1 : 0;
            for (let k = 0; k < n; k++) sum += factor[i * n + k]! * factor[j * n + k]!;
            matrix[i * n + j] = sum;
          }
        }
        const vector = new Float64Array(n);
        for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) vector[i]! += matrix[i * n + j]! * x[j]!;
        assert.ok(solvePositiveDefinite(matrix, vector));
        x.forEach((expected, i) => assert.ok(Math.abs(vector[i]! - expected) < 1e-8));
      }),
    );
  });

  it('says so when the matrix is not positive definite', () => {
    assert.equal(solvePositiveDefinite(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 1)), false);
  });
});
