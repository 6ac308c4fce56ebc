import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { type Candle, candleAt, candleTable } from '../../domain/candles/index.ts';
import { DAY_MS } from '../../domain/core/index.ts';
import { CandleModel, CandleScorer, daysOf, embedDays, scoreCandles } from '../candle-scoring/index.ts';
import { hourly, requestOf, smallConfig, START_MS, storeCandles } from './candle-models.fixture.ts';
import { trainMacro } from './train-macro.ts';
import { trainMicro } from './train-micro.ts';
import { readSeries } from './stored-series.ts';

const CANDLES = Array.from({ length: 14 * 24 }, (_, row) => candleAt(hourly(5), row));
/** Late enough for scores after it. */
const QUIET = 11 * 24 + 5;
const SPAN = { fromMs: START_MS, toMs: START_MS + 14 * DAY_MS };

describe('CandleScorer', () => {
  let dataDir = '';
  const models: CandleModel[] = [];
  before(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'tidemark-scorer-'));
    await storeCandles(dataDir, 'AAA', hourly(1));
    const symbols = ['AAA'];
    await trainMacro(requestOf(smallConfig(dataDir), { name: 'days', symbols }));
    for (const output of ['score', 'classes']) {
      for (const macro of ['days', null]) {
        const config = smallConfig(dataDir, { micro: { output, epochs: 1 } });
        const { model } = await trainMicro(requestOf(config, { name: output, macro, symbols }));
        models.push(await CandleModel.load(dataDir, model));
      }
    }
  });
  after(async () => {
    for (const model of models) await model.release();
    await rm(dataDir, { recursive: true });
  });

  /** Each candle by itself, those before `from` only remembered. */
  async function stream(
    model: CandleModel,
    candles: readonly Candle[],
    from = 0,
  ): Promise<readonly number[]> {
    const scorer = new CandleScorer(model, 'AAA');
    for (const candle of candles.slice(0, from)) scorer.observe(candle);
    const scores: number[] = [];
    for (const candle of candles.slice(from)) {
      const answer = await scorer.push(candle);
      assert.equal(answer.openTimeMs, candle.openTimeMs);
      scores.push(answer.kind === 'score' ? answer.score : Number.NaN);
    }
    return scores;
  }

  it('says the same to the bit as a batch, over gaps and candles without trades', async () => {
    for (const model of models) {
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(fc.nat(CANDLES.length - 1), { maxLength: 3 }),
          fc.nat(CANDLES.length - 1),
          fc.nat(200),
          async (missing, quiet, from) => {
            const candles = CANDLES.map((candle, row) =>
              row === quiet || row === QUIET
                ? { ...candle, volume: 0, quoteVolume: 0, trades: 0, takerBuyVolume: 0 }
                : candle,
            ).filter((_, row) => !missing.includes(row));
            const batch = await scoreCandles(model, {
              symbol: 'AAA',
              candles: candleTable(candles),
              ...SPAN,
            });
            assert.deepEqual(await stream(model, candles, from), [...batch.score.subarray(from)]);
            assert.equal(batch.probabilities === null, model.manifest.output === 'score');
          },
        ),
        { numRuns: 4, seed: 3 },
      );
    }
  });

  it('knows nothing of what comes later, and forgets nothing that counts', async () => {
    for (const model of models) {
      const whole = await scoreCandles(model, { symbol: 'AAA', candles: candleTable(CANDLES), ...SPAN });
      assert.ok(whole.score.subarray(4 * 24).every(Number.isFinite), 'scores from the fifth day on');
      assert.ok(whole.score.subarray(0, 4 * 24).every(Number.isNaN));
      const cut = 9 * 24 + 5;
      const truncated = candleTable(CANDLES.slice(0, cut));
      const early = await scoreCandles(model, { symbol: 'AAA', candles: truncated, ...SPAN });
      assert.deepEqual(early.score, whole.score.slice(0, cut));
      const late = await scoreCandles(model, {
        symbol: 'AAA',
        candles: candleTable(CANDLES),
        fromMs: START_MS + 9 * DAY_MS,
        toMs: START_MS + 10 * DAY_MS,
      });
      assert.deepEqual(late.score, whole.score.slice(9 * 24, 10 * 24));
    }
  });

  it('says why it says nothing', async () => {
    const scorer = new CandleScorer(models[0]!, 'AAA');
    const first = await scorer.push(CANDLES[0]!);
    assert.equal(first.kind === 'warming-up' && /48 candles are missing/.test(first.reason), true);
    const holed = new CandleScorer(models[0]!, 'AAA');
    for (const candle of CANDLES.slice(0, 10 * 24)) holed.observe(candle);
    const after = await holed.push(CANDLES[10 * 24 + 1]!);
    assert.equal(
      after.kind === 'warming-up' ? after.reason : '',
      '0 of 24 neighbouring candles with all features',
    );
  });

  it('takes the days that are given, such as from the cache', async () => {
    const [model] = models;
    const location = { dataDir, venue: 'binance-usdm', symbol: 'AAA', interval: '1h' } as const;
    const series = await readSeries(location, SPAN);
    const options = { symbol: 'AAA', candles: series.candles, ...SPAN };
    const days = await embedDays(model!.macro?.model, series, daysOf(series), model!.settings);
    assert.deepEqual(await scoreCandles(model!, { ...options, days }), await scoreCandles(model!, options));
    const none = await scoreCandles(model!, { ...options, days: [] });
    assert.ok(none.score.every(Number.isNaN));
  });
});
