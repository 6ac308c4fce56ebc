/** Recorded streams through the event engine: sequence, candles, strategies, and the outcomes of the signal engine. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MINUTE_MS } from '../../domain/core/index.ts';
import { BookToBars, FEATURE_SETS } from '../../domain/features/index.ts';
import { type BookUpdate, createBookUpdate, createInstrument } from '../../domain/market/index.ts';
import { type EngineOutcome, type Signal, SignalEngine, type SignalModel } from '../engine/index.ts';
import { flatCandles } from './candles.fixture.ts';
import { checkCandles } from './candles.ts';
import { EventEngine, type EventEngineOptions } from './event-engine.ts';
import type { EventResult } from './event-run.ts';
import type { EventSettings } from './event-settings.ts';
import { OutcomeStrategy, TimedSignals } from './event-signals.ts';
import { ENTER_LONG, ENTER_SHORT, EXIT_LONG, EXIT_SHORT } from './signals.ts';
import type { MarketView, Strategy } from './strategy.ts';

const START = Date.UTC(2025, 0, 1);
const INSTRUMENT = createInstrument({
  venue: 'bybit-linear',
  symbol: 'SIMUSDT',
  tickSize: '0.1',
  lotSize: '0.1',
});
/** A message every 15 s. */
const STEP_MS = MINUTE_MS / 4;

/** The `u`th message, which moves the book to stand around a tick: one level a side, two ticks apart. */
function update(u: number, ticks: number, before: number | null): BookUpdate {
  const isFirst = before === null;
  const gone = isFirst || before === ticks ? [] : [before];
  return createBookUpdate({
    kind: isFirst ? 'snapshot' : 'delta',
    exchangeTimeMs: START + (u - 1) * STEP_MS,
    lastUpdateId: u,
    bids: [...gone.map((t) => [t - 1, 0] as const), [ticks - 1, 50]],
    asks: [...gone.map((t) => [t + 1, 0] as const), [ticks + 1, 150]],
  });
}

const stream = (path: readonly number[]): readonly BookUpdate[] =>
  path.map((ticks, i) => update(i + 1, ticks, i === 0 ? null : path[i - 1]!));

const saying = (codes: readonly number[]): Strategy => ({ decide: (view) => codes[view.length - 1] ?? 0 });

const SETTINGS: EventSettings = { sizing: { kind: 'quantity', quantity: 1 } };

function run(updates: readonly BookUpdate[], options: Partial<EventEngineOptions> = {}): EventResult {
  const engine = new EventEngine({
    instrument: INSTRUMENT,
    strategy: saying([]),
    settings: SETTINGS,
    ...options,
  });
  for (const one of updates) engine.process(one);
  return engine.finish();
}

