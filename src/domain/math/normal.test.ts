import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { normalCdf, normalQuantile } from './normal.ts';

/** `0.5 * math.erfc(-x / math.sqrt(2))` of Python 3; points on both sides of each change of approximation. */
const CDF = [
  [-36, 4.1826240657973864e-284],
  [-14.2, 4.580620551894932e-46],
  [-8, 6.220960574271819e-16],
  [-5.7, 5.990371401063533e-9],
  [-5.6, 1.0717590258310968e-8],
  [-3, 0.0013498980316300957],
  [-1.96, 0.024997895148220435],
  [-0.67, 0.25142889509531013],
  [-0.66, 0.25462691467133614],
  [-0.5, 0.3085375387259869],
  [0, 0.5],
  [0.1, 0.539827837277029],
  [0.6666, 0.747486165446128],
  [1.6448536269514722, 0.95],
  [5, 0.9999997133484281],
] as const;

describe('normalCdf', () => {
  it('agrees with another implementation to 1e-14 of the value, far into the tail', () => {
    for (const [x, expected] of CDF) {
      const relative = Math.abs(normalCdf(x) / expected - 1);
      assert.ok(relative < 1e-14 * Math.max(1, x * x), `at ${x}: ${normalCdf(x)} against ${expected}`);
    }
  });

  it('is symmetric, rises, and is continuous where the approximation changes', () => {
    for (let x = -9; x <= 9; x += 1 / 64) {
      assert.ok(Math.abs(normalCdf(x) + normalCdf(-x) - 1) < 1e-15);
      assert.ok(normalCdf(x + 1 / 64) >= normalCdf(x));
    }
    for (const change of [0.46875 * Math.SQRT2, 4 * Math.SQRT2]) {
      const jump = normalCdf(change + 1e-12) - normalCdf(change - 1e-12);
      assert.ok(Math.abs(jump) < 1e-12);
    }
  });

  it('ends at 0 and 1, and keeps NaN', () => {
    assert.equal(normalCdf(-60), 0);
    assert.equal(normalCdf(-Infinity), 0);
    assert.equal(normalCdf(Infinity), 1);
    assert.ok(Number.isNaN(normalCdf(Number.NaN)));
  });
});

describe('normalQuantile', () => {
  it('undoes the distribution function over the whole range', () => {
    for (const p of [1e-300, 1e-20, 1e-9, 0.001, 0.02, 0.075, 0.3, 0.5, 0.7, 0.9, 0.999]) {
      const back = normalCdf(normalQuantile(p));
      assert.ok(Math.abs(back / p - 1) < 1e-11, `${p} came back as ${back}`);
    }
    assert.equal(normalQuantile(0), -Infinity);
    assert.equal(normalQuantile(1), Infinity);
    assert.ok(Number.isNaN(normalQuantile(1.1)));
    assert.ok(Math.abs(normalQuantile(0.975) - 1.959963984540054) < 1e-15);
  });
});
