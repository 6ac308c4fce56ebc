/** Are the features of a day what they can be? Formulas: `docs/features.md`. */
import type { BarDay, FeatureDay } from '../../platform/storage/index.ts';
import type { ReportCell } from './level-check.ts';

/** Rounding of a handful of floating-point operations. */
const TOLERANCE = 1e-9;

interface Bounds {
  readonly least: number;
  readonly greatest: number;
}

/**
 * What a complete bar can hold. A log return of ±1 is a factor of 2.7 within a minute: a wrong price, not a market. A bar
 * of two samples has counted two messages at least.
 */
const BOUNDS: ReadonlyMap<string, Bounds> = new Map([
  ['body', { least: -1, greatest: 1 }],
  ['upper_wick', { least: 0, greatest: 1 }],
  ['lower_wick', { least: 0, greatest: 1 }],
  ['log_ret_close', { least: -1, greatest: 1 }],
  ['volatility', { least: 0, greatest: Infinity }],
  ['max_spread', { least: 0, greatest: Infinity }],
  ['mean_obi', { least: -1 - TOLERANCE, greatest: 1 + TOLERANCE }],
  ['mean_deep_obi', { least: -1 - TOLERANCE, greatest: 1 + TOLERANCE }],
  ['log_volume', { least: Math.log(3) - TOLERANCE, greatest: 25 }],
  ['volatility_bps', { least: 0, greatest: 1e4 }],
  ['max_spread_bps', { least: 0, greatest: 2e4 }],
  ['mean_spread_bps', { least: 0, greatest: 2e4 }],
  ['depth_imbalance_10', { least: -1 - TOLERANCE, greatest: 1 + TOLERANCE }],
  ['depth_imbalance_50', { least: -1 - TOLERANCE, greatest: 1 + TOLERANCE }],
  ['depth_imbalance_200', { least: -1 - TOLERANCE, greatest: 1 + TOLERANCE }],
  ['bid_slope', { least: 0, greatest: Infinity }],
  ['ask_slope', { least: 0, greatest: Infinity }],
]);

/** Features that need the previous close: a bar after a gap has none of them. */
const NEEDS_PREVIOUS: ReadonlySet<string> = new Set(['upper_wick', 'lower_wick', 'log_ret_close']);

/** What a minute is good for, by its `body` and its return; model input takes only {@link USABLE} ones. */
export const MISSING = 0;
export const INCOMPLETE = 1;
export const NO_RETURN = 2;
export const USABLE = 3;

/** @returns `[rows]` {@link INCOMPLETE}, {@link NO_RETURN} or {@link USABLE} */
export function checkFeatures(day: BarDay, report: ReportCell): Uint8Array {
  const { rows, features } = day;
  const states = new Uint8Array(rows);
  const body = features.get('body')!;
  const logReturn = features.get('log_ret_close')!;
  for (let row = 0; row < rows; row++) {
    const hasReturn = !Number.isNaN(logReturn[row]!);
    states[row] = Number.isNaN(body[row]!) ? INCOMPLETE : hasReturn ? USABLE : NO_RETURN;
  }
  checkValues(features, states, report);
  checkAgainstBook(day, states, report);
  return states;
}

function checkValues(features: BarDay['features'], states: Uint8Array, report: ReportCell): void {
  for (const [name, values] of features) {
    const { least, greatest } = BOUNDS.get(name) ?? { least: -Infinity, greatest: Infinity };
    const leastState = NEEDS_PREVIOUS.has(name) ? USABLE : NO_RETURN;
    for (let row = 0; row < states.length; row++) {
      const value = values[row]!;
      if (states[row]! < leastState) {
        if (!Number.isNaN(value)) report('feature-partial', row, name, value);
      } else if (!Number.isFinite(value)) report('feature-not-finite', row, name, value);
      else if (value < least || value > greatest) report('feature-bounds', row, name, value);
    }
  }
}

/**
 * The stationary features of a day, row by row beside its bars: within bounds, and where both say the same thing, the same.
 * @param states of the bars, from {@link checkFeatures}
 */
export function checkStationary(
  { features }: FeatureDay,
  bars: BarDay,
  { states, report }: { readonly states: Uint8Array; readonly report: ReportCell },
): void {
  checkValues(features, states, report);
  const volatility = bars.features.get('volatility')!;
  for (const [name, values] of features) {
    const shared = bars.features.get(name);
    if (shared === undefined && name !== 'volatility_bps') continue;
    for (const [row, value] of values.entries()) {
      const expected = shared?.[row] ?? (1e4 * volatility[row]!) / bars.close[row]!;
      if (!Object.is(value, expected)) report('features-differ', row, name, value);
    }
  }
}

/** The close is the micro price of the stored book, and the widest spread of the minute is no narrower than its last. */
function checkAgainstBook(day: BarDay, states: Uint8Array, report: ReportCell): void {
  const { rows, close, bids, asks, features } = day;
  const [bidPrice, bidSize] = [bids.prices[0]!, bids.sizes[0]!];
  const [askPrice, askSize] = [asks.prices[0]!, asks.sizes[0]!];
  const maxSpread = features.get('max_spread')!;
  const volatility = features.get('volatility')!;
  for (let row = 0; row < rows; row++) {
    const [bid, ask, value] = [bidPrice[row]!, askPrice[row]!, close[row]!];
    if (!(value > 0 && value < Infinity)) {
      report('close-invalid', row, 'close', value);
      continue;
    }
    const microPrice = (bid * askSize[row]! + ask * bidSize[row]!) / (bidSize[row]! + askSize[row]!);
    // A side that is missing makes the micro price NaN, and has been reported itself.
    if (Math.abs(value - microPrice) > TOLERANCE * value)
      report('close-not-micro-price', row, 'close', value);
    if (states[row] === INCOMPLETE) continue;
    if (maxSpread[row]! < ask - bid - TOLERANCE * value)
      report('feature-bounds', row, 'max_spread', maxSpread[row]!);
    if (volatility[row]! > value) report('feature-bounds', row, 'volatility', volatility[row]!);
  }
}
