/**
 * How much of a label's time it has for itself. Labels that look 60 minutes ahead share their outcome with their
 * neighbours: 60 of them carry about as much as one.
 * Source: López de Prado, Advances in Financial Machine Learning (2018), section 4.4.
 */
import { checkLabelSpans, type LabelSpans } from './label-spans.ts';

/**
 * Average uniqueness: the mean over a label's span of one over the number of labels alive.
 * @returns `[rows]` in (0, 1]; their sum is about the number of independent outcomes
 */
export function averageUniqueness(spans: LabelSpans): Float64Array {
  checkLabelSpans(spans);
  const { timeMs, labelEndMs } = spans;
  const rows = timeMs.length;
  const ends = labelEndMs.toSorted();
  const times = Float64Array.from(new Set([...timeMs, ...ends])).toSorted();
  // Integral of 1/alive from the first time up to each time; nothing is added where no label is alive.
  const integral = new Float64Array(times.length);
  let started = 0;
  let ended = 0;
  for (let i = 0; i + 1 < times.length; i++) {
    while (started < rows && timeMs[started]! <= times[i]!) started++;
    while (ended < rows && ends[ended]! <= times[i]!) ended++;
    const alive = started - ended;
    integral[i + 1] = integral[i]! + (alive > 0 ? (times[i + 1]! - times[i]!) / alive : 0);
  }
  return timeMs.map((time, row) => {
    const end = labelEndMs[row]!;
    return (integral[positionOf(times, end)]! - integral[positionOf(times, time)]!) / (end - time);
  });
}

/** Position of a value that occurs in an ascending array. */
function positionOf(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
