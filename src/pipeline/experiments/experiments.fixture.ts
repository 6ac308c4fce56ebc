/** Generated markets and recipes small enough for tests. */
import type { CandleTable } from '../../domain/candles/index.ts';
import { simulateTwoTimescale } from '../../domain/simulation/index.ts';
import { candleSeries } from '../candle-scoring/index.ts';
import { type ExperimentRecipe, experimentRecipe } from './recipe.ts';
import { type SymbolSeries, symbolSeries } from './series.ts';

/** 2025-01-01 */
export const START_MS = 1_735_689_600_000;

/** Two days of candles for MacroNet, and trainings of a second. */
export function smallRecipe(): ExperimentRecipe {
  const recipe = experimentRecipe('5m', 2);
  return {
    ...recipe,
    macro: { ...recipe.macro, channels: 8, layers: 3, embedding: 8 },
    pretraining: { ...recipe.pretraining, epochs: 2 },
    micro: { ...recipe.micro, channels: 8, hidden: 8, embedding: 8 },
    training: { ...recipe.training, epochs: 2 },
  };
}

export function generatedCandles(symbol: string, days: number): CandleTable {
  return simulateTwoTimescale({ seed: 3, symbol, startMs: START_MS, days }).candles;
}

export const seriesOf = (symbol: string, candles: CandleTable, recipe = smallRecipe()): SymbolSeries =>
  symbolSeries(candleSeries(symbol, '5m', candles), recipe);
