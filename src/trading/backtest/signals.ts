/**
 * What a strategy says at the close of a candle, one number a candle: a sum of {@link ENTER_LONG}, {@link EXIT_LONG},
 * {@link ENTER_SHORT} and {@link EXIT_SHORT}; 0 says nothing.
 *
 * Contradictions cancel: enter and exit of the same side, then entries of both sides at once. An entry against the position
 * reverses it; an entry along it, and an exit without a position, do nothing. These are vectorbt's defaults.
 */
import { ConfigError } from '../../domain/core/index.ts';
import type { CheckedCandles } from './candles.ts';
import { refusal } from './candles.ts';

export const ENTER_LONG = 1;
export const EXIT_LONG = 2;
export const ENTER_SHORT = 4;
export const EXIT_SHORT = 8;
const ALL = ENTER_LONG | EXIT_LONG | ENTER_SHORT | EXIT_SHORT;

/**
 * `next-open`, the default: a signal is executed at the open of the next candle. `close`: at the very close that it was made
 * from, which no one can do exactly; it is there to compare with programs that assume it.
 */
export type Execution = 'next-open' | 'close';

export type Direction = 'long' | 'short' | 'both';

/** Signals with their contradictions cancelled, indexed by what was said. */
const RESOLVED = Uint8Array.from({ length: ALL + 1 }, (_, said) => {
  let code = said;
  if ((code & (ENTER_LONG | ENTER_SHORT)) === 0) return code;
  if ((code & ENTER_LONG) !== 0 && (code & EXIT_LONG) !== 0) code &= ~(ENTER_LONG | EXIT_LONG);
  if ((code & ENTER_SHORT) !== 0 && (code & EXIT_SHORT) !== 0) code &= ~(ENTER_SHORT | EXIT_SHORT);
  if ((code & ENTER_LONG) !== 0 && (code & ENTER_SHORT) !== 0) code &= ~(ENTER_LONG | ENTER_SHORT);
  return code;
});

/** What was said at a row, with its contradictions cancelled. @throws DataError for a number that is no signal */
export function resolveSignal(said: number, row: number): number {
  const resolved = RESOLVED[said];
  if (resolved === undefined) throw refusal('signals', row, `${said} is no signal`);
  return resolved;
}

/**
 * Entries and exits (`[rows]`, anything but 0 is a signal) for one direction; under `both` an exit is an entry of the
 * opposite side.
 * @throws DataError when they differ in length
 */
export function signalsOf(
  entries: ArrayLike<number | boolean>,
  exits: ArrayLike<number | boolean>,
  direction: Direction,
): Uint8Array {
  if (entries.length !== exits.length) {
    throw refusal('exits', exits.length, `${exits.length} exits beside ${entries.length} entries`);
  }
  const enter = direction === 'short' ? ENTER_SHORT : ENTER_LONG;
  const exit = { long: EXIT_LONG, short: EXIT_SHORT, both: ENTER_SHORT }[direction];
  return Uint8Array.from(entries, (entry, row) => (entry ? enter : 0) | (exits[row] ? exit : 0));
}

/**
 * Turns what was said at each close into what is executed on each candle: contradictions cancelled, moved on by
 * `delayCandles`, and kept waiting over candles that did not trade until one does or a newer signal replaces it.
 *
 * @param signals `[rows]`
 * @param orders `[rows]`, overwritten
 * @throws DataError for a wrong length or a number that is no signal
 */
export function scheduleOrders(
  signals: Uint8Array,
  { candles, halted }: CheckedCandles,
  delayCandles: number,
  orders: Uint8Array,
): void {
  const rows = candles.openTimeMs.length;
  if (signals.length !== rows) {
    throw refusal('signals', signals.length, `${signals.length} signals for ${rows} candles`);
  }
  orders.fill(0, 0, delayCandles);
  for (let row = 0; row < rows; row++) {
    const order = resolveSignal(signals[row]!, row);
    if (row + delayCandles < rows) orders[row + delayCandles] = order;
  }
  if (halted !== null) postpone(orders, halted);
}

function postpone(orders: Uint8Array, halted: Uint8Array): void {
  let waiting = 0;
  for (let row = 0; row < orders.length; row++) {
    if (orders[row] !== 0) waiting = orders[row]!;
    orders[row] = halted[row] === 1 ? 0 : waiting;
    if (halted[row] === 0) waiting = 0;
  }
}

/**
 * `[rows]` mean of the last `window` values, as a difference of running totals; NaN before there are as many.
 * @throws ConfigError for a window below 1
 */
export function simpleMovingAverage(values: Float64Array, window: number): Float64Array {
  if (!(Number.isSafeInteger(window) && window >= 1)) {
    throw new ConfigError([
      { path: 'backtest.window', message: `${window} is not a number of candles from 1 on` },
    ]);
  }
  let total = 0;
  const totals = values.map((value) => (total += value));
  return totals.map((upTo, row) => {
    if (row < window - 1) return Number.NaN;
    return (row < window ? upTo : upTo - totals[row - window]!) / window;
  });
}

interface Crossing {
  readonly fast: Float64Array;
  readonly slow: Float64Array;
  readonly direction: Direction;
}

/**
 * Enters where `fast` has risen above `slow`, from below, and exits where it has fallen below, from above. Equality is
 * neither, and a stretch where one of them is NaN forgets what was before.
 * @param out `[rows]`, overwritten
 */
export function crossoverSignals({ fast, slow, direction }: Crossing, out: Uint8Array): void {
  const up = direction === 'short' ? ENTER_SHORT : ENTER_LONG;
  const down = { long: EXIT_LONG, short: EXIT_SHORT, both: ENTER_SHORT }[direction];
  // Sign of the last difference that was not 0; NaN where there has been none since both are numbers.
  let before = Number.NaN;
  for (let row = 0; row < out.length; row++) {
    const difference = fast[row]! - slow[row]!;
    let code = 0;
    if (difference > 0) {
      if (before < 0) code = up;
      before = 1;
    } else if (difference < 0) {
      if (before > 0) code = down;
      before = -1;
    } else if (difference !== 0) {
      before = Number.NaN;
    }
    out[row] = code;
  }
}

export interface Thresholds {
  /** Enters long above it, and short below its negative. */
  readonly enter: number;
  /** Leaves a long below it, and a short above its negative. */
  readonly exit: number;
  readonly direction: Direction;
}

/**
 * Signals from scores whose sign is the direction, such as a model's P(BUY) − P(SELL); NaN says nothing.
 * @param scores `[rows]` @param out `[rows]`, overwritten
 */
export function thresholdSignals(scores: Float64Array, thresholds: Thresholds, out: Uint8Array): void {
  const { enter, exit, direction } = thresholds;
  const [goesLong, goesShort] = [direction !== 'short', direction !== 'long'];
  for (let row = 0; row < out.length; row++) {
    const score = scores[row]!;
    let code = 0;
    if (goesLong && score > enter) code |= ENTER_LONG;
    else if (score < exit) code |= EXIT_LONG;
    if (goesShort && score < -enter) code |= ENTER_SHORT;
    else if (score > -exit) code |= EXIT_SHORT;
    out[row] = code;
  }
}
