import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createBookUpdate, type LevelPair, OrderBook } from '../market/index.ts';
import { OrderFlow } from './order-flow.ts';

/** A book of at most one level a side. */
function book(bid: LevelPair | null, ask: LevelPair | null): OrderBook {
  const result = new OrderBook();
  const levels = (level: LevelPair | null): readonly LevelPair[] => (level === null ? [] : [level]);
  const update = { kind: 'snapshot', exchangeTimeMs: 0, lastUpdateId: 1 } as const;
  result.apply(createBookUpdate({ ...update, bids: levels(bid), asks: levels(ask) }));
  return result;
}

describe('OrderFlow', () => {
  it('sums the six ways in which a best quote changes, by hand', () => {
    const flow = new OrderFlow();
    const states: readonly (readonly [bid: LevelPair, ask: LevelPair])[] = [
      [[100, 10], [102, 20]], // the first state adds nothing
      [[100, 15], [102, 20]], // bid grows by 5:                    +5
      [[101, 4], [102, 20]], //  bid rises, its whole size is new:  +4
      [[100, 15], [102, 20]], // bid falls, its whole size is gone: −4
      [[100, 15], [102, 14]], // ask shrinks by 6:                  +6
      [[100, 15], [103, 30]], // ask rises, its whole size is gone: +14
      [[100, 15], [101, 7]], //  ask falls, its whole size is new:  −7
    ]; // prettier-ignore
    for (const [bid, ask] of states) flow.onMessage(book(bid, ask));
    const bestLots = 30 + 35 + 24 + 35 + 29 + 45 + 22;
    assert.equal(flow.imbalance, (5 + 4 - 4 + 6 + 14 - 7) / (bestLots / (2 * states.length)));
  });

  it('goes on across minutes: what changed since the last message belongs to the minute that says so', () => {
    const flow = new OrderFlow();
    flow.onMessage(book([100, 10], [102, 10]));
    flow.startMinute();
    flow.onMessage(book([100, 16], [102, 10]));
    assert.equal(flow.imbalance, 6 / 13);
  });

  it('compares nothing across a break or with an empty side', () => {
    const flow = new OrderFlow();
    flow.onMessage(book([100, 10], [102, 10]));
    flow.onBreak();
    flow.onMessage(book([90, 10], [92, 10]));
    assert.equal(flow.imbalance, 0);
    flow.onMessage(book([90, 10], null));
    flow.onMessage(book([90, 13], [95, 17]));
    // The bid alone has grown; the ask came back from nowhere.
    assert.equal(flow.imbalance, 3 / ((20 + 20 + 30) / 6));
  });
});
