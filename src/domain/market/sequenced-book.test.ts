import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BookUpdate, createBookUpdate, type LevelPair } from './events.ts';
import { SequencedBook } from './sequenced-book.ts';
import type { VenueName } from './venue.ts';

interface Recorded {
  readonly feed: SequencedBook;
  readonly calls: string[];
}

function recorded(venue: VenueName): Recorded {
  const calls: string[] = [];
  const feed = new SequencedBook(venue, {
    onApplied: (book, timeMs) => calls.push(`applied ${timeMs} ${book.bids.bestTicks}`),
    onBreak: (timeMs, reason) => calls.push(`break ${timeMs} ${reason}`),
    onTime: (timeMs) => calls.push(`time ${timeMs}`),
  });
  return { feed, calls };
}

const ASKS: readonly LevelPair[] = [[200, 1]];
const update = (
  kind: 'snapshot' | 'delta',
  id: number,
  extra: { readonly bids?: readonly LevelPair[]; readonly pu?: number; readonly U?: number } = {},
): BookUpdate =>
  createBookUpdate({
    kind,
    exchangeTimeMs: id * 10,
    lastUpdateId: id,
    firstUpdateId: extra.U ?? id,
    previousUpdateId: extra.pu ?? Number.NaN,
    bids: extra.bids ?? [],
    asks: kind === 'snapshot' ? ASKS : [],
  });

describe('SequencedBook: Bybit', () => {
  it('hands on nothing between a gap and the next snapshot', () => {
    const { feed, calls } = recorded('bybit-linear');
    feed.process(update('snapshot', 1, { bids: [[100, 1]] }));
    feed.process(update('delta', 2, { bids: [[101, 1]] }));
    assert.deepEqual(feed.process(update('delta', 4)), {
      kind: 'gap',
      expected: 3,
      got: 4,
      recovered: false,
    });
    assert.equal(feed.isUsable, false);
    assert.equal(feed.process(update('delta', 5)).kind, 'need-snapshot');
    assert.equal(feed.process(update('snapshot', 9, { bids: [[90, 1]] })).kind, 'applied');
    assert.equal(feed.isUsable, true);
    assert.deepEqual(calls, [
      'applied 10 100',
      'applied 20 101',
      'break 40 sequence-gap',
      'time 40',
      'time 50',
      'break 90 sequence-gap',
      'applied 90 90',
    ]);
  });

  it('checks itself against a snapshot that restates its position, and counts no message', () => {
    const { feed, calls } = recorded('bybit-linear');
    feed.process(update('snapshot', 1, { bids: [[100, 1]] }));
    assert.deepEqual(feed.process(update('snapshot', 1, { bids: [[100, 1]] })), {
      kind: 'repeated',
      agrees: true,
    });
    assert.deepEqual(feed.process(update('snapshot', 1, { bids: [[100, 2]] })), {
      kind: 'repeated',
      agrees: false,
    });
    assert.deepEqual(calls, ['applied 10 100', 'time 10', 'break 10 sequence-gap']);
    assert.equal(feed.counts.applied, 1);
    assert.equal(feed.counts.disagreements, 1);
    assert.equal(feed.book.bids.bestLots, 2);
  });

  it('ignores a change that comes twice, and waits for a snapshot when the second differs', () => {
    const { feed, calls } = recorded('bybit-linear');
    feed.process(update('snapshot', 1, { bids: [[100, 1]] }));
    const change = update('delta', 2, { bids: [[99, 4], [100, 0]] }); // prettier-ignore
    feed.process(change);
    assert.deepEqual(feed.process(change), { kind: 'ignored', reason: 'stale' });
    assert.equal(feed.isUsable, true);
    assert.deepEqual(feed.process(update('delta', 2, { bids: [[99, 5]] })), {
      kind: 'gap',
      expected: 3,
      got: 2,
      recovered: false,
    });
    assert.equal(feed.process(update('delta', 3)).kind, 'need-snapshot');
    assert.deepEqual(calls, [
      'applied 10 100',
      'applied 20 99',
      'break 20 sequence-gap',
      'time 20',
      'time 30',
    ]);
  });

  it('knows that changes before the first snapshot are lost, and breaks at it', () => {
    const { feed, calls } = recorded('bybit-linear');
    feed.process(update('delta', 1));
    feed.process(update('snapshot', 2, { bids: [[100, 1]] }));
    assert.deepEqual(calls, ['time 10', 'break 20 sequence-gap', 'applied 20 100']);
  });

  it('does not hand on a crossed book, and goes on when it has uncrossed', () => {
    const { feed, calls } = recorded('bybit-linear');
    feed.process(update('snapshot', 1, { bids: [[100, 1]] }));
    assert.deepEqual(feed.process(update('delta', 2, { bids: [[200, 1]] })), {
      kind: 'crossed',
      bidTicks: 200,
      askTicks: 200,
    });
    assert.equal(feed.isUsable, false);
    assert.equal(feed.process(update('delta', 3, { bids: [[200, 0]] })).kind, 'applied');
    assert.deepEqual(calls, ['applied 10 100', 'break 20 crossed-book', 'applied 30 100']);
  });
});

