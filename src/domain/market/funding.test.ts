import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MINUTE_MS } from '../core/index.ts';
import { fundingColumn, fundingGaps, fundingIntervalMs, settlementTime, sortedFunding } from './funding.ts';

const HOUR = 60 * MINUTE_MS;
const START = Date.UTC(2025, 0, 1);
const FIVE = 5 * MINUTE_MS;

const candles = (...minutes: number[]): Float64Array =>
  Float64Array.from(minutes, (minute) => START + minute * MINUTE_MS);
const settlements = (...pairs: (readonly [minute: number, rate: number])[]) =>
  sortedFunding(pairs.map(([minute, rate]) => ({ timeMs: START + minute * MINUTE_MS, rate })));

describe('fundingColumn', () => {
  it('charges at the opening that a settlement falls on, and at the next one when it lies inside a candle', () => {
    const column = fundingColumn(candles(0, 5, 10, 15), FIVE, settlements([5, 0.1], [6, 0.2], [14, 0.4]));
    assert.deepEqual([...column], [0, 0.1, 0.2, 0.4]);
  });

  it('adds settlements that meet at one opening, and waits over missing candles', () => {
    const column = fundingColumn(candles(0, 5, 60, 65), FIVE, settlements([8, 0.25], [20, 0.5], [60, 1]));
    assert.deepEqual([...column], [0, 0, 1.75, 0]);
  });

  it('leaves out what is before the candle in front of the first, and behind the last opening', () => {
    const column = fundingColumn(candles(0, 5), FIVE, settlements([-5, 0.5], [-4, 0.1], [6, 0.9]));
    assert.deepEqual([...column], [0.1, 0]);
  });

  it('charges each settlement within the candles exactly once, and never before its time', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 30 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 300 }), { maxLength: 20 }),
        (steps, minutes) => {
          const open = candles(...steps.toSorted((a, b) => a - b).map((step) => 5 * step));
          // Powers of two: which settlements are in a sum can be told from it.
          const sorted = minutes.toSorted((a, b) => a - b);
          const funding = settlements(...sorted.map((minute, i) => [minute, 2 ** i] as const));
          const column = fundingColumn(open, FIVE, funding);
          sorted.forEach((_, i) => {
            const time = funding.timeMs[i]!;
            const row = open.findIndex((openMs) => openMs >= time);
            const isCharged = (at: number): boolean => Math.floor(column[at]! / 2 ** i) % 2 === 1;
            const rows = [...column.keys()].filter(isCharged);
            const isBefore = time <= open[0]! - FIVE;
            assert.deepEqual(rows, row < 0 || isBefore ? [] : [row]);
          });
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('settlements', () => {
  it('mean the minute that their stamp is just behind', () => {
    assert.equal(settlementTime(START + 4), START);
    assert.equal(settlementTime(START + 1_001), START + 1_001);
  });

  it('are sorted, and repeated ones dropped and counted', () => {
    const sorted = settlements([480, 2], [0, 1], [480, 2]);
    assert.deepEqual(
      [[...sorted.timeMs], [...sorted.rate]],
      [
        [START, START + 8 * HOUR],
        [1, 2],
      ],
    );
    assert.equal(sorted.duplicates, 1);
  });

  it('that contradict each other are refused', () => {
    assert.throws(
      () => settlements([0, 1], [0, 2]),
      /two funding rates for 2025-01-01T00:00:00.000Z, 1 and 2/,
    );
  });
});

describe('fundingGaps', () => {
  const at = (...hours: number[]): Float64Array => Float64Array.from(hours, (hour) => START + hour * HOUR);

  it('goes by the most common distance', () => {
    assert.equal(fundingIntervalMs(at(0, 8, 16, 32, 40)), 8 * HOUR);
    assert.equal(fundingIntervalMs(at(0, 4, 8, 16)), 4 * HOUR);
    assert.equal(fundingIntervalMs(at(0, 1, 9)), HOUR);
    assert.equal(fundingIntervalMs(at(0)), null);
  });

  it('finds what is missing within, before the first and behind the last', () => {
    const span = { fromMs: START, toMs: START + 72 * HOUR };
    const whole = at(0, 8, 16, 24, 32, 40, 48, 56, 64);
    assert.deepEqual(fundingGaps(whole, 8 * HOUR, span), []);
    assert.deepEqual(fundingGaps(at(16, 24, 48), 8 * HOUR, span), [
      { fromMs: START, toMs: START + 16 * HOUR, missing: 2 },
      { fromMs: START + 24 * HOUR, toMs: START + 48 * HOUR, missing: 2 },
      { fromMs: START + 48 * HOUR, toMs: span.toMs, missing: 2 },
    ]);
  });

  it('takes a stamp of some seconds off the hour for what it is', () => {
    const late = at(0, 8, 16).map((time, row) => time + (row === 1 ? 15_000 : 0));
    assert.deepEqual(fundingGaps(late, 8 * HOUR, { fromMs: START, toMs: START + 24 * HOUR }), []);
  });
});
