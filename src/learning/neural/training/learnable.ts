/** Whether there is anything to learn from, said plainly before it starts. */
import { DataError } from '../../../domain/core/index.ts';
import type { SequenceDataset } from './dataset.ts';

interface RowCounts {
  readonly asked: number;
  readonly usable: number;
  readonly sequenceLength: number;
}

/** @throws {DataError} when no row can be learned */
export function requireRows({ segments }: SequenceDataset, counts: RowCounts): void {
  const { asked, usable, sequenceLength } = counts;
  if (usable > 0) return;
  const longest = segments.reduce((most, { start, end }) => Math.max(most, end - start), 0);
  throw new DataError(
    `training: none of ${asked} training rows has a label and ${sequenceLength} contiguous bars; ` +
      `the longest segment has ${longest} bars; give more data or a shorter sequence`,
    { code: 'TRAINING_NO_ROWS', context: { asked, sequenceLength, longest } },
  );
}

interface Classes {
  readonly classes: number;
  readonly classNames?: readonly string[];
}

/** The classes that no row to learn from has, by name or number. */
export function missingClasses(
  { labels }: SequenceDataset,
  rows: Int32Array,
  { classes, classNames }: Classes,
): readonly string[] {
  const counts = new Int32Array(classes);
  for (const row of rows) counts[labels[row]!]! += 1;
  const missing = [...counts.keys()].filter((k) => counts[k] === 0);
  return missing.map((k) => classNames?.[k] ?? `class ${k}`);
}

export function classesMissing(names: readonly string[], rows: number): DataError {
  return new DataError(
    `training: none of the ${rows} rows to learn from is ${names.join(' or ')}; a class that never occurs cannot be ` +
      'learned: give more data, or a label definition with nearer thresholds',
    { code: 'TRAINING_CLASS_MISSING' },
  );
}
