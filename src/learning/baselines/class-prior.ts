/** The least that a model must beat: the classes' shares in training, the same for every row. */
import { DataError } from '../../domain/core/index.ts';

export interface ClassPrior {
  /** `[classes]`, sums to 1. */
  readonly probabilities: readonly number[];
}

/** @throws DataError when there are no rows, or a label is not a class from 0 to `classes − 1` */
export function trainClassPrior(labels: ArrayLike<number>, classes: number): ClassPrior {
  const counts = Array.from({ length: classes }, () => 0);
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    if (!(label in counts)) {
      throw new DataError(`row ${row} has label ${label}, which is none of the ${classes} classes`, {
        code: 'LABEL_NOT_A_CLASS',
        context: { row, label, classes },
      });
    }
    counts[label]! += 1;
  }
  if (labels.length === 0) {
    throw new DataError('class shares need at least one labelled row', { code: 'TRAINING_ROWS_MISSING' });
  }
  return { probabilities: counts.map((count) => count / labels.length) };
}

/** `[rows × classes]` */
export function predictClassPrior({ probabilities }: ClassPrior, rows: number): Float64Array {
  const classes = probabilities.length;
  return Float64Array.from({ length: rows * classes }, (_, i) => probabilities[i % classes]!);
}
