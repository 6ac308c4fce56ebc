/** Where an experiment's candles come from: stored ones, or a generated market with its answer sheet. */
import type { CandleInterval } from '../../domain/candles/index.ts';
import { simulateTwoTimescale, type TwoTimescaleTruth } from '../../domain/simulation/index.ts';
import { candleSeries } from '../candle-scoring/index.ts';
import { readRequested } from '../candle-models/request.ts';
import type { Config } from '../config.ts';
import type { ExperimentRecipe } from './recipe.ts';
import { type SymbolSeries, symbolSeries } from './series.ts';

export type ExperimentMarket =
  | {
      readonly kind: 'stored';
      /** `futures-um` or `spot`. */
      readonly market: string;
      readonly symbols: readonly string[];
      readonly interval: string;
      /** First and last day or month, both included; default all that is stored. */
      readonly from?: string | undefined;
      readonly to?: string | undefined;
    }
  | {
      /** The two-timescale market: SYNTHETIC. */
      readonly kind: 'generated';
      readonly seed: number;
      readonly symbols: readonly string[];
      readonly days: number;
      readonly state: 'planted' | 'removed';
    };

export interface MarketData {
  readonly venue: string;
  readonly interval: CandleInterval;
  readonly synthetic: boolean;
  /** For people. */
  readonly description: string;
  readonly series: readonly SymbolSeries[];
  /** Of generated markets, one a symbol; null where nobody knows. */
  readonly truths: readonly TwoTimescaleTruth[] | null;
}

/** 2025-01-01 */
const START_MS = 1_735_689_600_000;
export const GENERATED_INTERVAL: CandleInterval = '5m';

/** @throws ConfigError with every mistake, DataError when a symbol has no candles in the time asked for */
export async function loadMarket(
  config: Config,
  source: ExperimentMarket,
  recipe: ExperimentRecipe,
): Promise<MarketData> {
  if (source.kind === 'generated') return generated(source, recipe);
  const { venue, series } = await readRequested({ ...source, config });
  const synthetic = series.some((each) => each.synthetic);
  return {
    venue,
    interval: series[0]!.interval,
    synthetic,
    description: synthetic ? 'stored candles of a simulated market' : 'stored candles',
    series: series.map((each) => symbolSeries(each, recipe)),
    truths: null,
  };
}

function generated(
  { seed, symbols, days, state }: Extract<ExperimentMarket, { kind: 'generated' }>,
  recipe: ExperimentRecipe,
): MarketData {
  const markets = symbols.map((symbol) => ({
    symbol,
    ...simulateTwoTimescale({ seed, symbol, startMs: START_MS, days, state }),
  }));
  return {
    venue: 'simulated',
    interval: GENERATED_INTERVAL,
    synthetic: true,
    description:
      state === 'planted'
        ? 'generated market of two time scales: a slow state decides what a fast pattern means'
        : 'generated market of two time scales with the state removed: days tell nothing of use',
    series: markets.map(({ symbol, candles }) =>
      symbolSeries(candleSeries(symbol, GENERATED_INTERVAL, candles), recipe),
    ),
    truths: markets.map(({ truth }) => truth),
  };
}
