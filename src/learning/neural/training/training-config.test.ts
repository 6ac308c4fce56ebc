import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../domain/core/index.ts';
import { Pace } from './pace.ts';
import { type TrainingConfig, scheduleOf } from './training-config.ts';

const BASE = { learningRate: 0.1, warmUpShare: 0.25 } as TrainingConfig;
const ratesOf = (schedule: TrainingConfig['schedule'], steps: number): number[] =>
  Array.from({ length: steps }, (_, i) => i).map(scheduleOf({ ...BASE, schedule }, steps));

describe('scheduleOf', () => {
  it('starts at the top, or goes up for its share of the steps', () => {
    assert.equal(ratesOf('cosine', 8).indexOf(0.1), 0);
    const warm = ratesOf('warm-up', 8);
    assert.deepEqual(warm.slice(0, 3), [0.05, 0.1, 0.1]);
    const cycle = ratesOf('one-cycle', 16);
    assert.equal(cycle.indexOf(Math.max(...cycle)), 3);
    assert.ok(Math.abs(cycle[0]! - 0.1 / 25) < 1e-12);
    for (const rates of [warm, cycle]) assert.ok(rates.at(-1)! < 0.02);
  });

  it('says when there are too few steps for its parts', () => {
    assert.throws(
      () => scheduleOf({ ...BASE, schedule: 'one-cycle' }, 3),
      (error) => error instanceof ConfigError && /one-cycle .* does not fit into 3 steps/.test(error.message),
    );
  });
});

describe('Pace', () => {
  it('counts the steps and validations that are left', () => {
    const pace = new Pace({ epochs: 3, validated: true });
    pace.stepTook(2);
    pace.stepTook(4);
    // 8 of 10 steps here and 20 later, 3 seconds each; how long validation takes is not known yet.
    assert.equal(pace.secondsLeft(2, 10), 28 * 3);
    pace.epochEnded(5);
    assert.equal(pace.secondsLeft(0, 10), 20 * 3 + 2 * 5);
    pace.epochEnded(5);
    assert.equal(pace.secondsLeft(10, 10), 5);
  });
});
