/** Labels of a series by the configured rule. Looks ahead: for training and judging alone. */
import {
  type CandleLabels,
  labelByThreshold,
  labelByTrade,
  labelByVolatility,
} from '../../domain/labels/index.ts';
import type { CandleSeries } from '../candle-scoring/index.ts';
import type { CandleLabelConfig } from './config.ts';

export function labelSeries({ candles, intervalMs }: CandleSeries, label: CandleLabelConfig): CandleLabels {
  const prices = { ...candles, intervalMs };
  switch (label.kind) {
    case 'threshold':
      return labelByThreshold(prices, label);
    case 'volatility':
      return labelByVolatility(prices, label);
    case 'trade':
      return labelByTrade(prices, label);
  }
}

/** `threshold-0.004-12`: the rule with the numbers that it hangs on. */
export function labelName(label: CandleLabelConfig): string {
  const { kind, horizonCandles, threshold, deviations, volatilityCandles, stop, takeProfit, costs } = label;
  const numbers = {
    threshold: [threshold],
    volatility: [deviations, volatilityCandles],
    trade: [stop, takeProfit, costs],
  }[kind];
  return [kind, ...numbers, horizonCandles].join('-');
}

/** `[rows]` ln(close(t + horizon) / close(t)), whatever the rule: what scores are held against. NaN where unknown. */
export function returnsAhead({ candles, intervalMs }: CandleSeries, horizonCandles: number): Float64Array {
  // The threshold does not touch the return.
  return labelByThreshold({ ...candles, intervalMs }, { horizonCandles, threshold: 1 }).outcome;
}
