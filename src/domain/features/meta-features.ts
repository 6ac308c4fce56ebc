/**
 * What the auditor sees: the base model's probabilities, and how the market looked when it gave them.
 *
 * Everything comes from the window that the base model saw and from nothing before it, and history and live run this
 * same function: a window cut out of a table and the same window in the table give the same bits.
 */
import { CLASS_COUNT, invariant } from '../core/index.ts';
import { exponentialAverage, wilderRsi } from './indicators.ts';

/** Features of the window's last bar that are passed on as they are, as the original nine call them. */
const LAST_BAR_FEATURES = [
  'body',
  'upper_wick',
  'lower_wick',
  'log_ret_close',
  'volatility',
  'mean_obi',
  'mean_deep_obi',
] as const;

/** The auditor's fourteen inputs of the original, in order, of a base model on the original nine. */
export const META_FEATURES = [
  'prob_sell',
  'prob_neutral',
  'prob_buy',
  'entropy',
  ...LAST_BAR_FEATURES,
  'rsi_14',
  'ema_9_dist',
  'ema_50_dist',
] as const;

/** What takes the place of a feature in a set that has it without a unit. */
const RELATIVE_FORMS: Readonly<Record<string, string>> = { volatility: 'volatility_bps' };

/**
 * What an auditor sees: the fourteen of the original, or besides them the means of every feature of the base model over the last
 * 5, 15 and 60 bars, which say what the network may have missed.
 */
export const META_FEATURE_SETS = ['quantgod-14', 'recent-bars'] as const;
export type MetaFeatureSet = (typeof META_FEATURE_SETS)[number];

/** Bars over which the means reach, the last one included. */
const REACHES: Readonly<Record<MetaFeatureSet, readonly number[]>> = {
  'quantgod-14': [],
  'recent-bars': [5, 15, 60],
};

/** The auditor's inputs for a base model on these features: a relative form stands in where there is one. */
export function metaFeatureNames(
  featureNames: readonly string[],
  set: MetaFeatureSet = 'quantgod-14',
): readonly string[] {
  const means = REACHES[set].flatMap((reach) => featureNames.map((name) => `${name}_mean_${reach}`));
  return [...META_FEATURES.map((name) => relativeForm(name, featureNames)), ...means];
}

/** The set whose names these are, for a base model on `featureNames`; null when there is none. */
export function metaFeatureSetOf(
  names: readonly string[],
  featureNames: readonly string[],
): MetaFeatureSet | null {
  return META_FEATURE_SETS.find((set) => metaFeatureNames(featureNames, set).join() === names.join()) ?? null;
}

/** Fills `target` with the means `[width]` of the `reach` bars that end with `row`. @param features `[bars × width]` */
export function fillRecentMeans(
  target: Float64Array,
  features: Float64Array,
  { row, reach }: { readonly row: number; readonly reach: number },
): void {
  const width = target.length;
  target.fill(0);
  for (let at = (row - reach + 1) * width; at < (row + 1) * width; at++) {
    target[at % width]! += features[at]! / reach;
  }
}

function relativeForm(name: string, featureNames: readonly string[]): string {
  const relative = RELATIVE_FORMS[name];
  return relative !== undefined && featureNames.includes(relative) ? relative : name;
}

const RSI_PERIOD = 14;
const EMA_PERIODS = [9, 50] as const;

interface MetaFeatureInput {
  /** `[n × 3]` SELL, NEUTRAL, BUY, row-major: one row for each of `rows`. */
  readonly probabilities: Float64Array;
  /** `[bars × featureNames.length]` raw (unscaled) features, row-major. */
  readonly features: Float64Array;
  /** Names of the columns; those that the auditor reads must be among them. */
  readonly featureNames: readonly string[];
  /** `[n]` the bar at which each window ends; for a window on its own, its last row. */
  readonly rows: Int32Array;
  /** Bars in a window, the last one included. */
  readonly sequenceLength: number;
  /** Default: `quantgod-14`. */
  readonly set?: MetaFeatureSet;
}

/**
 * `[n × names]` in the order of {@link metaFeatureNames}.
 *
 * The price path is `exp(cumulated log returns)` of the window's own bars. A window shorter than 15 bars has no RSI,
 * one shorter than 9 or 50 no distance to that average, one shorter than a mean's reach no such mean: NaN, which the auditor
 * takes as missing.
 *
 * @throws InvariantError when a window reaches outside the table, a return in it is not finite, or a column is missing
 */
export function metaFeatures(input: MetaFeatureInput): Float64Array {
  const { probabilities, features, featureNames, rows, sequenceLength, set = 'quantgod-14' } = input;
  const width = featureNames.length;
  const bars = features.length / width;
  invariant(probabilities.length === rows.length * CLASS_COUNT, 'every row needs its three probabilities', {
    rows: rows.length,
    probabilities: probabilities.length,
  });
  const returnColumn = columnOf('log_ret_close', featureNames);
  const lastBarColumns = LAST_BAR_FEATURES.map((name) =>
    columnOf(relativeForm(name, featureNames), featureNames),
  );
  const prices = new Float64Array(sequenceLength);
  const reaches = REACHES[set];
  const columns = META_FEATURES.length + reaches.length * width;
  const result = new Float64Array(rows.length * columns);
  rows.forEach((row, i) => {
    const first = row - sequenceLength + 1;
    invariant(first >= 0 && row < bars, 'a window reaches outside the table', { row, sequenceLength, bars });
    fillPricePath(prices, features, first * width + returnColumn, width);
    const p = probabilities.subarray(i * CLASS_COUNT, (i + 1) * CLASS_COUNT);
    const close = prices[sequenceLength - 1]!;
    result.set(
      [
        ...p,
        entropyOf(p),
        ...lastBarColumns.map((column) => features[row * width + column]!),
        wilderRsi(prices, RSI_PERIOD),
        ...EMA_PERIODS.map((period) => {
          const average = exponentialAverage(prices, period);
          return (close - average) / average;
        }),
      ],
      i * columns,
    );
    for (const [k, reach] of reaches.entries()) {
      const start = i * columns + META_FEATURES.length + k * width;
      const means = result.subarray(start, start + width);
      if (reach > sequenceLength) means.fill(Number.NaN);
      else fillRecentMeans(means, features, { row, reach });
    }
  });
  return result;
}

/** `−Σ p ln p` in nats, with `0 · ln 0 = 0`. */
function entropyOf(probabilities: Float64Array): number {
  let entropy = 0;
  for (const p of probabilities) if (p > 0) entropy -= p * Math.log(p);
  return entropy;
}

/** Overwrites `prices` with `exp` of the sums of the returns found every `stride` values from `offset` on. */
function fillPricePath(prices: Float64Array, features: Float64Array, offset: number, stride: number): void {
  let sum = 0;
  for (let i = 0; i < prices.length; i++) {
    sum += features[offset + i * stride]!;
    prices[i] = Math.exp(sum);
  }
  // NaN and infinity stick to the sum: one look at the end sees them all.
  invariant(Number.isFinite(sum), 'a window holds a bar without a return', { offset });
}

function columnOf(name: string, featureNames: readonly string[]): number {
  const column = featureNames.indexOf(name);
  invariant(column >= 0, 'the auditor needs a feature that the bars do not have', { feature: name });
  return column;
}
