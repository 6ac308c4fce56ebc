/** Labels of minute bars: the direction of the price over the coming minutes. Looks ahead; nothing live may import it. */
import { DataError, directionOfReturn, MINUTE_MS, NO_LABEL } from '../core/index.ts';
import { checkLabelDefinition, type LabelDefinition } from './definition.ts';

/** One row a bar, as columns. */
export interface BarLabels {
  readonly definition: LabelDefinition;
  /** `[rows]` log return from the bar's close over the lookahead; NaN where there is no label. */
  readonly futureReturn: Float64Array;
  /** `[rows]` SELL 0, NEUTRAL 1, BUY 2, or −1 where there is no label. */
  readonly label: Int8Array;
  /**
   * `[rows]` end of the last minute that the label looks at, `minuteMs + (lookahead + 1) × 60,000`: from this instant
   * on the label is known. A bar that starts then or later shares no minute with it. NaN where there is no label.
   */
  readonly labelEndMs: Float64Array;
}

/**
 * `futureReturn(t) = Σ logReturn(t+1 … t+lookahead)`, by time: a bar has no label when any of these minutes is missing
 * or has no return. The bar's own return need not be known. BUY if above `thresholdLong`, SELL if below
 * `thresholdShort`, both strictly, else NEUTRAL.
 *
 * Each sum is taken afresh over its own minutes, so that no error drifts along a file and a label depends on nothing
 * but those minutes: three years of minutes at 60 ahead are 95 million additions, a tenth of a second.
 *
 * @param minuteMs `[rows]` starts of minutes, strictly ascending
 * @param logReturns `[rows]` `ln(close / previous minute's close)`, NaN where not available
 * @throws ConfigError on a bad definition, DataError when times are not ascending whole minutes
 */
export function labelBars(
  minuteMs: Float64Array,
  logReturns: Float64Array,
  definition: LabelDefinition,
): BarLabels {
  checkLabelDefinition(definition);
  checkMinutes(minuteMs, logReturns);
  const { lookaheadMinutes } = definition;
  const rows = minuteMs.length;
  const futureReturn = new Float64Array(rows).fill(Number.NaN);
  const label = new Int8Array(rows).fill(NO_LABEL);
  const labelEndMs = new Float64Array(rows).fill(Number.NaN);
  const known = knownMinutesAhead(minuteMs, logReturns);
  for (let row = 0; row < rows; row++) {
    if (known[row]! < lookaheadMinutes) continue;
    let sum = 0;
    for (let ahead = row + 1; ahead <= row + lookaheadMinutes; ahead++) sum += logReturns[ahead]!;
    futureReturn[row] = sum;
    label[row] = directionOfReturn(sum, definition);
    labelEndMs[row] = minuteMs[row]! + (lookaheadMinutes + 1) * MINUTE_MS;
  }
  return { definition, futureReturn, label, labelEndMs };
}

/** `[rows]`: how many of the minutes right after each row follow without a hole and have a return. */
function knownMinutesAhead(minuteMs: Float64Array, logReturns: Float64Array): Int32Array {
  const known = new Int32Array(minuteMs.length);
  for (let row = minuteMs.length - 2; row >= 0; row--) {
    const contiguous = minuteMs[row + 1]! - minuteMs[row]! === MINUTE_MS;
    known[row] = contiguous && Number.isFinite(logReturns[row + 1]!) ? known[row + 1]! + 1 : 0;
  }
  return known;
}

function checkMinutes(minuteMs: Float64Array, logReturns: Float64Array): void {
  if (minuteMs.length !== logReturns.length) {
    throw new DataError(
      `${minuteMs.length} bar times but ${logReturns.length} returns: give one return a bar, NaN where there is none`,
      { code: 'LABEL_LENGTHS_DIFFER', context: { times: minuteMs.length, returns: logReturns.length } },
    );
  }
  let previous = -Infinity;
  for (let row = 0; row < minuteMs.length; row++) {
    const time = minuteMs[row]!;
    if (!(time > previous) || time % MINUTE_MS !== 0) {
      throw new DataError(
        `bar ${row} has time ${time} after ${previous}: bars to be labelled start on whole minutes, each later than the one before`,
        { code: 'LABEL_TIMES_UNORDERED', context: { row, timeMs: time } },
      );
    }
    previous = time;
  }
}
