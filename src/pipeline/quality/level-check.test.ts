import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { BookSideColumns } from '../../platform/storage/index.ts';
import type { FindingKind } from './findings.ts';
import { checkCrossing, checkSide, LevelCounts } from './level-check.ts';

const DEPTH = 8;

/** One row: levels given best first, the rest missing. */
function sideOf(side: 'bid' | 'ask', levels: readonly (readonly [number, number])[]): BookSideColumns {
  const column = (k: number, part: 0 | 1, missing: number): Float64Array =>
    Float64Array.of(levels[k]?.[part] ?? missing);
  const ranks = Array.from({ length: DEPTH }, (_, k) => k);
  return {
    side,
    prices: ranks.map((k) => column(k, 0, Number.NaN)),
    sizes: ranks.map((k) => column(k, 1, 0)),
  };
}

function violations(side: BookSideColumns): readonly (readonly [FindingKind, string])[] {
  const found: (readonly [FindingKind, string])[] = [];
  checkSide(side, (kind, _, column) => found.push([kind, column]));
  return found;
}

/** A sound side of 2 to 8 levels. */
const sides = fc
  .record({
    side: fc.constantFrom('bid' as const, 'ask' as const),
    steps: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: DEPTH }),
    size: fc.integer({ min: 1, max: 1_000 }),
  })
  .map(({ side, steps, size }) => {
    let price = 1_000;
    const levels = steps.map((step): [number, number] => {
      price += side === 'bid' ? -step : step;
      return [price / 10, size];
    });
    return { side, levels };
  });

describe('level check', () => {
  it('accepts every sound side and counts its levels', () => {
    fc.assert(
      fc.property(sides, ({ side, levels }) => {
        const columns = sideOf(side, levels);
        assert.deepEqual(violations(columns), []);
        assert.deepEqual([...checkSide(columns, () => assert.fail())], [levels.length]);
      }),
    );
  });

  it('names the level that is out of order when two are swapped or equal', () => {
    fc.assert(
      fc.property(sides, fc.nat(), fc.boolean(), ({ side, levels }, seed, equal) => {
        const rank = 1 + (seed % (levels.length - 1));
        const [a, b] = [levels[rank - 1]!, levels[rank]!];
        levels[rank - 1] = equal ? a : b;
        levels[rank] = a;
        const found = violations(sideOf(side, levels));
        assert.deepEqual(found[0], ['level-order', `${side}_${rank}_p`]);
      }),
    );
  });

  it('names a hole, and a size that lost its price', () => {
    fc.assert(
      fc.property(sides, fc.nat(), ({ side, levels }, seed) => {
        const rank = seed % (levels.length - 1);
        levels[rank] = [Number.NaN, 5];
        assert.deepEqual(violations(sideOf(side, levels)), [
          ['level-size-alone', `${side}_${rank}_s`],
          ['level-hole', `${side}_${rank + 1}_p`],
        ]);
      }),
    );
  });

  it('refuses sizes that are not positive numbers and prices that are not', () => {
    for (const size of [0, -1, Number.NaN, Infinity])
      assert.deepEqual(violations(sideOf('ask', [[1, size]])), [['level-size', 'ask_0_s']]);
    for (const price of [0, -1, Infinity])
      assert.deepEqual(violations(sideOf('ask', [[price, 1]])), [['level-price', 'ask_0_p']]);
  });

  it('refuses an empty side and a book that touches or crosses', () => {
    assert.deepEqual(violations(sideOf('bid', [])), [['book-one-sided', 'bid_0_p']]);
    const crosses = (bid: number, ask: number): boolean => {
      let crossed = false;
      checkCrossing(sideOf('bid', [[bid, 1]]), sideOf('ask', [[ask, 1]]), () => (crossed = true));
      return crossed;
    };
    assert.deepEqual([crosses(1, 2), crosses(2, 2), crosses(3, 2)], [false, true, true]);
  });

  it('keeps least, median and the number below a depth', () => {
    const counts = new LevelCounts();
    assert.equal(counts.summary, null);
    counts.add(Uint16Array.of(200, 200, 7));
    counts.add(Uint16Array.of(150, 200));
    assert.deepEqual(counts.summary, { least: 7, median: 200 });
    assert.equal(counts.below(200), 2);
  });
});
