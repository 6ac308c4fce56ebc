import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MINUTE_MS } from '../core/index.ts';
import { createBookUpdate, createInstrument, type LevelPair, OrderBook } from '../market/index.ts';
import type { MinuteBar } from './bar.ts';
import { MinuteBarBuilder } from './minute-bar-builder.ts';
import { STATIONARY } from './stationary-features.ts';

interface Message {
  readonly timeMs: number;
  readonly bids: readonly LevelPair[];
  readonly asks: readonly LevelPair[];
}

interface Scale {
  /** Decimal text; prices are multiplied by it. */
  readonly tickSize?: string;
  readonly ticks?: number;
  readonly lots?: number;
}

/** Bars of book states, with prices or sizes multiplied. */
function build(
  messages: readonly Message[],
  { tickSize = '0.1', ticks = 1, lots = 1 }: Scale = {},
): readonly MinuteBar[] {
  const instrument = createInstrument({
    venue: 'bybit-linear',
    symbol: 'TESTUSDT',
    tickSize,
    lotSize: '0.01',
  });
  const builder = new MinuteBarBuilder(instrument);
  const scaled = (levels: readonly LevelPair[]): readonly LevelPair[] =>
    levels.map(([price, size]) => [price * ticks, size * lots]);
  const bars = messages.map(({ timeMs, bids, asks }) => {
    const book = new OrderBook();
    const update = { kind: 'snapshot', exchangeTimeMs: timeMs, lastUpdateId: 1 } as const;
    book.apply(createBookUpdate({ ...update, bids: scaled(bids), asks: scaled(asks) }));
    return builder.onMessage(book, timeMs);
  });
  return bars.filter((bar) => bar !== null);
}

const valueOf = (bar: MinuteBar, name: (typeof STATIONARY)[number]): number =>
  bar.stationary[STATIONARY.indexOf(name)]!;
const isNear = (actual: number, expected: number): boolean =>
  Number.isNaN(expected)
    ? Number.isNaN(actual)
    : Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected));

function assertSameRows(actual: readonly MinuteBar[], expected: readonly MinuteBar[]): void {
  assert.equal(actual.length, expected.length);
  for (const [i, bar] of actual.entries()) {
    for (const name of STATIONARY)
      assert.ok(
        isNear(valueOf(bar, name), valueOf(expected[i]!, name)),
        `bar ${i} ${name}: ${valueOf(bar, name)} is not ${valueOf(expected[i]!, name)}`,
      );
  }
}

/** One side of up to 260 levels, some of them further apart. */
const side = (best: number, away: 1 | -1): fc.Arbitrary<readonly LevelPair[]> =>
  fc
    .record({
      depth: fc.oneof(fc.integer({ min: 1, max: 25 }), fc.integer({ min: 150, max: 260 })),
      step: fc.integer({ min: 1, max: 3 }),
      sizes: fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 7, maxLength: 7 }),
    })
    .map(({ depth, step, sizes }) =>
      Array.from({ length: depth }, (_, k) => [best + away * step * k, sizes[k % 7]! + k] as const),
    );
const stream = fc
  .array(
    fc.record({
      gapMs: fc.integer({ min: 100, max: 9_000 }),
      bids: fc.integer({ min: 9_950, max: 9_999 }).chain((best) => side(best, -1)),
      asks: fc.integer({ min: 10_000, max: 10_050 }).chain((best) => side(best, 1)),
    }),
    { minLength: 4, maxLength: 40 },
  )
  .map((steps) => {
    let timeMs = 1_700_000_000_000;
    const messages = steps.map(({ gapMs, bids, asks }) => ({ timeMs: (timeMs += gapMs), bids, asks }));
    const { bids, asks } = messages.at(-1)!;
    messages.push({ timeMs: timeMs + MINUTE_MS, bids, asks });
    return messages;
  });

