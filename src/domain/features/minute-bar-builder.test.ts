import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createBookUpdate, createInstrument, type LevelPair, OrderBook } from '../market/index.ts';
import { FEATURE_COUNT, type MinuteBar } from './bar.ts';
import { MinuteBarBuilder } from './minute-bar-builder.ts';

const INSTRUMENT = createInstrument({
  venue: 'bybit-linear',
  symbol: 'TESTUSDT',
  tickSize: '0.1',
  lotSize: '0.01',
});

interface Message {
  readonly timeMs: number;
  readonly bids: readonly LevelPair[];
  readonly asks: readonly LevelPair[];
}

function bookOf({ bids, asks }: Message): OrderBook {
  const book = new OrderBook();
  book.apply(createBookUpdate({ kind: 'snapshot', exchangeTimeMs: 0, lastUpdateId: 1, bids, asks }));
  return book;
}

/** A book of one level a side. */
const quote = (timeMs: number, bid: number, bidLots = 100, ask = bid + 2, askLots = 100): Message => ({
  timeMs,
  bids: [[bid, bidLots]],
  asks: [[ask, askLots]],
});

function build(messages: readonly Message[], builder = new MinuteBarBuilder(INSTRUMENT)): MinuteBar[] {
  const bars = messages.map((message) => builder.onMessage(bookOf(message), message.timeMs));
  return [...bars, builder.flush()].filter((bar) => bar !== null);
}

/** Reference §1, written down as plainly as it stands there: all messages of complete minutes at once. */
function plainBars(messages: readonly Message[]): readonly (readonly number[])[] {
  const rows: number[][] = [];
  const minutes = Map.groupBy(messages, (m) => Math.floor(m.timeMs / 60_000));
  let lastSampleMs = -Infinity;
  let previous: { readonly minute: number; readonly close: number } | null = null;
  for (const [minute, inMinute] of minutes) {
    const samples: {
      readonly micro: number;
      readonly spread: number;
      readonly obi: number;
      readonly deep: number;
    }[] = [];
    for (const { timeMs, bids, asks } of inMinute) {
      if (timeMs - lastSampleMs < 1_000) continue;
      lastSampleMs = Math.floor(timeMs / 1_000) * 1_000;
      const bid = bids.toSorted((a, b) => b[0] - a[0]).map(([p, s]) => [p / 10, s / 100] as const);
      const ask = asks.toSorted((a, b) => a[0] - b[0]).map(([p, s]) => [p / 10, s / 100] as const);
      const [bidPrice, bidSize] = bid[0]!;
      const [askPrice, askSize] = ask[0]!;
      const sum = (side: typeof bid): number => side.slice(0, 5).reduce((total, [, s]) => total + s, 0);
      samples.push({
        micro: (bidPrice * askSize + askPrice * bidSize) / (bidSize + askSize),
        spread: askPrice - bidPrice,
        obi: (bidSize - askSize) / (bidSize + askSize),
        deep: (sum(bid) - sum(ask)) / (sum(bid) + sum(ask)),
      });
    }
    const micro = samples.map((s) => s.micro);
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    const [open, close] = [micro[0]!, micro.at(-1)!];
    const prev = previous !== null && previous.minute === minute - 1 ? previous.close : NaN;
    const center = mean(micro);
    const variance = micro.reduce((a, x) => a + (x - center) ** 2, 0) / (micro.length - 1);
    rows.push(
      micro.length < 2
        ? Array.from({ length: FEATURE_COUNT }, () => NaN)
        : [
            Math.log(close / open),
            (Math.max(...micro) - Math.max(open, close)) / prev,
            (Math.min(open, close) - Math.min(...micro)) / prev,
            Math.log(close / prev),
            Math.sqrt(variance),
            Math.max(...samples.map((s) => s.spread)),
            mean(samples.map((s) => s.obi)),
            mean(samples.map((s) => s.deep)),
            Math.log(1 + inMinute.length),
          ],
    );
    previous = micro.length < 2 ? null : { minute, close };
  }
  return rows;
}

const side = (best: number, away: 1 | -1): fc.Arbitrary<readonly LevelPair[]> =>
  fc
    .uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 9 })
    .chain((steps) =>
      fc.tuple(
        ...steps.map((step) => fc.tuple(fc.constant(best + away * step), fc.integer({ min: 1, max: 5_000 }))),
      ),
    );
const stream = fc
  .array(
    fc.record({
      gapMs: fc.oneof(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 30_000 })),
      bids: fc.integer({ min: 900, max: 1_000 }).chain((best) => side(best, -1)),
      asks: fc.integer({ min: 1_001, max: 1_100 }).chain((best) => side(best, 1)),
    }),
    { minLength: 2, maxLength: 60 },
  )
  .map((steps) => {
    let timeMs = 1_700_000_000_000;
    return steps.map(({ gapMs, bids, asks }) => ({ timeMs: (timeMs += gapMs), bids, asks }));
  });

