/**
 * Labels of candles: what the price did over the coming candles. Looks ahead; nothing live may import it. A row has no
 * label (−1, and NaN beside it) where a candle that it needs is missing from the grid or has no price.
 */
import {
  BUY,
  ConfigError,
  DataError,
  NEUTRAL,
  NO_LABEL,
  NOT_NEGATIVE,
  POSITIVE,
  POSITIVE_INTEGER,
  SELL,
  directionOfReturn,
  numberProblems,
} from '../core/index.ts';

/** Candles of one symbol, in order of time; NaN where a price is not known. */
export interface CandlePrices {
  /** `[rows]` multiples of the interval, strictly ascending. */
  readonly openTimeMs: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly intervalMs: number;
}

export interface CandleLabels {
  /** `[rows]` SELL 0, NEUTRAL 1, BUY 2, −1 = none. */
  readonly label: Int8Array;
  /** `[rows]` log return over the horizon, or net return of the better trade; NaN where there is no label. */
  readonly outcome: Float64Array;
  /** `[rows]` end of the last candle that the label looks at; NaN where there is no label. */
  readonly labelEndMs: Float64Array;
}

export interface ThresholdLabel {
  readonly horizonCandles: number;
  /** Log return beyond which a candle is BUY or SELL, strictly. */
  readonly threshold: number;
}

/** ln(close(t + horizon) / close(t)) beyond ±threshold. All candles between must be there. */
export function labelByThreshold(prices: CandlePrices, label: ThresholdLabel): CandleLabels {
  requireValid(label, { threshold: POSITIVE });
  return labelReturns(prices, label.horizonCandles, () => label.threshold);
}

export interface VolatilityLabel {
  readonly horizonCandles: number;
  /** Threshold in standard deviations of the return over the horizon. */
  readonly deviations: number;
  /** Candles whose returns the deviation is of: those up to the labelled one. */
  readonly volatilityCandles: number;
}

/**
 * The same with a threshold of its own at every candle: `deviations`·σ(t)·√horizon, σ² = mean squared log return of the
 * last `volatilityCandles` candles, t included (returns of 5 minutes have no mean worth subtracting).
 */
export function labelByVolatility(prices: CandlePrices, label: VolatilityLabel): CandleLabels {
  requireValid(label, { deviations: POSITIVE, volatilityCandles: POSITIVE_INTEGER });
  const { horizonCandles, deviations, volatilityCandles } = label;
  const { close } = prices;
  const before = runs(prices, 'behind');
  const thresholdAt = (row: number): number => {
    if (before[row]! < volatilityCandles) return Number.NaN;
    let squares = 0;
    for (let i = row; i > row - volatilityCandles; i--) squares += Math.log(close[i]! / close[i - 1]!) ** 2;
    return deviations * Math.sqrt((squares / volatilityCandles) * horizonCandles);
  };
  return labelReturns(prices, horizonCandles, thresholdAt);
}

export interface TradeLabel {
  /** Candles after which a trade is closed at their close. */
  readonly horizonCandles: number;
  /** Distances from the entry as shares of its price. */
  readonly stop: number;
  readonly takeProfit: number;
  /** Of entry and exit together, as a share of the price. */
  readonly costs: number;
}

/**
 * Simulated entry and exit: a long and a short trade are opened at the candle's close and left at their stop, their
 * target or the close of the last candle, whichever comes first. A candle that touches both counts as the stop. The
 * label is the side whose net return is above 0 and the higher one; else NEUTRAL. Source of the three exits: the
 * triple-barrier method, López de Prado 2018, section 3.4.
 */
export function labelByTrade(prices: CandlePrices, label: TradeLabel): CandleLabels {
  requireValid(label, { stop: POSITIVE, takeProfit: POSITIVE, costs: NOT_NEGATIVE });
  const labels = emptyLabels(prices);
  const ahead = runs(prices, 'ahead');
  for (let row = 0; row < ahead.length; row++) {
    if (Number.isNaN(prices.close[row]!)) continue;
    const long = trade(prices, { ...label, row, side: 1, ahead: ahead[row]! });
    const short = trade(prices, { ...label, row, side: -1, ahead: ahead[row]! });
    if (long === undefined || short === undefined) continue;
    const best = Math.max(long.netReturn, short.netReturn);
    const last = Math.max(long.exitRow, short.exitRow);
    labels.label[row] = best > 0 ? (long.netReturn >= short.netReturn ? BUY : SELL) : NEUTRAL;
    labels.outcome[row] = best;
    labels.labelEndMs[row] = prices.openTimeMs[last]! + prices.intervalMs;
  }
  return labels;
}

interface Trade {
  readonly exitRow: number;
  readonly netReturn: number;
}