describe('SequencedBook: Binance', () => {
  it('replays the deltas that waited for the snapshot, which is no message itself', () => {
    const { feed, calls } = recorded('binance-spot');
    feed.process(update('delta', 10, { U: 9, bids: [[100, 1]] }));
    feed.process(update('delta', 12, { U: 11, bids: [[101, 1]] }));
    const outcome = feed.process(update('snapshot', 10, { bids: [[99, 1]] }));
    assert.deepEqual(outcome, { kind: 'loaded', replayed: 1 });
    assert.deepEqual(calls, ['time 100', 'time 120', 'applied 120 101']);
    assert.equal(feed.counts.applied, 1);
    assert.equal(feed.book.bids.size, 2);
  });

  it('keeps what it has to keep apart from an update that its owner uses again', () => {
    const { feed } = recorded('binance-spot');
    const reused = (kept: BookUpdate): void => {
      feed.process(kept);
      kept.bids.fill(7);
      kept.asks.fill(7);
    };
    reused(update('delta', 12, { U: 11, bids: [[101, 1]] }));
    feed.process(update('snapshot', 10, { bids: [[99, 1]] }));
    assert.equal(feed.book.bids.bestTicks, 101);
    reused(update('snapshot', 20, { bids: [[102, 1]] }));
    feed.process(update('delta', 30, { U: 21, bids: [[90, 1]] }));
    assert.equal(feed.book.bids.bestTicks, 102);
  });

  it('rebuilds after a gap from a snapshot that came before it was needed', () => {
    const { feed, calls } = recorded('binance-usdm');
    feed.process(update('snapshot', 10, { bids: [[99, 1]] }));
    feed.process(update('delta', 12, { pu: 10 }));
    assert.deepEqual(feed.process(update('snapshot', 50, { bids: [[95, 1]] })), {
      kind: 'ignored',
      reason: 'snapshot-ahead',
    });
    assert.deepEqual(feed.process(update('delta', 52, { pu: 50, bids: [[96, 1]] })), {
      kind: 'gap',
      expected: 12,
      got: 50,
      recovered: true,
    });
    assert.deepEqual(calls, [
      'applied 120 99',
      'break 520 sequence-gap',
      'break 520 sequence-gap',
      'applied 520 96',
    ]);
  });

  it('finds a hole among the deltas that waited', () => {
    const { feed } = recorded('binance-usdm');
    feed.process(update('delta', 12, { pu: 10 }));
    feed.process(update('delta', 20, { pu: 15 }));
    assert.deepEqual(feed.process(update('snapshot', 10, { bids: [[99, 1]] })), {
      kind: 'gap',
      expected: 12,
      got: 15,
      recovered: false,
    });
    assert.equal(feed.isUsable, false);
  });

  it('asks again when the snapshot is older than all that waited', () => {
    const { feed } = recorded('binance-usdm');
    feed.process(update('delta', 12, { U: 11, pu: 10 }));
    assert.equal(feed.process(update('snapshot', 5)).kind, 'need-snapshot');
    assert.equal(feed.process(update('snapshot', 11, { bids: [[99, 1]] })).kind, 'loaded');
    assert.equal(feed.isUsable, true);
  });
});
