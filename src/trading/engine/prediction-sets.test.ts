import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BUY, MINUTE_MS, NEUTRAL, Random, SELL } from '../../domain/core/index.ts';
import { FEATURE_COUNT, LOG_RETURN_FEATURE, QUANTGOD_9 } from '../../domain/features/index.ts';
import type { BarTable } from '../../domain/features/index.ts';
import { calibrateConformal } from '../../domain/validation/index.ts';
import { OutcomeWatch } from './outcome-watch.ts';
import { PredictionSets, predictionSetsOver, type SetRule } from './prediction-sets.ts';

const LOOKAHEAD = 3;
const OUTCOME = { thresholdShort: -0.25, thresholdLong: 0.5, lookaheadMinutes: LOOKAHEAD };

describe('OutcomeWatch', () => {
  const outcomes = (steps: readonly (readonly [minute: number, logReturn: number])[]) => {
    const watch = new OutcomeWatch(OUTCOME);
    return steps.map(([minute, logReturn]) => watch.push(minute * MINUTE_MS, logReturn));
  };

  it('tells the class of the bar a lookahead before, from the returns after it', () => {
    const told = outcomes([
      [0, 9],
      [1, 0.25],
      [2, 0.25],
      [3, 0.25],
      [4, -1],
      [5, 0.25],
      [6, 0.75],
    ]);
    // The first bar's own return counts for nothing; a sum on the threshold is NEUTRAL.
    assert.deepEqual(told, [null, null, null, BUY, SELL, SELL, NEUTRAL]);
  });

  it('knows nothing across a missing minute or return', () => {
    const told = outcomes([
      [0, 0],
      [1, 1],
      [2, 1],
      [4, 1],
      [5, 1],
      [6, Number.NaN],
      [7, 1],
      [8, 1],
      [9, 1],
    ]);
    assert.deepEqual(told, [null, null, null, null, null, null, null, null, BUY]);
  });
});

/** Sets of one class a probability of 0.4 or more, while the level is what it was. */
const rule: SetRule = {
  conformal: { coverage: 0.9, rate: 0.01, level: 0.5, scores: Float64Array.of(0.6) },
  outcome: OUTCOME,
};

describe('PredictionSets', () => {
  it('moves the level when an outcome is known, a lookahead after its set, and not before', () => {
    const sets = new PredictionSets(rule);
    const levels: number[] = [];
    for (let minute = 0; minute < 5; minute++) {
      sets.close(minute * MINUTE_MS, 0.25);
      levels.push(sets.level);
      // SELL in every set, while the price goes up.
      if (minute < 2) sets.ask([0.8, 0.1, 0.1]);
    }
    assert.deepEqual(levels.slice(0, 3), [0.5, 0.5, 0.5]);
    assert.ok(Math.abs(levels[3]! - (0.5 - 0.01 * 0.9)) < 1e-12, 'a miss lowers it');
    assert.ok(Math.abs(levels[4]! - (0.5 - 2 * 0.01 * 0.9)) < 1e-12);
  });

  it('forgets sets whose outcome will never be known', () => {
    const sets = new PredictionSets(rule);
    sets.close(0, 0);
    sets.ask([1, 0, 0]);
    for (let minute = 2; minute < 9; minute++) sets.close(minute * MINUTE_MS, 0.25);
    assert.equal(sets.level, 0.5);
  });

  it('in a history are those of a stream that begins at their first bar', () => {
    const rows = Int32Array.of(4, 5, 7, 8, 11);
    const features = new Float64Array(14 * FEATURE_COUNT).map((_, i) =>
      i % FEATURE_COUNT === LOG_RETURN_FEATURE ? 0.25 : 0,
    );
    const bars: BarTable = {
      rows: 14,
      minuteMs: Float64Array.from({ length: 14 }, (_, row) => row * MINUTE_MS),
      featureNames: QUANTGOD_9,
      features,
      close: new Float64Array(14),
    };
    const probabilities = Float64Array.from(Array.from(rows, () => [0.8, 0.1, 0.1]).flat());
    const stream = new PredictionSets(rule);
    const expected = [];
    for (let row = 4; row < 12; row++) {
      stream.close(row * MINUTE_MS, 0.25);
      if (rows.includes(row)) expected.push(stream.ask([0.8, 0.1, 0.1]));
    }
    assert.deepEqual(predictionSetsOver(bars, rows, probabilities, rule), expected);
  });
});

/** A market in three states that each last for a while; the model knows the state, with an error that may change. */
describe('coverage over a long stream', () => {
  const MINUTES = 60_000;
  const HORIZON = 60;
  const outcome = { thresholdShort: -0.01, thresholdLong: 0.01, lookaheadMinutes: HORIZON };

  /** Returns whose sum over an hour follows a drift that the "model" sees blurred; after `shiftAt` volatility doubles. */
  function simulate(seed: number, shiftAt: number) {
    const random = Random.fromSeed(seed);
    const returns = new Float64Array(MINUTES + HORIZON);
    const drift = new Float64Array(MINUTES + HORIZON);
    for (let m = 0, d = 0; m < returns.length; m++) {
      d = 0.995 * d + 2e-5 * random.normal();
      drift[m] = d;
      returns[m] = d + (m < shiftAt ? 1e-3 : 2e-3) * random.normal();
    }
    return { returns, drift };
  }

  /** What a model that takes volatility to be 1e-3 for ever says. */
  function probabilitiesAt(drift: number): [number, number, number] {
    const centre = 40 * drift;
    const spread = 0.008;
    const logistic = (x: number): number => 1 / (1 + Math.exp(-1.7 * x));
    const sell = logistic((-0.01 - centre) / spread);
    const buy = 1 - logistic((0.01 - centre) / spread);
    return [sell, 1 - sell - buy, buy];
  }

  function coverageFrom(seed: number, shiftAt: number, rate: number) {
    const { returns, drift } = simulate(seed, shiftAt);
    const watch = new OutcomeWatch(outcome);
    const truths = Array.from(returns, (r, m) => watch.push(m * MINUTE_MS, r)).slice(HORIZON);
    const learned = 8_000;
    const known = truths.slice(0, learned).flatMap((truth, m) => (truth === null ? [] : [{ truth, m }]));
    const { state } = calibrateConformal(
      Float64Array.from(known.flatMap(({ m }) => probabilitiesAt(drift[m]!))),
      known.map(({ truth }) => truth),
      { coverage: 0.9, rate },
    );
    const sets = new PredictionSets({ conformal: state, outcome });
    let covered = 0;
    let asked = 0;
    for (let m = learned + HORIZON; m < MINUTES; m++) {
      sets.close(m * MINUTE_MS, returns[m]!);
      const { members } = sets.ask(probabilitiesAt(drift[m]!));
      const truth = truths[m];
      if (truth === null || truth === undefined) continue;
      asked++;
      if (members[truth]) covered++;
    }
    return covered / asked;
  }

  it('is what was promised, within 2 %', () => {
    const coverage = coverageFrom(1, Infinity, 0.02 / HORIZON);
    assert.ok(Math.abs(coverage - 0.9) < 0.02, `covered ${coverage}`);
  });

  it('is kept within 3 % when the market changes, where a fixed level loses it', () => {
    const fixed = coverageFrom(2, 20_000, 0);
    const adaptive = coverageFrom(2, 20_000, 0.02 / HORIZON);
    assert.ok(Math.abs(adaptive - 0.9) < 0.03, `covered ${adaptive}`);
    assert.ok(fixed < 0.8, `a fixed level covers ${fixed}`);
  });
});
