/** The three classes of a signal, in the order in which every model emits its probabilities. */
export const DIRECTIONS = ['SELL', 'NEUTRAL', 'BUY'] as const;

export type Direction = (typeof DIRECTIONS)[number];

export const SELL = 0;
export const NEUTRAL = 1;
export const BUY = 2;
export const CLASS_COUNT = 3;

/** Marks a row without a label (the future is unknown or has a hole). */
export const NO_LABEL = -1;

/**
 * Weights of SELL, NEUTRAL, BUY in training and in the decision rule: a directional bar is worth twice a neutral one.
 * Source: QuantGod, class weights [2, 1, 2].
 */
export const CLASS_WEIGHTS: readonly [number, number, number] = [2, 1, 2];