describe('EventEngine', () => {
  it('builds minutes of the mid price, or of the micro price, of as many minutes as wanted', () => {
    const path = [1_000, 1_004, 998, 1_001, 1_002, 1_002, 1_002, 1_002, 1_010];
    const { candles } = run(stream(path));
    assert.deepEqual(
      [...candles.openTimeMs],
      [0, 1, 2].map((minute) => START + minute * MINUTE_MS),
    );
    assert.deepEqual(
      (['open', 'high', 'low', 'close'] as const).map((column) => candles[column][0]),
      [100, 100.4, 99.8, 100.1],
    );
    // Sizes of 50 to 150: the micro price is half a tick below the middle.
    const micro = run(stream(path), { candles: { kind: 'built', price: 'micro' } }).candles;
    assert.ok(Math.abs(micro.close[0]! - 100.05) < 1e-9);
    const wide = run(stream(path), { candles: { kind: 'built', minutes: 2 } }).candles;
    assert.deepEqual([...wide.high], [100.4, 101]);
    assert.throws(() => run([], { candles: { kind: 'built', minutes: 0.3 / 7 } }), /intervalMs/);
  });

  it('decides at the close of a candle, and trades after the message that closed it', () => {
    const path = [1_000, 1_000, 1_000, 1_000, 1_020, 1_030, 1_030, 1_030, 1_040];
    const { trades, fills } = run(stream(path), { strategy: saying([ENTER_LONG, EXIT_LONG]) });
    assert.deepEqual(
      fills.map(({ timeMs, price, mid }) => [(timeMs - START) / STEP_MS, price, mid]),
      [
        [4, 102.1, 102],
        [8, 103.9, 104],
      ],
    );
    assert.deepEqual([trades[0]!.entryRow, trades[0]!.exitRow, trades[0]!.exitReason], [1, 2, 'signal']);
  });

  it('takes the equity of a close with all that arrived before it, whenever the next message comes', () => {
    const path = Array.from({ length: 10 }, () => 1_000);
    const { trades, equity } = run(stream(path), {
      strategy: saying([ENTER_LONG]),
      settings: { ...SETTINGS, latency: { entryMs: 50_000 } },
    });
    assert.equal(trades[0]!.entryRow, 1);
    assert.deepEqual([...equity], [10_000, 9_999.9, 9_999.9]);
  });

  it('sends an exit again for what the book could not take', () => {
    const path = [...Array.from({ length: 10 }, () => 1_000), 1_010, 1_010];
    const { trades, fills, summary } = run(stream(path), {
      strategy: saying([ENTER_LONG, EXIT_LONG]),
      settings: { sizing: { kind: 'quantity', quantity: 6 } },
    });
    assert.deepEqual(
      fills.map(({ side, size, price }) => [side, size, price]),
      [
        ['buy', 6, 100.1],
        ['sell', 5, 99.9],
        ['sell', 1, 100.9],
      ],
    );
    assert.deepEqual([trades.length, trades[0]!.exitReason, summary.cutOrders], [1, 'signal', 2]);
  });

  it('is flat when as many lots were sold as bought, whatever their decimals add up to', () => {
    const quiet = (u: number): BookUpdate => ({ ...update(u, 1_000, 1_000), bidCount: 0, askCount: 0 });
    const book = createBookUpdate({
      kind: 'snapshot',
      exchangeTimeMs: START,
      lastUpdateId: 1,
      bids: [
        [999, 1],
        [998, 50],
      ],
      asks: [[1_001, 150]],
    });
    const { trades } = run([book, ...Array.from({ length: 12 }, (_, i) => quiet(i + 2))], {
      strategy: saying([ENTER_LONG, EXIT_LONG]),
      settings: { sizing: { kind: 'quantity', quantity: 0.3 } },
    });
    // 0.3 − 0.1 − 0.2 is not 0 in doubles.
    assert.deepEqual(
      trades.map(({ exitReason }) => exitReason),
      ['signal'],
    );
  });

  it('keeps to what the strategy could see: closed candles, and no more than the volume traded in them', () => {
    const seen: number[][] = [];
    const strategy: Strategy = {
      decide: (view: MarketView) => {
        seen.push([view.length, (view.nowMs - START) / MINUTE_MS, view.close(), view.volume()]);
        return 0;
      },
    };
    const engine = new EventEngine({ instrument: INSTRUMENT, strategy });
    const updates = stream(Array.from({ length: 12 }, (_, i) => 1_000 + i));
    for (const [i, one] of updates.entries()) {
      engine.process(one);
      const timeMs = one.exchangeTimeMs + 1;
      if (i >= 5) engine.trade({ timeMs, priceTicks: 1_000, qtyLots: 10, aggressor: 'buy' });
    }
    engine.finish();
    assert.deepEqual(seen, [
      [1, 1, 100.3, Number.NaN],
      [2, 2, 100.7, 3],
    ]);
  });

  it('refuses orders between a lost message and the next snapshot, and goes on', () => {
    const path = Array.from({ length: 24 }, () => 1_000);
    const updates = stream(path).filter((_, i) => i !== 6);
    const whole = { ...update(17, 1_000, null) };
    const { refusals, trades, candles, summary } = run(
      [...updates.slice(0, 15), whole, ...updates.slice(16)],
      {
        strategy: saying([0, ENTER_LONG, ENTER_SHORT]),
      },
    );
    // Minutes without a book give no candle. There is no price to size the long by: it is not even sent.
    assert.deepEqual(
      [...candles.openTimeMs],
      [0, 1, 4, 5].map((minute) => START + minute * MINUTE_MS),
    );
    assert.deepEqual([summary.refusedEntries, refusals], [1, {}]);
    assert.deepEqual(
      trades.map(({ side, entryRow }) => [side, entryRow]),
      [['short', 3]],
    );
  });

  it('gives candles made elsewhere to the strategy at their end, whatever the book does', () => {
    const given = flatCandles([500, 600]);
    const openTimeMs = Float64Array.of(START - 2 * MINUTE_MS, START);
    const closes: number[] = [];
    const strategy: Strategy = { decide: (view) => (closes.push(view.close()), ENTER_LONG) };
    const candles = checkCandles({ ...given, openTimeMs });
    const result = run(stream(Array.from({ length: 10 }, () => 1_000)), {
      strategy,
      candles: { kind: 'given', candles: { ...candles, intervalMs: MINUTE_MS } },
    });
    assert.deepEqual(closes, [500, 600]);
    assert.equal(result.fills[0]!.price, 100.1);
  });

  it('marks, funding and liquidation reach the account and the trades', () => {
    const engine = new EventEngine({
      instrument: INSTRUMENT,
      strategy: saying([ENTER_LONG]),
      settings: {
        initialCash: 50,
        maxLeverage: 20,
        sizing: { kind: 'fraction', fraction: 10 },
        funding: { timeMs: Float64Array.of(START + 5.5 * STEP_MS), rate: Float64Array.of(0.0001) },
        fees: { taker: 0.0005, liquidation: 0.001 },
      },
    });
    const updates = stream([1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000]);
    for (const one of updates) engine.process(one);
    engine.mark(90, START + 8 * STEP_MS);
    const { trades, liquidations, account, summary, equity } = engine.finish();
    assert.equal(liquidations, 1);
    const [trade] = trades;
    assert.deepEqual([trade!.exitReason, trade!.size, trade!.exitPrice], ['liquidation', 4.9, 99.9]);
    assert.ok(Math.abs(account.funding - 4.9 * 100 * 0.0001) < 1e-9);
    assert.ok(Math.abs(account.fees - 4.9 * (100.1 * 0.0005 + 99.9 * 0.0015)) < 1e-6);
    assert.ok(Math.abs(equity.at(-1)! - (50 - 4.9 * 0.2 - account.fees - account.funding)) < 1e-9);
    assert.ok(Math.abs(summary.fees - account.fees) < 1e-9);
  });

  it('takes the events of a recording as they are: trades fill what rests, quotes say nothing', () => {
    const engine = new EventEngine({
      instrument: INSTRUMENT,
      strategy: saying([ENTER_LONG]),
      settings: { ...SETTINGS, exits: { takeProfit: 0.02 } },
    });
    const times = { exchangeTimeMs: START + 7 * STEP_MS, receivedTimeMs: Number.NaN };
    const updates = stream(Array.from({ length: 8 }, () => 1_000));
    for (const one of updates) engine.next(one);
    engine.next({ kind: 'quote', ...times, updateId: 9, bidTicks: 1, bidLots: 1, askTicks: 2, askLots: 1 });
    const trade = { timeMs: times.exchangeTimeMs, priceTicks: 1_022, qtyLots: 4, aggressor: 'buy' } as const;
    engine.next({ kind: 'trades', ...times, isAggregated: false, trades: [trade, { ...trade, qtyLots: 9 }] });
    engine.next({ kind: 'mark', ...times, price: 50 });
    const { fills, liquidations } = engine.finish();
    assert.deepEqual(
      fills.map(({ liquidity, price, size }) => [liquidity, price, size]),
      [
        ['taker', 100.1, 1],
        ['maker', 102.2, 0.4],
        ['maker', 102.2, 0.6],
      ],
    );
    assert.equal(liquidations, 0);
  });

  it('says so when the stream holds no book', () => {
    assert.throws(() => run([]), /no whole book/);
    assert.throws(() => run([update(3, 1_000, 1_001)]), /no whole book/);
  });

  it('cut short anywhere, fills the same until then', () => {
    let fills = 0;
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 4, maxLength: 60 }),
        fc.array(fc.constantFrom(0, 1, 2, 4, 8), { minLength: 16, maxLength: 16 }),
        fc.record({ entryMs: fc.nat(40_000), responseMs: fc.nat(40_000) }),
        fc.constantFrom({}, { stopLoss: 0.01, takeProfit: 0.01 }, { trailingStop: 0.01, holdCandles: 2 }),
        fc.nat(),
        (steps, codes, latency, exits, at) => {
          let ticks = 1_000;
          const updates = stream(steps.map((step) => (ticks = Math.max(500, ticks + step))));
          const cut = 1 + (at % updates.length);
          const options = {
            strategy: saying(codes),
            settings: { ...SETTINGS, latency, exits, maxLeverage: 3 },
          };
          const endMs = updates[cut - 1]!.exchangeTimeMs;
          const past = ({ timeMs }: { readonly timeMs: number }): boolean => timeMs < endMs;
          const whole = run(updates, options);
          const truncated = run(updates.slice(0, cut), options);
          assert.deepEqual(truncated.fills.filter(past), whole.fills.filter(past));
          const closed = truncated.equity.length - 1;
          assert.deepEqual(truncated.equity.slice(0, closed), whole.equity.slice(0, closed));
          fills += whole.fills.length;
        },
      ),
      { numRuns: 1_000 },
    );
    assert.ok(fills > 500, `only ${fills} fills`);
  });
});

