import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../core/index.ts';
import { type BookUpdate, createBookUpdate, createInstrument, type LevelPair } from '../market/index.ts';
import type { MinuteBar } from './bar.ts';
import { BookToBars } from './book-to-bars.ts';

const INSTRUMENT = createInstrument({
  venue: 'bybit-linear',
  symbol: 'TESTUSDT',
  tickSize: '0.0001',
  lotSize: '1',
});

/** Some minutes of a wandering book, with a lost message and the snapshot that mends it. */
function stream(count: number): readonly BookUpdate[] {
  const random = Random.fromSeed(5);
  const updates: BookUpdate[] = [];
  let middle = 20_000;
  for (let i = 0; i < count; i++) {
    middle += random.integer(3) - 1;
    const kind = i % 400 === 0 ? 'snapshot' : 'delta';
    const levels = (away: 1 | -1): readonly LevelPair[] => [
      // What the price has run over goes, the new levels come.
      ...Array.from({ length: 4 }, (_, k): LevelPair => [middle - away * k, 0]),
      ...Array.from({ length: 6 }, (_, k): LevelPair => [middle + away * (k + 1), 1 + random.integer(500)]),
    ];
    updates.push(
      createBookUpdate({
        kind,
        exchangeTimeMs: 1_700_000_000_000 + i * 230,
        lastUpdateId: i + 1,
        bids: levels(-1),
        asks: levels(1),
      }),
    );
  }
  return updates.filter((_, i) => i !== 930);
}

function run(updates: readonly BookUpdate[]): {
  readonly closed: MinuteBar[];
  readonly last: readonly MinuteBar[];
} {
  const bars = new BookToBars(INSTRUMENT);
  const closed = updates.flatMap((update) => bars.process(update));
  return { closed, last: bars.flush() };
}

describe('BookToBars', () => {
  const updates = stream(4_000);

  it('closes the minutes of a gap as incomplete and goes on at the next snapshot', () => {
    const { closed, last } = run(updates);
    const reasons = closed.map((bar) => bar.incomplete.join());
    assert.ok(closed.length > 10);
    assert.ok(reasons.includes('sequence-gap'));
    assert.ok(reasons.filter((reason) => reason === '').length > 8);
    assert.deepEqual(
      last.map((bar) => bar.incomplete),
      [['stream-end']],
    );
  });

  it('changes no earlier bar when the future is cut off', () => {
    const { closed } = run(updates);
    for (const cut of [500, 940, 1_777, 3_210]) {
      const truncated = run(updates.slice(0, cut)).closed;
      assert.ok(truncated.length > 0);
      assert.deepEqual(truncated, closed.slice(0, truncated.length));
    }
  });

  it('shows what became of the last update', () => {
    const bars = new BookToBars(INSTRUMENT);
    assert.equal(bars.outcome.kind, 'need-snapshot');
    bars.process(updates[0]!);
    assert.equal(bars.outcome.kind, 'applied');
    bars.process(updates[5]!);
    assert.deepEqual(bars.outcome, { kind: 'gap', expected: 2, got: 6, recovered: false });
  });
});
