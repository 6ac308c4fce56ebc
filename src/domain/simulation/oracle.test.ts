import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BUY, NEUTRAL, NO_LABEL, Random, SELL } from '../core/index.ts';
import { normalCdf } from '../math/index.ts';
import { ceilingFor } from './ceiling.ts';
import { type MarketTruth, simulateLatent } from './latent.ts';
import { oracleProbabilities, oracleRows, truthLabels } from './oracle.ts';

const LABEL = { lookaheadMinutes: 60, thresholdShort: -0.004, thresholdLong: 0.008 };
const DAYS = 200;

const truthOf = (strength: number, days = DAYS): MarketTruth =>
  simulateLatent({ seed: 5, symbol: 'SIMUSDT', startMs: 0, minutes: days * 1_440, strength, startPrice: 2 })
    .truth;

/** Mean and variance of the return over the minutes after `m` from its state: by drawing futures, formulas aside. */
function drawFutures({ gains, sigma, state }: MarketTruth, m: number, lookahead: number, futures: number) {
  const random = Random.fromSeed(77);
  const { persistence, drift, noise } = gains;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < futures; i++) {
    let current = state[m]!;
    let total = 0;
    for (let k = 1; k <= lookahead; k++) {
      total += sigma[m + k]! * (drift * current + noise * random.normal());
      current = persistence * current + Math.sqrt(1 - persistence ** 2) * random.normal();
    }
    sum += total;
    squares += total * total;
  }
  const mean = sum / futures;
  return { mean, variance: squares / futures - mean * mean };
}