/** undefined where a candle is missing before the trade is over. */
function trade(
  { high, low, close }: CandlePrices,
  order: TradeLabel & { readonly row: number; readonly side: 1 | -1; readonly ahead: number },
): Trade | undefined {
  const { row, side, ahead, horizonCandles, stop, takeProfit, costs } = order;
  const entry = close[row]!;
  const last = row + Math.min(horizonCandles, ahead);
  for (let at = row + 1; at <= last; at++) {
    const worst = (side * ((side === 1 ? low : high)[at]! - entry)) / entry;
    const best = (side * ((side === 1 ? high : low)[at]! - entry)) / entry;
    if (worst <= -stop) return { exitRow: at, netReturn: -stop - costs };
    if (best >= takeProfit) return { exitRow: at, netReturn: takeProfit - costs };
  }
  if (ahead < horizonCandles) return undefined;
  return { exitRow: last, netReturn: (side * (close[last]! - entry)) / entry - costs };
}

function labelReturns(
  prices: CandlePrices,
  horizonCandles: number,
  thresholdAt: (row: number) => number,
): CandleLabels {
  const labels = emptyLabels(prices);
  const { openTimeMs, close, intervalMs } = prices;
  const ahead = runs(prices, 'ahead');
  for (let row = 0; row < ahead.length; row++) {
    if (ahead[row]! < horizonCandles || Number.isNaN(close[row]!)) continue;
    const threshold = thresholdAt(row);
    if (Number.isNaN(threshold)) continue;
    const outcome = Math.log(close[row + horizonCandles]! / close[row]!);
    const thresholds = { thresholdShort: -threshold, thresholdLong: threshold };
    labels.label[row] = directionOfReturn(outcome, thresholds);
    labels.outcome[row] = outcome;
    labels.labelEndMs[row] = openTimeMs[row]! + (horizonCandles + 1) * intervalMs;
  }
  return labels;
}

function emptyLabels({ openTimeMs }: CandlePrices): CandleLabels {
  const rows = openTimeMs.length;
  return {
    label: new Int8Array(rows).fill(NO_LABEL),
    outcome: new Float64Array(rows).fill(Number.NaN),
    labelEndMs: new Float64Array(rows).fill(Number.NaN),
  };
}

/**
 * `[rows]` how many candles follow each one ("ahead"), or go before it ("behind"), without a hole in the grid and with
 * all their prices.
 * @throws DataError when columns differ in length or times do not ascend along the interval
 */
function runs(prices: CandlePrices, side: 'ahead' | 'behind'): Int32Array {
  checkCandles(prices);
  const { openTimeMs, high, low, close, intervalMs } = prices;
  const rows = openTimeMs.length;
  const counts = new Int32Array(rows);
  const isWhole = (row: number): boolean =>
    Number.isFinite(high[row]!) && Number.isFinite(low[row]!) && Number.isFinite(close[row]!);
  const step = side === 'ahead' ? 1 : -1;
  for (let i = 1; i < rows; i++) {
    const row = side === 'ahead' ? rows - 1 - i : i;
    const next = row + step;
    const contiguous = Math.abs(openTimeMs[next]! - openTimeMs[row]!) === intervalMs;
    counts[row] = contiguous && isWhole(next) ? counts[next]! + 1 : 0;
  }
  return counts;
}

function checkCandles({ openTimeMs, high, low, close, intervalMs }: CandlePrices): void {
  const rows = openTimeMs.length;
  if ([high, low, close].some((column) => column.length !== rows)) {
    throw new DataError(`${rows} candle times, but ${high.length}, ${low.length}, ${close.length} prices`, {
      code: 'LABEL_LENGTHS_DIFFER',
      context: { rows },
    });
  }
  for (let row = 0; row < rows; row++) {
    const time = openTimeMs[row]!;
    if (time % intervalMs === 0 && (row === 0 || time > openTimeMs[row - 1]!)) continue;
    throw new DataError(
      `candle ${row} opens at ${time}: candles to be labelled lie on a grid of ${intervalMs} ms, each later than the one before`,
      { code: 'LABEL_TIMES_UNORDERED', context: { row, timeMs: time } },
    );
  }
}

function requireValid<Name extends string>(
  label: { readonly horizonCandles: number } & NoInfer<Readonly<Record<Name, number>>>,
  rules: Readonly<Record<Name, Parameters<typeof numberProblems>[2][string]>>,
): void {
  const problems = [
    ...numberProblems('label', label, { horizonCandles: POSITIVE_INTEGER }),
    ...numberProblems<Name>('label', label, rules),
  ];
  if (problems.length > 0) throw new ConfigError(problems, { code: 'LABEL_DEFINITION_INVALID' });
}
