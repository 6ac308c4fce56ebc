/** Scores to BUY and SELL by adaptive thresholds: in batch and, the same, one at a time. */
import { NEUTRAL } from '../../domain/core/index.ts';
import { AdaptiveThresholds, type AdaptiveThresholdConfig } from '../../domain/signals/index.ts';

export interface Directions {
  /** `[rows]` SELL 0, NEUTRAL 1, BUY 2: NEUTRAL too where there is no score or too few are known. */
  readonly direction: Int8Array;
  /** `[rows]` 1 where the thresholds were ready and there was a score. */
  readonly ready: Uint8Array;
}

/** @param scores `[rows]` of one symbol in order of time; NaN where there is none: the thresholds do not see it */
export function directionsOf(scores: Float64Array, config: AdaptiveThresholdConfig): Directions {
  const rule = new AdaptiveThresholds(config);
  const direction = new Int8Array(scores.length).fill(NEUTRAL);
  const ready = new Uint8Array(scores.length);
  for (const [row, score] of scores.entries()) {
    if (Number.isNaN(score)) continue;
    const decision = rule.decide(score);
    direction[row] = decision.direction;
    ready[row] = decision.state === 'ready' ? 1 : 0;
  }
  return { direction, ready };
}

/**
 * The thresholds that open a test period remember scores before it, so that they are ready from its first candle on. Those
 * who judge and those who trade begin at the same candle: the control of the share never forgets.
 */
export const thresholdsFromMs = (
  testFromMs: number,
  { memory }: AdaptiveThresholdConfig,
  intervalMs: number,
): number => testFromMs - memory * intervalMs;
