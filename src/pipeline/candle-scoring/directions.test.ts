import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NEUTRAL } from '../../domain/core/index.ts';
import { ADAPTIVE_DEFAULTS, AdaptiveThresholds } from '../../domain/signals/index.ts';
import { directionsOf, thresholdsFromMs } from './index.ts';

const SMALL = { ...ADAPTIVE_DEFAULTS, memory: 20, warmUp: 5 };
const scores = fc.array(
  fc.oneof({ weight: 9, arbitrary: fc.double({ min: -1, max: 1, noNaN: true }) }, fc.constant(Number.NaN)),
  { maxLength: 120 },
);

describe('directionsOf', () => {
  it('says what the thresholds say one score at a time, which never see a missing one', () => {
    fc.assert(
      fc.property(scores, (values) => {
        const { direction, ready } = directionsOf(Float64Array.from(values), SMALL);
        const rule = new AdaptiveThresholds(SMALL);
        for (const [row, score] of values.entries()) {
          const decision = Number.isNaN(score) ? null : rule.decide(score);
          assert.equal(direction[row], decision?.direction ?? NEUTRAL);
          assert.equal(ready[row], decision?.state === 'ready' ? 1 : 0);
        }
      }),
    );
  });

  it('knows nothing of what comes later', () => {
    fc.assert(
      fc.property(scores, fc.nat(120), (values, cut) => {
        const whole = directionsOf(Float64Array.from(values), SMALL);
        const part = directionsOf(Float64Array.from(values.slice(0, cut)), SMALL);
        assert.deepEqual(part.direction, whole.direction.slice(0, cut));
        assert.deepEqual(part.ready, whole.ready.slice(0, cut));
      }),
    );
  });

  it('begins as many candles before a test as it remembers', () => {
    assert.equal(thresholdsFromMs(1_000_000, SMALL, 100), 998_000);
  });
});
