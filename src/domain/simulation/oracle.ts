/**
 * The oracle: class probabilities of one who knows the hidden state and the whole path of volatility. No model that
 * sees only the past of the market can do better in expectation.
 */
import { BUY, CLASS_COUNT, invariant, MINUTE_MS, NEUTRAL, NO_LABEL, SELL } from '../core/index.ts';
import { normalCdf } from '../math/index.ts';
import type { MarketTruth } from './latent.ts';

/** A label definition by numbers alone: log return over `lookaheadMinutes` against two thresholds. */
export interface HorizonThresholds {
  readonly lookaheadMinutes: number;
  /** SELL below it. */
  readonly thresholdShort: number;
  /** BUY above it. */
  readonly thresholdLong: number;
}

export interface OracleOptions extends HorizonThresholds {
  /**
   * Whether a_m is known. `hidden` averages over it and leaves only the path of volatility: what remains when the
   * direction of the market cannot be foreseen.
   */
  readonly state?: 'known' | 'hidden';
}

/**
 * `[minutes × 3]` probabilities of SELL, NEUTRAL, BUY for the return over the `lookaheadMinutes` after minute m; NaN
 * where the truth ends earlier.
 *
 * With S_i = Σ_{k≥i} σ_{m+k+1} ρ^{k−i} (k < L), that return is Gaussian with mean β a_m S_0 and variance
 * γ² Σ σ² + β² (1−ρ²) Σ_{i≥1} S_i².
 */
export function oracleProbabilities(truth: MarketTruth, options: OracleOptions): Float64Array {
  const { lookaheadMinutes: lookahead, thresholdShort, thresholdLong } = options;
  invariant(lookahead >= 1 && thresholdShort < thresholdLong, 'thresholds out of order', {
    lookahead,
    thresholdShort,
    thresholdLong,
  });
  const { minutes, sigma, state } = truth;
  const { persistence, drift, noise } = truth.gains;
  const hidden = options.state === 'hidden';
  const probabilities = new Float64Array(minutes * CLASS_COUNT).fill(Number.NaN);
  for (let m = 0; m + lookahead < minutes; m++) {
    let gain = 0;
    let innovations = 0;
    let squares = 0;
    for (let i = lookahead - 1; i >= 0; i--) {
      // Here `gain` is S_{i+1}: the effect on the whole return of the impulse drawn in minute m + i + 1.
      innovations += gain * gain;
      const sigmaAhead = sigma[m + i + 1]!;
      squares += sigmaAhead * sigmaAhead;
      gain = sigmaAhead + persistence * gain;
    }
    const known = drift * gain;
    const variance =
      noise * noise * squares +
      drift * drift * (1 - persistence * persistence) * innovations +
      (hidden ? known * known : 0);
    const mean = hidden ? 0 : known * state[m]!;
    const deviation = Math.sqrt(variance);
    const sell = normalCdf((thresholdShort - mean) / deviation);
    const buy = normalCdf((mean - thresholdLong) / deviation);
    probabilities[m * CLASS_COUNT + SELL] = sell;
    probabilities[m * CLASS_COUNT + NEUTRAL] = Math.max(0, 1 - sell - buy);
    probabilities[m * CLASS_COUNT + BUY] = buy;
  }
  return probabilities;
}

/** `[minutes]` classes that the hidden price really took; {@link NO_LABEL} where the truth ends earlier. */
export function truthLabels(truth: MarketTruth, thresholds: HorizonThresholds): Int8Array {
  const labels = new Int8Array(truth.minutes).fill(NO_LABEL);
  for (let m = 0; m + thresholds.lookaheadMinutes < truth.minutes; m++) {
    const futureReturn = Math.log(truth.mid[m + thresholds.lookaheadMinutes]! / truth.mid[m]!);
    if (futureReturn > thresholds.thresholdLong) labels[m] = BUY;
    else labels[m] = futureReturn < thresholds.thresholdShort ? SELL : NEUTRAL;
  }
  return labels;
}

/**
 * Picks the oracle's rows for some bars: `[minuteMs.length × 3]`, NaN for minutes that the truth does not hold.
 * @param minuteMs starts of the bars' minutes
 */
export function oracleRows(
  truth: MarketTruth,
  probabilities: Float64Array,
  minuteMs: ArrayLike<number>,
): Float64Array {
  const rows = new Float64Array(minuteMs.length * CLASS_COUNT).fill(Number.NaN);
  for (let row = 0; row < minuteMs.length; row++) {
    const minute = (minuteMs[row]! - truth.startMs) / MINUTE_MS;
    if (!Number.isInteger(minute) || minute < 0 || minute >= truth.minutes) continue;
    const from = minute * CLASS_COUNT;
    rows.set(probabilities.subarray(from, from + CLASS_COUNT), row * CLASS_COUNT);
  }
  return rows;
}
