import { CANDLE_INTERVALS, CANDLE_WARM_UP } from '../../domain/candles/index.ts';
import { DAY_MS } from '../../domain/core/index.ts';
import type { CandleModel } from './candle-model.ts';
import { thresholdsFromMs } from './directions.ts';
import { historyMs } from './embed-days.ts';

/** What a score at a candle hangs on, its day's embedding included. */
export function lookBackMs({ interval, settings, micro }: CandleModel): number {
  const candles = micro.description.model.sequenceLength + CANDLE_WARM_UP;
  return Math.max(historyMs(interval, settings), candles * CANDLE_INTERVALS[interval]) + DAY_MS;
}

/** The first candle that the directions from `fromMs` on hang on: thresholds remember scores, and scores have their history. */
export const directionsFromMs = (model: CandleModel, fromMs: number): number =>
  thresholdsFromMs(fromMs, model.manifest.thresholds.adaptive, CANDLE_INTERVALS[model.interval]) -
  lookBackMs(model);