describe('oracleProbabilities', () => {
  const truth = truthOf(0.5);
  const oracle = oracleProbabilities(truth, LABEL);
  const labels = truthLabels(truth, LABEL);

  it('has the mean and the variance of futures drawn from one state', () => {
    const futures = 15_000;
    for (const [m, lookahead] of [
      [500, 60],
      [901, 17],
      [40, 1],
    ] as const) {
      const { mean, variance } = drawFutures(truth, m, lookahead, futures);
      for (const z of [-1.5, -0.5, 0.4, 1.2]) {
        const threshold = mean + z * Math.sqrt(variance);
        const row = oracleProbabilities(truth, {
          lookaheadMinutes: lookahead,
          thresholdShort: threshold,
          thresholdLong: threshold + 0.001,
        }).subarray(m * 3, m * 3 + 3);
        // Errors of mean and deviation, σ/√n and σ/√(2n), through the density φ ≤ 0.4 and |z| φ ≤ 0.25.
        const tolerance = (4 * (0.4 + 0.25 / Math.SQRT2)) / Math.sqrt(futures);
        assert.ok(
          Math.abs(row[SELL]! - normalCdf(z)) < tolerance,
          `${m} +${lookahead} at ${z}: ${row[SELL]}`,
        );
        const beyond = 1 - normalCdf(z + 0.001 / Math.sqrt(variance));
        assert.ok(Math.abs(row[BUY]! - beyond) < tolerance, `${m} +${lookahead} at ${z}: ${row[BUY]}`);
      }
    }
  });

  it('is calibrated: of the rows with one probability, that share comes true', () => {
    for (const k of [SELL, NEUTRAL, BUY]) {
      const rows = Array.from({ length: truth.minutes - LABEL.lookaheadMinutes }, (_, m) => m);
      const bins = [-1, 0.1, 0.25, 0.5, 1].slice(1).map((top, i, tops) => {
        const bottom = tops[i - 1] ?? -1;
        return rows.filter((m) => oracle[m * 3 + k]! > bottom && oracle[m * 3 + k]! <= top);
      });
      for (const bin of [rows, ...bins]) {
        const predicted = bin.reduce((sum, m) => sum + oracle[m * 3 + k]!, 0) / bin.length;
        const realised = bin.filter((m) => labels[m] === k).length / bin.length;
        // Given the state, outcomes an hour apart are independent: a row in 60 counts.
        const tolerance = 4 * Math.sqrt((predicted * (1 - predicted)) / (bin.length / 60));
        assert.ok(Math.abs(predicted - realised) < tolerance, `class ${k}: ${predicted} against ${realised}`);
      }
    }
  });

  it('loses less than one who knows volatility only, and that one less than the class shares', () => {
    const known = ceilingFor({ labels, oracle });
    const hidden = ceilingFor({ labels, oracle: oracleProbabilities(truth, { ...LABEL, state: 'hidden' }) });
    const entropy = -known.classShares.reduce((sum, p) => sum + p * Math.log(p), 0);
    assert.ok(known.logLoss < hidden.logLoss - 0.1, `${known.logLoss} against ${hidden.logLoss}`);
    assert.ok(hidden.logLoss < entropy - 0.005, `${hidden.logLoss} against ${entropy}`);
    assert.ok(known.macroF1 > hidden.macroF1 + 0.1, `${known.macroF1} against ${hidden.macroF1}`);
  });

  it('has no skill beyond volatility when nothing is planted', () => {
    // The same volatility as above, for it does not depend on the strength.
    const noise = truthOf(0);
    assert.deepEqual(noise.sigma, truth.sigma);
    const known = oracleProbabilities(noise, LABEL);
    assert.deepEqual(known, oracleProbabilities(noise, { ...LABEL, state: 'hidden' }));
    const even = { lookaheadMinutes: 60, thresholdShort: -0.004, thresholdLong: 0.004 };
    const symmetric = oracleProbabilities(noise, even);
    for (let m = 0; m + 60 < noise.minutes; m++) {
      assert.ok(Math.abs(symmetric[m * 3 + SELL]! - symmetric[m * 3 + BUY]!) < 1e-12);
    }
    // What remains is what the same market gives to one who must not look at its state.
    const none = ceilingFor({ labels: truthLabels(noise, LABEL), oracle: known });
    const hidden = ceilingFor({ labels, oracle: oracleProbabilities(truth, { ...LABEL, state: 'hidden' }) });
    assert.ok(Math.abs(none.macroF1 - hidden.macroF1) < 0.03, `${none.macroF1} against ${hidden.macroF1}`);
  });

  it('gives probabilities, and none where the truth ends within the lookahead', () => {
    const short = truthOf(0.5, 1);
    const rows = oracleProbabilities(short, LABEL);
    const shortLabels = truthLabels(short, LABEL);
    for (let m = 0; m < short.minutes; m++) {
      const [sell, neutral, buy] = rows.subarray(m * 3, m * 3 + 3) as unknown as [number, number, number];
      const ends = m + LABEL.lookaheadMinutes >= short.minutes;
      assert.equal(Number.isNaN(sell), ends);
      assert.equal(shortLabels[m] === NO_LABEL, ends);
      if (ends) continue;
      assert.ok(Math.min(sell, neutral, buy) >= 0 && Math.abs(sell + neutral + buy - 1) < 1e-12);
    }
  });
});

describe('truthLabels', () => {
  it('compares the log return after the minute with both thresholds, strictly', () => {
    const mid = Float64Array.from([100, 100, 99.5, 101, 100, 100.5]);
    const truth = { ...truthOf(0, 1), minutes: 6, mid };
    const thresholds = { lookaheadMinutes: 2, thresholdShort: Math.log(100.5 / 101), thresholdLong: 0 };
    assert.deepEqual([...truthLabels(truth, thresholds)], [SELL, BUY, BUY, NEUTRAL, NO_LABEL, NO_LABEL]);
    assert.equal(truthLabels(truth, { ...thresholds, thresholdShort: -0.01 })[0], NEUTRAL);
  });
});

describe('oracleRows', () => {
  it('picks rows by time and has none for minutes that were not simulated', () => {
    const truth = { ...truthOf(0.5, 1), startMs: 600_000 };
    const oracle = oracleProbabilities(truth, LABEL);
    const picked = oracleRows(truth, oracle, [720_000, 540_000, 600_000, 660_001, 600_000 + 1_440 * 60_000]);
    assert.deepEqual(picked.subarray(0, 3), oracle.subarray(6, 9));
    assert.deepEqual(picked.subarray(6, 9), oracle.subarray(0, 3));
    for (const row of [1, 3, 4]) assert.ok(picked.subarray(row * 3, row * 3 + 3).every(Number.isNaN));
  });
});
