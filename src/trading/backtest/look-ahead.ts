/**
 * Finds signals that saw the future: they are computed again on histories that end earlier, and what they said before the
 * end must not have changed. Source of the idea: freqtrade's look-ahead analysis.
 */
import { ConfigError } from '../../domain/core/index.ts';
import { type Candles, truncateCandles } from './candles.ts';

export interface LookAhead {
  /** Candles of the shortened history under which the signal was different. */
  readonly rows: number;
  /** First candle whose signal changed. */
  readonly row: number;
  readonly whole: number;
  readonly truncated: number;
}

/**
 * @param signalsFor computes `[rows]` signals (or targets) from candles alone
 * @param lengths of the shortened histories
 * @returns the first difference under each length that shows one; none when the signals keep to the past
 */
export function findLookAhead(
  signalsFor: (candles: Candles) => ArrayLike<number>,
  candles: Candles,
  lengths: readonly number[],
): readonly LookAhead[] {
  const all = candles.openTimeMs.length;
  const bad = lengths.find((rows) => !(Number.isSafeInteger(rows) && rows >= 1 && rows <= all));
  if (bad !== undefined) {
    throw new ConfigError([{ path: 'lookAhead.lengths', message: `${bad} is not from 1 to ${all} candles` }]);
  }
  const whole = signalsFor(candles);
  return lengths.flatMap((rows) => {
    const truncated = signalsFor(truncateCandles(candles, rows));
    for (let row = 0; row < rows; row++) {
      if (Object.is(truncated[row], whole[row])) continue;
      return [{ rows, row, whole: whole[row]!, truncated: truncated[row]! }];
    }
    return [];
  });
}
