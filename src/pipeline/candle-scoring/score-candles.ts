/** MicroNet over stored candles: a score for every candle, from what was known when it closed. */
import type { CandleTable, TimeSpan } from '../../domain/candles/index.ts';
import { dayOf } from '../../domain/core/index.ts';
import type { CandleModel } from './candle-model.ts';
import { candleSeries, rowsBetween } from './candle-series.ts';
import { type DayOutcome, embedDays } from './embed-days.ts';
import { scoresOf } from './score.ts';
import { wholeRuns } from './whole-runs.ts';

export interface CandleScores {
  /** `[rows]` start of the candle; the score is known when it closes. */
  readonly openTimeMs: Float64Array;
  /** `[rows]` in [−1, 1]; NaN where candles before it are missing. Of classes: p(BUY) − p(SELL). */
  readonly score: Float64Array;
  /** `[rows × 3]` SELL, NEUTRAL, BUY, as the network gives them (trained under class weights); null for scores. */
  readonly probabilities: Float64Array | null;
}

export interface ScoreCandlesOptions extends TimeSpan {
  readonly symbol: string;
  /** In order of time, with those before the span that the first scores look at: see `historyMs`. */
  readonly candles: CandleTable;
  /** What is known of the days, such as from the cache; by default it is computed. */
  readonly days?: readonly DayOutcome[];
}

/**
 * Scores of the candles that open in the span; equal to the bit to those that `CandleScorer` gives one by one.
 * @throws {DataError} when a context does not fit the model
 */
export async function scoreCandles(
  { micro, macro, interval, settings }: CandleModel,
  { symbol, candles, fromMs, toMs, days }: ScoreCandlesOptions,
): Promise<CandleScores> {
  const series = candleSeries(symbol, interval, candles);
  const span = rowsBetween(candles.openTimeMs, { fromMs, toMs });
  const openTimeMs = candles.openTimeMs.slice(span.start, span.end);
  const wanted = [...new Set(Array.from(openTimeMs, dayOf))];
  const contexts = new Map(
    (days ?? (await embedDays(macro?.model, series, wanted, settings))).flatMap((day) =>
      day.kind === 'embedded' ? [[day.dayMs, day] as const] : [],
    ),
  );
  const contextAt = (row: number) => contexts.get(dayOf(candles.openTimeMs[row]!));
  const { sequenceLength } = micro.description.model;
  const ends = wholeRuns(series).flatMap(({ start, end }) =>
    Array.from(
      { length: Math.max(0, end - start - sequenceLength + 1) },
      (_, i) => start + sequenceLength - 1 + i,
    ),
  );
  const rows = Int32Array.from(ends).filter(
    (row) => row >= span.start && row < span.end && contextAt(row) !== undefined,
  );
  const answers = await micro.scoreRows(series.features, rows, (row) => contextAt(row)!);
  const score = new Float64Array(openTimeMs.length).fill(Number.NaN);
  const found = scoresOf(answers, micro.description.model.output);
  for (const [i, row] of rows.entries()) score[row - span.start] = found[i]!;
  if (micro.outputs === 1) return { openTimeMs, score, probabilities: null };
  const probabilities = new Float64Array(openTimeMs.length * 3).fill(Number.NaN);
  for (const [i, row] of rows.entries()) {
    probabilities.set(answers.subarray(3 * i, 3 * i + 3), 3 * (row - span.start));
  }
  return { openTimeMs, score, probabilities };
}
