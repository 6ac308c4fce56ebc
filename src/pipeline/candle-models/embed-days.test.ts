import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { CANDLE_FEATURE_SETS, candleAt, candleTable, type CandleTable } from '../../domain/candles/index.ts';
import { DAY_MS } from '../../domain/core/index.ts';
import {
  ENCODERS,
  MACRO_DEFAULTS,
  MacroModel,
  PRETRAINING_DEFAULTS,
  untrainedMacro,
} from '../../learning/candles/index.ts';
import {
  candleSeries,
  cutTable,
  type DayOutcome,
  embedDay,
  embedDays,
  historyMs,
  rowsBetween,
} from '../candle-scoring/index.ts';
import { DAYS, hourly, START_MS } from './candle-models.fixture.ts';

const SETTINGS = { days: 2, scaler: 'robust' } as const;
const CANDLES = hourly(3);
const SERIES = candleSeries('AAA', '1h', CANDLES);
const DAY_STARTS = Array.from({ length: DAYS + 1 }, (_, day) => START_MS + day * DAY_MS);

/** Rows with some of the numbers changed. */
const altered = (candles: CandleTable, fromRow: number): CandleTable =>
  candleTable(
    Array.from({ length: candles.rows }, (_, row) => {
      const candle = candleAt(candles, row);
      return row < fromRow ? candle : { ...candle, close: candle.low, volume: candle.volume + 7 };
    }),
  );

for (const encoder of ENCODERS) {
  describe(`embeddings of days: ${encoder}`, () => {
    let macro: MacroModel;
    before(async () => {
      const model = { ...MACRO_DEFAULTS[encoder], sequenceLength: 48, patch: 4, channels: 8, embedding: 6 };
      const onnx = untrainedMacro(CANDLE_FEATURE_SETS['candles-7'], model, PRETRAINING_DEFAULTS.masked);
      macro = await MacroModel.load(onnx);
    });
    after(async () => await macro.release());

    const day = async (candles: CandleTable, dayMs: number): Promise<DayOutcome> =>
      await embedDay({ macro, settings: SETTINGS, symbol: 'AAA', interval: '1h', candles, dayMs });

    it('are the same to the bit one by one, all together, and whatever comes later', async () => {
      const all = await embedDays(macro, SERIES, DAY_STARTS, SETTINGS);
      assert.equal(all.filter(({ kind }) => kind === 'embedded').length, DAYS + 1 - 4);
      await fc.assert(
        fc.asyncProperty(fc.nat(DAYS), fc.nat(47), async (index, later) => {
          const dayMs = DAY_STARTS[index]!;
          const { end } = rowsBetween(CANDLES.openTimeMs, { fromMs: START_MS, toMs: dayMs });
          const truncated = cutTable(CANDLES, { start: 0, end: Math.min(CANDLES.rows, end + later) });
          assert.deepEqual(await day(truncated, dayMs), all[index]);
          assert.deepEqual(await day(altered(CANDLES, end), dayMs), all[index]);
        }),
        { numRuns: 12, seed: 1 },
      );
    });
  });
}

describe('embeddings of days', () => {
  const skipped = async (candles: CandleTable, dayMs: number) => {
    const [outcome] = await embedDays(undefined, candleSeries('AAA', '1h', candles), [dayMs], SETTINGS);
    return outcome!.kind === 'skipped' ? outcome!.reason : null;
  };
  const without = (row: number): CandleTable =>
    candleTable(
      Array.from({ length: CANDLES.rows }, (_, i) => candleAt(CANDLES, i)).filter((_, i) => i !== row),
    );

  it('need all the candles of their days and those that the first features look at', async () => {
    const dayMs = START_MS + 10 * DAY_MS;
    assert.equal(await skipped(CANDLES, dayMs), null);
    assert.equal(
      await skipped(without(9 * 24), dayMs),
      '1 candles are missing between 2025-01-09T00:00Z and 2025-01-11T00:00Z',
    );
    assert.match((await skipped(without(6 * 24), dayMs))!, /^return_std_48 is not available/);
    assert.equal(await skipped(without(6 * 24 - 1), dayMs), null);
    const history = (ms: number): CandleTable =>
      cutTable(CANDLES, rowsBetween(CANDLES.openTimeMs, { fromMs: dayMs - ms, toMs: dayMs }));
    assert.equal(await skipped(history(historyMs('1h', SETTINGS)), dayMs), null);
    assert.match((await skipped(history(historyMs('1h', SETTINGS) - 1), dayMs))!, /is not available/);
  });

  it('are not lost by a candle without trades', async () => {
    const quiet = candleTable(
      Array.from({ length: CANDLES.rows }, (_, row) => {
        const candle = candleAt(CANDLES, row);
        return row === 200 ? { ...candle, volume: 0, takerBuyVolume: 0 } : candle;
      }),
    );
    assert.equal(await skipped(quiet, START_MS + 10 * DAY_MS), null);
    assert.equal(candleSeries('AAA', '1h', quiet).features[200 * 7 + 6], 0.5);
  });
});
