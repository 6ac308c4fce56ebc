/** The forecast of one who has no model: what happened last will happen again. */
import { CLASS_COUNT, NO_LABEL } from '../../domain/core/index.ts';
import { trainClassPrior } from '../../learning/baselines/index.ts';
import type { LabelledRows } from '../labelled-rows.ts';
import type { Judge } from './score.ts';
import { labelsAt } from './test-rows.ts';
import type { JudgedRows } from './test-rows.ts';

/**
 * Decides for the last class that was known when the row's bar closed: the one whose label ended by then. Its
 * probabilities are the shares of the classes that followed such a class in development.
 */
export function persistenceJudge({ data, development, test }: JudgedRows): Judge {
  const labels = labelsAt(data, development);
  const prior = trainClassPrior(labels, CLASS_COUNT).probabilities;
  // As much as one row of the prior is added, so that no share is 0.
  const counts = Array.from({ length: CLASS_COUNT }, () => [...prior]);
  lastKnownLabels(data, development).forEach((last, i) => {
    if (last !== NO_LABEL) counts[last]![labels[i]!]! += 1;
  });
  const shares = counts.map((row) => {
    const total = row.reduce((a, b) => a + b, 0);
    return row.map((count) => count / total);
  });
  const known = lastKnownLabels(data, test);
  const mostFrequent = prior.indexOf(Math.max(...prior));
  return {
    id: 'persistence',
    name: 'Persistence: the last known label again',
    probabilities: Float64Array.from(
      [...known].flatMap((last) => (last === NO_LABEL ? prior : shares[last]!)),
    ),
    decision: known.map((last) => (last === NO_LABEL ? mostFrequent : last)),
  };
}

/** `[positions]` class of the latest label that had ended when each row's bar closed; −1 before the first. */
export function lastKnownLabels(
  { rows, labels, spans, unit }: LabelledRows,
  positions: Int32Array,
): Int8Array {
  const last = new Int8Array(positions.length);
  let ended = -1;
  for (const [i, position] of positions.entries()) {
    const closedMs = spans.timeMs[position]! + unit.ms;
    while (ended + 1 < spans.labelEndMs.length && spans.labelEndMs[ended + 1]! <= closedMs) ended++;
    last[i] = ended < 0 ? NO_LABEL : labels.label[rows[ended]!]!;
  }
  return last;
}
