/** Cutting the future off changes no past score; where it does, something looked ahead. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY_MS } from '../../domain/core/index.ts';
import { cutTable } from '../candle-scoring/index.ts';
import { generatedCandles, seriesOf, smallRecipe, START_MS } from './experiments.fixture.ts';
import { decideFolds } from './judge.ts';
import { fitMacro } from './macro-fit.ts';
import { fitMicro, type SymbolScores } from './micro-fit.ts';
import { FEATURE_NAMES, type SymbolSeries } from './series.ts';

const recipe = smallRecipe();
const signal = new AbortController().signal;
const dayMs = (day: number): number => START_MS + day * DAY_MS;
const PERIOD = {
  stoppingStartMs: dayMs(14),
  validationStartMs: dayMs(20),
  validationEndMs: dayMs(24),
};
const whole = generatedCandles('SIMUSDT', 26);
/** In the middle of a judged day. */
const CUT_ROW = 22 * 288 + 100;
const past = cutTable(whole, { start: 0, end: CUT_ROW });

async function scoresOf(series: SymbolSeries): Promise<SymbolScores> {
  const job = { seed: 1, period: PERIOD, recipe, learned: [series], asked: [series] };
  const { days } = await fitMacro({ kind: 'macro', task: 'contrastive', ...job }, signal);
  const fit = await fitMicro({ kind: 'micro', embargoMs: 0, window: 60, embeddings: days, ...job }, signal);
  return fit.symbols[0]!;
}

/** Judged rows before the cut with a score of another bit, or in only one of the two. */
async function changedByTheFuture(make: (candles: typeof whole) => SymbolSeries): Promise<number> {
  const [full, cut] = [await scoresOf(make(whole)), await scoresOf(make(past))];
  assert.deepEqual(full.stopping, cut.stopping);
  const scores = new Map(Array.from(cut.judged.rows, (row, i) => [row, cut.judged.scores[i]]));
  const rows = full.judged.rows.filter((row) => row < CUT_ROW);
  return rows.filter((row) => scores.get(row) !== full.judged.scores[full.judged.rows.indexOf(row)]).length;
}

/** A series in which a feature carries the label. */
function leaking(candles: typeof whole): SymbolSeries {
  const series = seriesOf('SIMUSDT', candles, recipe);
  const features = series.features.slice();
  const at = FEATURE_NAMES.indexOf('log_return');
  for (const [row, outcome] of series.outcome.entries()) {
    if (!Number.isNaN(outcome)) features[row * FEATURE_NAMES.length + at]! += outcome;
  }
  return { ...series, features };
}

describe('leaks', () => {
  it('cutting the future off changes no score and no decision before the cut', async () => {
    assert.equal(await changedByTheFuture((candles) => seriesOf('SIMUSDT', candles, recipe)), 0);
  });

  it('a label that is shifted into a feature is found by it', async () => {
    const changed = await changedByTheFuture(leaking);
    assert.ok(changed >= recipe.label.horizonCandles - 1, `${changed} scores changed`);
  });

  it('a decision does not hang on later scores', () => {
    const series = seriesOf('SIMUSDT', whole, recipe);
    const random = Float64Array.from({ length: 3_000 }, (_, i) => Math.sin(i * i));
    const rows = Int32Array.from({ length: 1_000 }, (_, i) => 5_800 + i);
    const folds = (judged: number): SymbolScores[] => [
      {
        symbol: 'SIMUSDT',
        stopping: { rows: rows.subarray(0, 0), scores: random.subarray(0, 1_000) },
        judged: { rows: rows.subarray(0, judged), scores: random.subarray(1_000, 1_000 + judged) },
      },
    ];
    for (const kind of ['adaptive', 'static'] as const) {
      const [long, short] = [1_000, 400].map((n) => decideFolds(series, folds(n), kind, recipe).directions);
      assert.deepEqual(long!.slice(0, 400), short);
      assert.ok(new Set(long).size === 3);
    }
  });
});