describe('MinuteBarBuilder', () => {
  it('equals the plain formulas on any stream', () => {
    fc.assert(
      fc.property(stream, (messages) => {
        const closer = quote(Math.floor(messages.at(-1)!.timeMs / 60_000) * 60_000 + 60_000, 1_000);
        const bars = build([...messages, closer]).slice(0, -1);
        const expected = plainBars(messages);
        assert.equal(bars.length, expected.length);
        for (const [row, bar] of bars.entries()) {
          for (const [k, value] of expected[row]!.entries()) {
            const got = bar.features[k]!;
            const same = Number.isNaN(value) ? Number.isNaN(got) : Math.abs(got - value) < 1e-9;
            assert.ok(same, `bar ${row} feature ${k}: ${got}, expected ${value}`);
          }
        }
      }),
    );
  });

  it('keeps every digit of a tiny volatility on a large price', () => {
    const instrument = createInstrument({ ...INSTRUMENT, tickSize: '1e-7', lotSize: '1' });
    const builder = new MinuteBarBuilder(instrument);
    const bid = 1_000_000_0000000;
    const messages = [0, 1, 2, 3].map((i) => quote(i * 1_000, bid + (i % 2) * 10_000));
    const [bar] = build([...messages, quote(60_000, bid)], builder);
    assert.ok(Math.abs(bar!.features[4]! / (0.001 / Math.sqrt(3)) - 1) < 1e-6);
  });

  it('takes the book of the last sample, not of the last message', () => {
    const bars = build([quote(0, 1_000), quote(1_000, 1_010, 7), quote(1_500, 1_020), quote(60_000, 1_000)]);
    assert.equal(bars[0]!.bidPrices[0], 101);
    assert.equal(bars[0]!.bidSizes[0], 0.07);
    assert.ok(Number.isNaN(bars[0]!.bidPrices[1]));
    assert.equal(bars[0]!.bidSizes[1], 0);
    assert.equal(bars[0]!.messages, 3);
    assert.equal(bars[0]!.samples, 2);
  });

  it('keeps the 200 best levels of a deeper book, and fills up those of a flatter one', () => {
    for (const depth of [1_000, 200, 50]) {
      const levels = (best: number, away: 1 | -1): readonly LevelPair[] =>
        Array.from({ length: depth }, (_, rank) => [best + away * rank * 3, rank + 1]);
      const at = (timeMs: number): Message => ({ timeMs, bids: levels(5_000, -1), asks: levels(5_001, 1) });
      const [bar] = build([at(0), at(1_000), at(60_000)]);
      assert.ok(bar !== undefined && bar.incomplete.length === 0);
      const expected = Array.from({ length: 200 }, (_, rank) => (rank < depth ? rank : Number.NaN));
      assert.deepEqual([...bar.bidPrices], expected.map((rank) => (5_000 - 3 * rank) / 10)); // prettier-ignore
      assert.deepEqual([...bar.askPrices], expected.map((rank) => (5_001 + 3 * rank) / 10)); // prettier-ignore
      const sizes = expected.map((rank) => (Number.isNaN(rank) ? 0 : (rank + 1) / 100));
      assert.deepEqual([[...bar.bidSizes], [...bar.askSizes]], [sizes, sizes]);
    }
  });

  it('counts messages or, to compare with QuantGod, samples', () => {
    const messages = [quote(0, 1_000), quote(10, 1_000), quote(1_000, 1_000), quote(60_000, 1_000)];
    assert.equal(build(messages)[0]!.features[8], Math.log(4));
    const samples = build(messages, new MinuteBarBuilder(INSTRUMENT, { logVolume: 'samples' }));
    assert.equal(samples[0]!.features[8], Math.log(3));
  });

  it('has no return without the minute before, and finds it in earlier bars', () => {
    const messages = [quote(60_000, 1_000), quote(61_000, 1_000), quote(120_000, 1_000)];
    assert.ok(Number.isNaN(build(messages)[0]!.features[3]!));
    const joined = new MinuteBarBuilder(INSTRUMENT, { earlierCloses: new Map([[0, 100]]) });
    assert.equal(build(messages, joined)[0]!.features[3], Math.log(100.1 / 100));
  });

  it('marks both minutes around a break, keeps their closes and gives the next bar no return', () => {
    const builder = new MinuteBarBuilder(INSTRUMENT);
    const bars: (MinuteBar | null)[] = [];
    const feed = (message: Message): void => {
      bars.push(builder.onMessage(bookOf(message), message.timeMs));
    };
    for (const timeMs of [0, 1_000]) feed(quote(timeMs, 1_000));
    bars.push(builder.onBreak(60_100, 'sequence-gap'));
    for (const timeMs of [60_200, 61_300, 120_000, 121_000, 180_000, 181_000, 240_000]) {
      feed(quote(timeMs, 1_000));
    }
    const closed = bars.filter((bar) => bar !== null);
    assert.deepEqual(
      closed.map((bar) => bar.incomplete),
      [['sequence-gap'], ['sequence-gap'], [], []],
    );
    assert.ok(closed[0]!.features.every(Number.isNaN));
    assert.equal(closed[0]!.close, 100.1);
    assert.ok(Number.isNaN(closed[2]!.features[3]!));
    assert.equal(closed[3]!.features[3], 0);
  });

  it('never opens a closed minute again: a late message counts to the current one', () => {
    const bars = build([
      quote(0, 1_000),
      quote(59_000, 1_000),
      quote(60_000, 1_000),
      quote(59_900, 1_050),
      quote(61_000, 1_000),
      quote(120_000, 1_000),
    ]);
    assert.deepEqual(
      bars.map((bar) => [bar.minuteMs, bar.messages]),
      [
        [0, 2],
        [60_000, 3],
        [120_000, 1],
      ],
    );
  });

  it('says why a bar is not whole', () => {
    const bars = build([quote(0, 1_000), quote(60_000, 1_000), quote(61_000, 1_000)]);
    assert.deepEqual(
      bars.map((bar) => bar.incomplete),
      [['few-samples'], ['stream-end']],
    );
  });

  it('takes no sample of a one-sided book, and gives no bar without a sample', () => {
    assert.deepEqual(build([{ timeMs: 0, bids: [[1_000, 1]], asks: [] }]), []);
  });
});
