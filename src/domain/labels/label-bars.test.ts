import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DataError } from '../core/index.ts';
import { DEFAULT_LABEL, labelDefinition } from './definition.ts';
import { labelBars } from './label-bars.ts';

const MINUTE = 60_000;

/** Minutes with holes, returns with NaN, and a lookahead. */
const market = fc.record({
  steps: fc.array(
    fc.record({
      step: fc.oneof(
        { weight: 9, arbitrary: fc.constant(1) },
        { weight: 1, arbitrary: fc.integer({ min: 2, max: 9 }) },
      ),
      logReturn: fc.oneof(
        { weight: 19, arbitrary: fc.double({ min: -0.01, max: 0.01, noNaN: true }) },
        { weight: 1, arbitrary: fc.constant(Number.NaN) },
      ),
    }),
    { maxLength: 120 },
  ),
  lookahead: fc.integer({ min: 1, max: 12 }),
});

function columns(steps: readonly { step: number; logReturn: number }[]): [Float64Array, Float64Array] {
  let minute = 28_000_000;
  return [
    Float64Array.from(steps, ({ step }) => (minute += step) * MINUTE),
    Float64Array.from(steps, ({ logReturn }) => logReturn),
  ];
}

describe('labelBars', () => {
  it('agrees with a look-up of every single minute', () => {
    fc.assert(
      fc.property(market, ({ steps, lookahead }) => {
        const [minuteMs, logReturns] = columns(steps);
        const byTime = new Map(Array.from(minuteMs, (time, row) => [time, logReturns[row]!]));
        const definition = labelDefinition(-0.004, 0.008, lookahead);
        const labels = labelBars(minuteMs, logReturns, definition);
        minuteMs.forEach((time, row) => {
          let expected = 0;
          for (let k = 1; k <= lookahead; k++) expected += byTime.get(time + k * MINUTE) ?? Number.NaN;
          assert.equal(labels.futureReturn[row], expected);
          if (Number.isNaN(expected)) {
            assert.equal(labels.label[row], -1);
            assert.ok(Number.isNaN(labels.labelEndMs[row]));
          } else {
            assert.equal(labels.label[row], expected > 0.008 ? 2 : expected < -0.004 ? 0 : 1);
            assert.equal(labels.labelEndMs[row], time + (lookahead + 1) * MINUTE);
          }
        });
      }),
    );
  });

  it('gives the same label whatever else the file holds before it', () => {
    fc.assert(
      fc.property(market, fc.nat(60), ({ steps, lookahead }, cut) => {
        const [minuteMs, logReturns] = columns(steps);
        const definition = labelDefinition(-0.004, 0.008, lookahead);
        const whole = labelBars(minuteMs, logReturns, definition);
        const tail = labelBars(minuteMs.subarray(cut), logReturns.subarray(cut), definition);
        assert.deepEqual(tail.futureReturn, whole.futureReturn.slice(cut));
        assert.deepEqual(tail.label, whole.label.slice(cut));
      }),
    );
  });

  it('takes the thresholds themselves as NEUTRAL', () => {
    const minuteMs = Float64Array.of(0, MINUTE, 2 * MINUTE, 3 * MINUTE);
    const { label } = labelBars(
      minuteMs,
      Float64Array.of(0, 0.5, -0.25, 0.5),
      labelDefinition(-0.25, 0.5, 1),
    );
    assert.deepEqual([...label], [1, 1, 1, -1]);
  });

  it('refuses times that do not ascend, naming the row', () => {
    assert.throws(
      () => labelBars(Float64Array.of(0, MINUTE, MINUTE), new Float64Array(3), DEFAULT_LABEL),
      (error: unknown) => error instanceof DataError && error.context['row'] === 2,
    );
    assert.throws(() => labelBars(Float64Array.of(0), new Float64Array(2), DEFAULT_LABEL), DataError);
  });
});
