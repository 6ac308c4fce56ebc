/** The three classes of a signal, in the order in which every model emits its probabilities. */
export const DIRECTIONS = ['SELL', 'NEUTRAL', 'BUY'] as const;

export type Direction = (typeof DIRECTIONS)[number];

export const SELL = 0;
export const NEUTRAL = 1;
export const BUY = 2;
export const CLASS_COUNT = 3;

/** Log returns beyond which a bar is a directional one. */
export interface DirectionThresholds {
  readonly thresholdShort: number;
  readonly thresholdLong: number;
}

/** The class of a bar after which the price moved by `logReturn`: BUY above, SELL below, both strictly, else NEUTRAL. */
export function directionOfReturn(
  logReturn: number,
  { thresholdShort, thresholdLong }: DirectionThresholds,
): number {
  return logReturn > thresholdLong ? BUY : logReturn < thresholdShort ? SELL : NEUTRAL;
}

/** Marks a row without a label (the future is unknown or has a hole). */
export const NO_LABEL = -1;

/**
 * Weights of SELL, NEUTRAL, BUY in training and in the decision rule: a directional bar is worth twice a neutral one.
 * Source: QuantGod, class weights [2, 1, 2].
 */
export const CLASS_WEIGHTS: readonly [number, number, number] = [2, 1, 2];
