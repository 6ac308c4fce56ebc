/** Best possible answers on the two-timescale market, from what was planted: the ceiling of any model. */
import { invariant } from '../core/index.ts';
import { normalCdf } from '../math/index.ts';
import { ANSWER_DRIFT, type TwoTimescaleTruth } from './two-timescale.ts';

/**
 * - `state`: knows the state of the moment.
 * - `yesterday`: knows the state of the day before, and that it changes once in 14 days on average: what a perfect
 *   embedding of the days before can tell.
 * - `window`: knows the last candles alone, as many as the caller says.
 */
export type OracleKnowledge = 'state' | 'yesterday' | 'window';

export interface TwoTimescaleOracleOptions {
  readonly horizonCandles: number;
  readonly knowledge: OracleKnowledge;
  /** Candles whose returns `window` knows. */
  readonly windowCandles?: number;
}

const CANDLES_A_DAY = 288;
/** One change in 14 days, the mean of 8 to 20. */
const DAILY_CHANGE = 1 / 14;

/**
 * `[rows]` probability that the return over the next `horizonCandles` is above 0, less the probability that it is below:
 * 2·Φ(m / d) − 1, m the planted mean and d² = Σ σ² over the horizon, mixed over the two meanings where the oracle does
 * not know which holds. It knows a pattern's side from its first candle on, and the path of volatility. Rows whose
 * horizon leaves the market have NaN.
 */
export function twoTimescaleOracle(
  truth: TwoTimescaleTruth,
  closes: Float64Array,
  { horizonCandles, knowledge, windowCandles = 60 }: TwoTimescaleOracleOptions,
): Float64Array {
  const { answerSide, knownFrom, sigma, meaning } = truth;
  const rows = sigma.length;
  invariant(closes.length === rows, 'one close a candle', { closes: closes.length, rows });
  const edges = new Float64Array(rows).fill(Number.NaN);
  const isSame = meaning.every((value) => value === 1);
  for (let row = 0; row + horizonCandles < rows; row++) {
    let [mean, variance] = [0, 0];
    for (let k = row + 1; k <= row + horizonCandles; k++) {
      variance += sigma[k]! ** 2;
      if (answerSide[k] !== 0 && knownFrom[k]! <= row) mean += ANSWER_DRIFT * answerSide[k]! * sigma[k]!;
    }
    if (mean === 0) {
      edges[row] = 0;
      continue;
    }
    const positive = isSame ? 1 : positiveShare(truth, closes, row, { knowledge, windowCandles });
    edges[row] = (2 * positive - 1) * (2 * normalCdf(mean / Math.sqrt(variance)) - 1);
  }
  return edges;
}

/** Probability that the meaning is +1. */
function positiveShare(
  { state, answerSide, sigma }: TwoTimescaleTruth,
  closes: Float64Array,
  row: number,
  { knowledge, windowCandles }: { readonly knowledge: OracleKnowledge; readonly windowCandles: number },
): number {
  if (knowledge === 'state') return state[row] === 1 ? 1 : 0;
  if (knowledge === 'yesterday') {
    const before = row - CANDLES_A_DAY;
    if (before < 0) return 0.5;
    return state[before] === 1 ? 1 - DAILY_CHANGE : DAILY_CHANGE;
  }
  // Two Gaussians of mean ±δ·q: their log odds are 2·δ·q·r/σ a candle.
  let logOdds = 0;
  for (let k = Math.max(1, row - windowCandles + 1); k <= row; k++) {
    if (answerSide[k] !== 0) {
      logOdds += (2 * ANSWER_DRIFT * answerSide[k]! * Math.log(closes[k]! / closes[k - 1]!)) / sigma[k]!;
    }
  }
  return 1 / (1 + Math.exp(-logOdds));
}
