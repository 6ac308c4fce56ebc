import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BookSide } from './book-side.ts';
import { createBookUpdate, type LevelPair } from './events.ts';
import { OrderBook } from './order-book.ts';

/** The obvious book: a map a side. */
class ReferenceBook {
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();

  apply(kind: 'snapshot' | 'delta', bids: readonly LevelPair[], asks: readonly LevelPair[]): void {
    if (kind === 'snapshot') {
      this.bids.clear();
      this.asks.clear();
    }
    for (const [side, levels] of [
      [this.bids, bids],
      [this.asks, asks],
    ] as const) {
      for (const [ticks, lots] of levels) {
        if (lots === 0) side.delete(ticks);
        else side.set(ticks, lots);
      }
    }
  }

  static bestFirst(side: ReadonlyMap<number, number>, direction: 1 | -1): readonly LevelPair[] {
    return [...side].toSorted((a, b) => direction * (a[0] - b[0]));
  }
}

function levelsOf(side: BookSide): readonly LevelPair[] {
  const ticks = new Float64Array(side.size);
  const lots = new Float64Array(side.size);
  assert.equal(side.copyBest(ticks, lots), side.size);
  for (const [i, price] of ticks.entries()) assert.equal(side.lotsAt(price), lots[i]);
  return Array.from(ticks, (price, i) => [price, lots[i]!] as const);
}

/** Prices crowd together, so that levels are hit again, deleted and inserted in the middle, at places far apart. */
const price = fc
  .tuple(
    fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.constantFrom(9_000, 20_000, 1e6, 2 ** 53 - 500)),
    fc.integer({ min: 1, max: 400 }),
  )
  .map(([place, ticks]) => place + ticks);
const level = fc.tuple(price, fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1e12 })));
const uniqueLevels = fc.uniqueArray(level, { selector: ([ticks]) => ticks, maxLength: 120 });
const message = fc.record({
  kind: fc.oneof(
    { weight: 9, arbitrary: fc.constant('delta' as const) },
    { weight: 1, arbitrary: fc.constant('snapshot' as const) },
  ),
  bids: uniqueLevels,
  asks: uniqueLevels,
});

describe('OrderBook', () => {
  it('equals a book made of maps after any messages', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 25 }), (messages) => {
        const book = new OrderBook();
        const reference = new ReferenceBook();
        for (const { kind, bids, asks } of messages) {
          book.apply(createBookUpdate({ kind, exchangeTimeMs: 0, lastUpdateId: 0, bids, asks }));
          reference.apply(kind, bids, asks);
          const bestBids = ReferenceBook.bestFirst(reference.bids, -1);
          const bestAsks = ReferenceBook.bestFirst(reference.asks, 1);
          assert.deepEqual(levelsOf(book.bids), bestBids);
          assert.deepEqual(levelsOf(book.asks), bestAsks);
          assert.equal(
            book.bids.sumLots(5),
            bestBids.slice(0, 5).reduce((sum, [, lots]) => sum + lots, 0),
          );
          const crossed = bestBids.length > 0 && bestAsks.length > 0 && bestBids[0]![0] >= bestAsks[0]![0];
          assert.equal(book.isCrossed, crossed);
          assert.equal(book.isTwoSided, bestBids.length > 0 && bestAsks.length > 0);
        }
      }),
    );
  });

  it('grows beyond its first capacity and keeps all depth', () => {
    const side = new BookSide('ask');
    for (let i = 0; i < 5_000; i++) side.set(1 + ((i * 2_621) % 5_000), i + 1);
    assert.equal(side.size, 5_000);
    assert.equal(side.bestTicks, 1);
    assert.deepEqual(
      levelsOf(side).map(([ticks]) => ticks),
      Array.from({ length: 5_000 }, (_, i) => i + 1),
    );
  });

  it('follows a price that wanders far, and loses no level on the way', () => {
    const side = new BookSide('bid');
    const reference = new Map<number, number>();
    const set = (ticks: number, lots: number): void => {
      side.set(ticks, lots);
      if (lots === 0) reference.delete(ticks);
      else reference.set(ticks, lots);
    };
    let best = 100_000;
    for (let step = 0; step < 400; step++) {
      const move = step < 150 ? 311 : step < 300 ? -523 : 977;
      for (const ticks of [...reference.keys()].filter((ticks) => ticks > best + move)) set(ticks, 0);
      best += move;
      for (let depth = 0; depth < 20; depth++) set(best - depth * (depth + 7), step + depth + 1);
      assert.equal(side.bestTicks, best);
    }
    assert.deepEqual(levelsOf(side), ReferenceBook.bestFirst(reference, -1));
  });

  it('has the next best level however far below the best it lies', () => {
    for (const [name, away] of [
      ['bid', -1],
      ['ask', 1],
    ] as const) {
      // prettier-ignore
      const side = new BookSide(name);
      const best = 2 ** 40;
      for (const distance of [0, 10_000, 20_000, 2 ** 39]) side.set(best + away * distance, distance + 1);
      for (const distance of [0, 10_000, 20_000, 2 ** 39]) {
        assert.deepEqual([side.bestTicks, side.bestLots], [best + away * distance, distance + 1]);
        side.set(best + away * distance, 0);
      }
      assert.deepEqual([side.size, side.bestTicks, side.bestLots], [0, Number.NaN, Number.NaN]);
    }
  });

  it('inserts and deletes far behind the best level', () => {
    const side = new BookSide('bid');
    for (let ticks = 1_000; ticks > 0; ticks -= 2) side.set(ticks, ticks);
    for (const ticks of [3, 501, 999]) side.set(ticks, ticks);
    for (const ticks of [2, 500, 998]) side.set(ticks, 0);
    const expected = Array.from({ length: 500 }, (_, k) => 1_000 - 2 * k)
      .filter((ticks) => ![2, 500, 998].includes(ticks))
      .concat(3, 501, 999)
      .toSorted((a, b) => b - a);
    assert.deepEqual(
      levelsOf(side),
      expected.map((ticks) => [ticks, ticks]),
    );
  });

  it('copies no more levels than fit, best first', () => {
    const book = new OrderBook();
    const bids = [10, 9, 8, 7].map((ticks) => [ticks, ticks * 2] as const);
    book.apply(createBookUpdate({ kind: 'snapshot', exchangeTimeMs: 0, lastUpdateId: 1, bids, asks: [] }));
    const ticks = new Float64Array(2);
    const lots = new Float64Array(2);
    assert.equal(book.bids.copyBest(ticks, lots), 2);
    assert.deepEqual([...ticks, ...lots], [10, 9, 20, 18]);
  });

  it('agrees with a snapshot of itself and with no other', () => {
    const spec = { kind: 'snapshot', exchangeTimeMs: 0, lastUpdateId: 1 } as const;
    const book = new OrderBook();
    book.apply(createBookUpdate({ ...spec, bids: [[10, 1], [9, 2]], asks: [[11, 3]] })); // prettier-ignore
    assert.ok(book.agreesWith(createBookUpdate({ ...spec, bids: [[10, 1]], asks: [[11, 3]] })));
    assert.ok(!book.agreesWith(createBookUpdate({ ...spec, bids: [[10, 2]], asks: [[11, 3]] })));
    assert.ok(!book.agreesWith(createBookUpdate({ ...spec, bids: [[10, 1]], asks: [[12, 3]] })));
  });
});