/** The formulas of docs/features.md that no other feature has, as plainly as they stand there. */
function plainRows(messages: readonly Message[]): readonly Readonly<Record<string, number>>[] {
  const rows: Record<string, number>[] = [];
  let lastSampleMs = -Infinity;
  const sum = (levels: readonly LevelPair[], depth: number): number =>
    levels.slice(0, depth).reduce((total, [, lots]) => total + lots, 0);
  const flows = messages.map(({ bids, asks }, n) => {
    if (n === 0) return 0;
    const [[b, q], [a, r]] = [bids[0]!, asks[0]!];
    const [[b0, q0], [a0, r0]] = [messages[n - 1]!.bids[0]!, messages[n - 1]!.asks[0]!];
    const when = (condition: boolean): number => (condition ? 1 : 0);
    return when(b >= b0) * q - when(b <= b0) * q0 - when(a <= a0) * r + when(a >= a0) * r0;
  });
  const indexed = messages.map((message, n) => ({ ...message, flow: flows[n]! }));
  for (const inMinute of Map.groupBy(indexed, ({ timeMs }) => Math.floor(timeMs / 60_000)).values()) {
    const samples = inMinute.filter(({ timeMs }) => {
      if (timeMs - lastSampleMs < 1_000) return false;
      lastSampleMs = Math.floor(timeMs / 1_000) * 1_000;
      return true;
    });
    const mean = (of: (sample: Message) => number): number =>
      samples.reduce((total, sample) => total + of(sample), 0) / samples.length;
    const middle = ({ bids, asks }: Message): number => (bids[0]![0] + asks[0]![0]) / 2;
    const spread = (sample: Message): number =>
      (1e4 * (sample.asks[0]![0] - sample.bids[0]![0])) / middle(sample);
    const imbalance =
      (depth: number) =>
      ({ bids, asks }: Message): number =>
        (sum(bids, depth) - sum(asks, depth)) / (sum(bids, depth) + sum(asks, depth));
    const slope = (levels: readonly LevelPair[], at: number): number => {
      if (levels.length <= 20) return 0;
      const last = levels[Math.min(levels.length, 200) - 1]!;
      const distance = ([price]: LevelPair): number => Math.abs(price - at) / at;
      return Math.log(sum(levels, 200) / sum(levels, 20)) / Math.log(distance(last) / distance(levels[19]!));
    };
    const bestLots = inMinute.reduce((total, { bids, asks }) => total + bids[0]![1] + asks[0]![1], 0);
    rows.push({
      max_spread_bps: Math.max(...samples.map(spread)),
      mean_spread_bps: mean(spread),
      depth_imbalance_10: mean(imbalance(10)),
      depth_imbalance_50: mean(imbalance(50)),
      depth_imbalance_200: mean(imbalance(200)),
      near_depth_ratio: mean(({ bids, asks }) =>
        Math.log(sum(bids, 20) / sum(bids, 200) / (sum(asks, 20) / sum(asks, 200))),
      ),
      bid_slope: mean((sample) => slope(sample.bids, middle(sample))),
      ask_slope: mean((sample) => slope(sample.asks, middle(sample))),
      order_flow_imbalance:
        inMinute.reduce((total, { flow }) => total + flow, 0) / (bestLots / (2 * inMinute.length)),
    });
  }
  return rows;
}

describe('stationary features', () => {
  it('equal the plain formulas on any stream', () => {
    fc.assert(
      fc.property(stream, (messages) => {
        const expected = plainRows(messages);
        for (const [i, bar] of build(messages).entries()) {
          if (bar.incomplete.length > 0) continue;
          for (const [name, value] of Object.entries(expected[i]!)) {
            const got = bar.stationary[STATIONARY.findIndex((column) => column === name)]!;
            assert.ok(isNear(got, value), `bar ${i} ${name}: ${got}, expected ${value}`);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('are the same for prices ten times higher, by a larger tick or by more ticks', () => {
    fc.assert(
      fc.property(stream, (messages) => {
        const bars = build(messages);
        assertSameRows(build(messages, { tickSize: '1' }), bars);
        assertSameRows(build(messages, { ticks: 10 }), bars);
      }),
      { numRuns: 40 },
    );
  });

  it('are the same for sizes seven times larger', () => {
    fc.assert(
      fc.property(stream, (messages) => assertSameRows(build(messages, { lots: 7 }), build(messages))),
      { numRuns: 40 },
    );
  });

  it('have no order flow across a break', () => {
    const quote = (bid: number): OrderBook => {
      const book = new OrderBook();
      const update = { kind: 'snapshot', exchangeTimeMs: 0, lastUpdateId: 1 } as const;
      book.apply(createBookUpdate({ ...update, bids: [[bid, 5]], asks: [[bid + 1, 5]] }));
      return book;
    };
    const flows = [true, false].map((isBroken) => {
      const builder = new MinuteBarBuilder(
        createInstrument({ venue: 'bybit-linear', symbol: 'X', tickSize: '1', lotSize: '1' }),
      );
      builder.onMessage(quote(100), 0);
      if (isBroken) builder.onBreak(1_000, 'crossed-book');
      for (const timeMs of [60_000, 61_000]) builder.onMessage(quote(90), timeMs);
      return valueOf(builder.onMessage(quote(90), 120_000)!, 'order_flow_imbalance');
    });
    // Without the break the old bid is gone, five lots, and an ask of five lots has come.
    assert.deepEqual(flows, [0, -2]);
  });

  it('are the features of the bar in basis points of its close, and NaN where the bar has none', () => {
    const book = (timeMs: number, bid: number): Message => ({
      timeMs,
      bids: [[bid, 100]],
      asks: [[bid + 2, 300]],
    });
    const bars = build([book(0, 999), book(1_000, 1_009), book(60_000, 999), book(120_000, 999)]);
    const [whole, single] = bars;
    const { features, close } = whole!;
    assert.equal(valueOf(whole!, 'volatility_bps'), (1e4 * features[4]!) / close);
    assert.equal(valueOf(whole!, 'body'), features[0]);
    assert.equal(valueOf(whole!, 'max_spread_bps'), 1e4 * (2 / 1_000));
    assert.ok(Number.isNaN(valueOf(whole!, 'log_ret_close')));
    assert.equal(valueOf(whole!, 'depth_imbalance_10'), -0.5);
    assert.deepEqual([valueOf(whole!, 'bid_slope'), valueOf(whole!, 'near_depth_ratio')], [0, 0]);
    assert.deepEqual(single!.incomplete, ['few-samples']);
    assert.ok(single!.stationary.every(Number.isNaN));
  });
});