describe('signals by their time', () => {
  it('are said at the close that they were made from, and at no other', () => {
    const closeMs = [1, 3].map((minute) => START + minute * MINUTE_MS);
    const strategy = new TimedSignals(closeMs, [ENTER_LONG, ENTER_SHORT]);
    const { trades } = run(stream(Array.from({ length: 20 }, () => 1_000)), { strategy });
    assert.deepEqual(
      trades.map(({ side, entryRow }) => [side, entryRow]),
      [
        ['long', 1],
        ['short', 3],
      ],
    );
  });

  it('must have times that ascend', () => {
    assert.throws(() => new TimedSignals([2, 1], [1, 1]), /sort the signals/);
    assert.throws(() => new TimedSignals([1, Number.NaN], [1, 1]), /row 1/);
    assert.throws(() => new TimedSignals([1], [1, 1]), /2 signals beside 1 times/);
  });
});

/** Says BUY while the last return was positive and SELL after; its sets abstain on demand. */
class StubModel implements SignalModel {
  readonly sequenceLength = 1;
  readonly featureSet = FEATURE_SETS['quantgod-9'];
  readonly sets = {
    conformal: { coverage: 0.5, rate: 0, level: 0.5, scores: Float64Array.of(0.6) },
    outcome: { thresholdShort: -1, thresholdLong: 1, lookaheadMinutes: 1 },
  };

