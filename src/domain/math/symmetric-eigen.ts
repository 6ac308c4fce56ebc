import { invariant } from '../core/index.ts';

export interface SymmetricEigen {
  /** `[n]`, descending. */
  readonly values: Float64Array;
  /** `[n × n]`, row-major: row k is the unit eigenvector of value k. */
  readonly vectors: Float64Array;
}

const MAX_SWEEPS = 60;

/**
 * Eigenvalues and eigenvectors of a symmetric matrix `[n × n]` by cyclic Jacobi rotations (Golub & Van Loan 2013,
 * section 8.5), to rounding: every sweep turns each off-diagonal element to 0 once. The matrix is not changed.
 */
export function symmetricEigen(matrix: Float64Array, n: number): SymmetricEigen {
  invariant(matrix.length === n * n, 'an eigenvalue problem needs a square matrix', {
    length: matrix.length,
    n,
  });
  const a = matrix.slice();
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  const size = a.reduce((sum, value) => sum + value * value, 0);
  for (let sweep = 0; sweep < MAX_SWEEPS && offDiagonal(a, n) > 1e-28 * size; sweep++) {
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) rotate(a, vectors, { n, p, q });
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * n + j]! - a[i * n + i]!);
  const sorted = new Float64Array(n * n);
  for (const [to, from] of order.entries()) sorted.set(vectors.subarray(from * n, (from + 1) * n), to * n);
  return { values: Float64Array.from(order, (i) => a[i * n + i]!), vectors: sorted };
}

function offDiagonal(a: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) sum += 2 * a[i * n + j]! ** 2;
  return sum;
}

/** Turns rows and columns p and q so that element (p, q) becomes 0; `vectors` holds eigenvectors as rows. */
function rotate(
  a: Float64Array,
  vectors: Float64Array,
  { n, p, q }: { readonly n: number; readonly p: number; readonly q: number },
): void {
  const apq = a[p * n + q]!;
  if (apq === 0) return;
  const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * apq);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const [kp, kq] = [a[k * n + p]!, a[k * n + q]!];
    a[k * n + p] = c * kp - s * kq;
    a[k * n + q] = s * kp + c * kq;
  }
  turnRows(a, { n, p, q, c, s });
  turnRows(vectors, { n, p, q, c, s });
}

interface Turn {
  readonly n: number;
  readonly p: number;
  readonly q: number;
  readonly c: number;
  readonly s: number;
}

function turnRows(a: Float64Array, { n, p, q, c, s }: Turn): void {
  for (let k = 0; k < n; k++) {
    const pk = a[p * n + k]!;
    const qk = a[q * n + k]!;
    a[p * n + k] = c * pk - s * qk;
    a[q * n + k] = s * pk + c * qk;
  }
}
