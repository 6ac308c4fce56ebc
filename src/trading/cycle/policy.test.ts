import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../domain/core/index.ts';
import { NO_TALLY } from './outcomes.ts';
import {
  chanceHitRatio,
  chanceInterval,
  decideRetraining,
  requireValidPolicy,
  RETRAIN_DEFAULTS,
  type ServedDay,
} from './policy.ts';

const POLICY = { ...RETRAIN_DEFAULTS, everyDays: 30, restDays: 4, hitDays: 5 };
const CALM: ServedDay = {
  isFar: false,
  scoreDistance: 0.1,
  tally: { ...NO_TALLY, outcomes: 280, ups: 140, signals: 80, buys: 40, hits: 40 },
};
const FAR: ServedDay = { ...CALM, isFar: true };
const STRANGE: ServedDay = { ...CALM, scoreDistance: 0.5 };
const WRONG: ServedDay = { ...CALM, tally: { ...CALM.tally, hits: 20 } };

const decide = (served: readonly ServedDay[], servedDays = served.length) =>
  decideRetraining({ served, servedDays }, POLICY, 12);

describe('decideRetraining', () => {
  it('is called for by age', () => {
    assert.deepEqual(decide([CALM], 29).retrain, false);
    assert.deepEqual(decide([CALM], 30), { retrain: true, reason: 'served 30 of 30 days' });
  });

  it('is called for by an embedding that stays far, and only by days in a row', () => {
    assert.equal(decide([CALM, CALM, FAR, FAR]).retrain, false);
    assert.equal(decide([CALM, FAR, FAR, CALM, FAR]).retrain, false);
    const { retrain, reason } = decide([CALM, FAR, FAR, FAR]);
    assert.deepEqual([retrain, reason], [true, 'embedding beyond the 95.0 % quantile for 3 of 3 days']);
    const unknown = { ...CALM, isFar: null };
    assert.equal(decide([FAR, FAR, unknown, FAR]).retrain, false);
  });

  it('is called for by scores that stay away from their reference', () => {
    assert.equal(decide([CALM, STRANGE, STRANGE, CALM]).retrain, false);
    assert.match(decide([CALM, STRANGE, STRANGE, STRANGE]).reason, /^scores 0\.50 from their reference/);
  });

  it('is called for by hits below chance, when there are enough of them', () => {
    assert.equal(decide([WRONG, WRONG, WRONG, WRONG]).retrain, false, 'too few days');
    const { retrain, reason } = decide([WRONG, WRONG, WRONG, WRONG, WRONG]);
    assert.deepEqual([retrain, reason.startsWith('hit ratio 25.0 % over 5 days')], [true, true]);
    assert.equal(decide([CALM, CALM, CALM, CALM, CALM]).retrain, false);
    const rare = { ...WRONG, tally: { ...WRONG.tally, signals: 8, buys: 4, hits: 0 } };
    assert.equal(decide([rare, rare, rare, rare, rare]).retrain, false, 'too few signals');
  });

  it('lets a new model rest, and names every rule that calls', () => {
    assert.equal(decide([FAR, FAR, FAR]).retrain, false);
    assert.match(decide([FAR, FAR, FAR]).reason, /day 3 of 4 of rest/);
    const both = { ...FAR, scoreDistance: 0.9 };
    assert.equal(decide([both, both, both, both], 30).reason.split('; ').length, 3);
  });

  it('refuses a policy that means nothing', () => {
    assert.throws(
      () => requireValidPolicy({ ...POLICY, everyDays: 0, level: 1, hitDays: 1.5 }),
      (error: unknown) =>
        error instanceof ConfigError &&
        error.problems.map(({ path }) => path).join() === 'retrain.everyDays,retrain.hitDays,retrain.level',
    );
  });
});

describe('chance', () => {
  it('knows the drift of the market', () => {
    const rising = { ...NO_TALLY, outcomes: 100, ups: 80, signals: 1200, buys: 1200 };
    assert.equal(chanceHitRatio(rising), 0.8);
    assert.ok(Math.abs(chanceHitRatio({ ...rising, buys: 300 }) - (0.25 * 0.8 + 0.75 * 0.2)) < 1e-12);
  });

  it('counts overlapping outcomes as one', () => {
    const tally = { ...NO_TALLY, outcomes: 1200, ups: 600, signals: 1200, buys: 600 };
    const { lower, upper } = chanceInterval(tally, { horizonCandles: 12, level: 0.95 })!;
    assert.ok(Math.abs(upper - 0.5 - 1.959964 * 0.05) < 1e-6 && Math.abs(lower + upper - 1) < 1e-12);
    assert.equal(chanceInterval({ ...tally, signals: 119 }, { horizonCandles: 12, level: 0.95 }), null);
  });
});