  async score(window: Float64Array) {
    const probabilities = window[3]! > 0 ? ([0.1, 0.2, 0.7] as const) : ([0.7, 0.2, 0.1] as const);
    return { base: probabilities, audited: probabilities, probabilities };
  }

  decide(probabilities: readonly number[]): number {
    return probabilities.indexOf(Math.max(...probabilities));
  }
}

describe('OutcomeStrategy', () => {
  it('trades what a model says of a recorded stream, at the message that closed its minute', async () => {
    const path = Array.from({ length: 40 }, (_, i) => (i < 20 ? 1_000 + i : 1_040 - i));
    const strategy = new OutcomeStrategy();
    const engine = new EventEngine({
      instrument: INSTRUMENT,
      strategy,
      settings: { ...SETTINGS, exits: { holdCandles: 3 }, latency: { entryMs: 5 } },
    });
    const signals = new SignalEngine({ bars: new BookToBars(INSTRUMENT), model: new StubModel() });
    for (const one of stream(path)) {
      strategy.observe(await signals.process(one));
      engine.process(one);
    }
    const { trades, fills } = engine.finish();
    // The second minute is the first with a return; its signal is filled in the third. Held for three minutes, entered again.
    assert.deepEqual(
      trades.map(({ side, entryRow, exitRow, exitReason }) => [side, entryRow, exitRow, exitReason]),
      [
        ['long', 2, 5, 'time'],
        ['short', 6, 9, 'time'],
      ],
    );
    assert.equal(fills[0]!.timeMs, START + 2 * MINUTE_MS + 5);
  });

  const outcome = (signal: Partial<Signal>): EngineOutcome => ({
    kind: 'signal',
    signal: {
      minuteMs: START,
      price: 1,
      base: [0, 0, 1],
      audited: [0, 0, 1],
      probabilities: [0.2, 0.2, 0.6],
      direction: 'BUY',
      confidence: 0.6,
      set: ['BUY'],
      abstains: false,
      ...signal,
    },
  });
  const said = (rules: ConstructorParameters<typeof OutcomeStrategy>[0], told: EngineOutcome): number => {
    const strategy = new OutcomeStrategy(rules);
    strategy.observe([told]);
    return strategy.decide({ nowMs: START + MINUTE_MS } as MarketView);
  };

  it('enters on one direction, unless the set abstains, or from a probability on', () => {
    assert.equal(said({}, outcome({})), ENTER_LONG);
    assert.equal(said({}, outcome({ direction: 'SELL' })), ENTER_SHORT);
    assert.equal(said({}, outcome({ direction: 'NEUTRAL' })), 0);
    assert.equal(said({}, outcome({ abstains: true })), 0);
    const entry = { kind: 'probability', atLeast: 0.6 } as const;
    assert.equal(said({ entry }, outcome({ abstains: true })), ENTER_LONG);
    assert.equal(said({ entry }, outcome({ probabilities: [0.61, 0.2, 0.19] })), ENTER_SHORT);
    assert.equal(said({ entry }, outcome({ probabilities: [0.2, 0.21, 0.59] })), 0);
    assert.throws(() => new OutcomeStrategy({ entry: { kind: 'probability', atLeast: 1.1 } }), /atLeast/);
  });

  it('keeps to its direction, and to the minute of the outcome', () => {
    assert.equal(said({ direction: 'long' }, outcome({ direction: 'SELL' })), EXIT_LONG);
    assert.equal(said({ direction: 'short' }, outcome({})), EXIT_SHORT);
    assert.equal(said({}, outcome({ minuteMs: START - MINUTE_MS })), 0);
    assert.equal(said({}, { kind: 'warm-up', minuteMs: START, price: 1, bars: 1 }), 0);
  });
});
