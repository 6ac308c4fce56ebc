import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../domain/core/index.ts';
import { cosineAnnealing, cosineSchedule, oneCycleSchedule, warmUpCosineSchedule } from './schedule.ts';

describe('schedules', () => {
  it('cosine annealing falls from the peak through its half to zero', () => {
    assert.equal(cosineAnnealing(0.1, 0), 0.1);
    assert.ok(Math.abs(cosineAnnealing(0.1, 0.5) - 0.05) < 1e-15);
    assert.equal(cosineAnnealing(0.1, 1), 0);
  });

  it('stay at their last rate after the last step', () => {
    assert.equal(cosineSchedule({ peak: 1, steps: 10, floor: 0.25 })(50), 0.25);
    const cycle = oneCycleSchedule({ peak: 1, steps: 10 });
    assert.equal(cycle(50), cycle(9));
  });

  it('warm up on a straight line to the peak', () => {
    const schedule = warmUpCosineSchedule({ peak: 1, steps: 10, warmUpSteps: 4 });
    assert.deepEqual([0, 1, 2, 3, 4].map(schedule), [0.25, 0.5, 0.75, 1, 1]);
    const plain = cosineSchedule({ peak: 1, steps: 10 });
    const without = warmUpCosineSchedule({ peak: 1, steps: 10, warmUpSteps: 0 });
    assert.deepEqual([0, 5, 9].map(without), [0, 5, 9].map(plain));
  });

  it('refuse what leaves no step for a part', () => {
    assert.throws(() => warmUpCosineSchedule({ peak: 1, steps: 4, warmUpSteps: 4 }), ConfigError);
    assert.throws(() => oneCycleSchedule({ peak: 1, steps: 3 }), ConfigError);
    assert.throws(() => cosineSchedule({ peak: Number.NaN, steps: 3 }), ConfigError);
  });
});
