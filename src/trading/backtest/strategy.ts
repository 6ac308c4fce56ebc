/**
 * What a strategy is, to every engine: at each close it sees the past through a {@link MarketView} and says what to do. The
 * view counts backwards from now, so that the next candle has no name; it is the same for the engine on candles and for one
 * on events.
 */
import { invariant } from '../../domain/core/index.ts';
import type { CheckedCandles } from './candles.ts';

/** Candles of one symbol up to and including the one that has just closed. */
export interface MarketView {
  /** Candles that have closed. */
  readonly length: number;
  /** Close of the last candle: the time at which the strategy decides. */
  readonly nowMs: number;
  /** Opening time of the candle `age` candles ago; 0 is the one that has just closed. NaN before the first. */
  openTimeMs(age?: number): number;
  open(age?: number): number;
  high(age?: number): number;
  low(age?: number): number;
  close(age?: number): number;
  /** NaN also where the candles have no volume. */
  volume(age?: number): number;
}

/** Holds one symbol's state; a run makes a fresh one from a factory. */
export interface Strategy {
  /** Called once at each close, in order. @returns a sum of the codes in `signals.ts` */
  decide(view: MarketView): number;
}

type Column = 'openTimeMs' | 'open' | 'high' | 'low' | 'close' | 'volume';

/**
 * A view and the only handle that moves it on; whoever has the view alone cannot.
 * @throws InvariantError (on reading) for an age below 0, or one that is no whole number
 */
export function openView(checked: CheckedCandles): {
  readonly view: MarketView;
  /** Shows one more candle; false when there are none left. */
  readonly advance: () => boolean;
} {
  let now = -1;
  const view = viewOf(checked, () => now);
  return { view, advance: () => now + 1 < checked.candles.openTimeMs.length && ++now >= 0 };
}

/** The view of candles that may still grow. @param lastRow that of the candle that has just closed, −1 before the first */
export function viewOf(
  source: Pick<CheckedCandles, 'candles' | 'intervalMs'>,
  lastRow: () => number,
): MarketView {
  const read = (column: Column, age: number): number => {
    invariant(Number.isSafeInteger(age) && age >= 0, 'a strategy sees only candles that have closed', {
      age,
      column,
    });
    const now = lastRow();
    return age > now ? Number.NaN : (source.candles[column]?.[now - age] ?? Number.NaN);
  };
  return Object.freeze({
    get length() {
      return lastRow() + 1;
    },
    get nowMs() {
      return read('openTimeMs', 0) + source.intervalMs;
    },
    openTimeMs: (age = 0) => read('openTimeMs', age),
    open: (age = 0) => read('open', age),
    high: (age = 0) => read('high', age),
    low: (age = 0) => read('low', age),
    close: (age = 0) => read('close', age),
    volume: (age = 0) => read('volume', age),
  });
}

/** `[rows]` what a fresh strategy says at each close. */
export function decideAll(makeStrategy: () => Strategy, checked: CheckedCandles): Uint8Array {
  const { view, advance } = openView(checked);
  const strategy = makeStrategy();
  const signals = new Uint8Array(checked.candles.openTimeMs.length);
  while (advance()) signals[view.length - 1] = strategy.decide(view);
  return signals;
}
