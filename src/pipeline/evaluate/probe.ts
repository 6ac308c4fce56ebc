/**
 * The look-ahead probe: everything that is computed from bars or candles is computed again from a history that ends at the row in
 * question, and must come out the same to the bit. Source of the idea: freqtrade's look-ahead analysis.
 */
import { Random, isoMinute } from '../../domain/core/index.ts';
import type { BarTable } from '../../domain/features/index.ts';
import type { Check } from '../report/index.ts';

/** Something that is computed for rows of a table. */
export interface View<Table> {
  readonly name: string;
  /** `[rows × columns.length]` */
  readonly columns: readonly string[];
  readonly compute: (table: Table, rows: Int32Array) => Float64Array | Promise<Float64Array>;
}

/** Rows in order of time. */
export interface History<Table> {
  readonly whole: Table;
  /** `[rows]` */
  readonly timeMs: Float64Array;
  /** The first rows by themselves, copied: nothing beyond them can be reached through a shared buffer. */
  readonly first: (rows: number) => Table;
}

export interface ProbePlan {
  /** Rows at which anything may be asked, ascending. */
  readonly rows: Int32Array;
  /** How many truncated histories, and rows looked at in each. */
  readonly cuts: number;
  readonly rowsPerCut: number;
  readonly seed: number;
}

export const LOOK_AHEAD_PROBE = 'look-ahead probe';

export async function lookAheadProbe<Table>(
  history: History<Table>,
  views: readonly View<Table>[],
  { rows, cuts, rowsPerCut, seed }: ProbePlan,
): Promise<Check> {
  const random = Random.fromLabel(seed, LOOK_AHEAD_PROBE);
  let comparisons = 0;
  const differences: string[] = [];
  for (let cut = 0; cut < Math.min(cuts, rows.length); cut++) {
    const last = random.integer(rows.length);
    const asked = Int32Array.from(
      new Set([last, ...Array.from({ length: rowsPerCut - 1 }, () => random.integer(last + 1))]),
      (i) => rows[i]!,
    ).toSorted();
    const past = history.first(rows[last]! + 1);
    for (const { name, columns, compute } of views) {
      const whole = await compute(history.whole, asked);
      const alone = await compute(past, asked);
      comparisons += whole.length;
      const at = whole.findIndex((value, i) => !Object.is(value, alone[i]));
      if (at < 0 && whole.length === alone.length) continue;
      const row = asked[Math.floor(at / columns.length)]!;
      differences.push(
        `${name}: ${columns[at % columns.length]!} at ${isoMinute(history.timeMs[row]!)} is ${whole[at]!} with the future and ${alone[at]!} without it`,
      );
    }
  }
  const made = `${comparisons.toLocaleString('en')} values of ${views.map(({ name }) => name).join(', ')} at ${Math.min(cuts, rows.length)} random cuts`;
  return differences.length === 0
    ? {
        name: LOOK_AHEAD_PROBE,
        outcome: 'passed',
        detail: `${made}: the same to the bit without the future`,
        comparisons,
      }
    : {
        name: LOOK_AHEAD_PROBE,
        outcome: 'failed',
        detail: `${differences[0]!}; ${differences.length} view${differences.length === 1 ? '' : 's'} of ${made} differ`,
        comparisons,
      };
}

export function barHistory(bars: BarTable): History<BarTable> {
  const { minuteMs, featureNames, features, close } = bars;
  return {
    whole: bars,
    timeMs: minuteMs,
    first: (rows) => ({
      rows,
      minuteMs: minuteMs.slice(0, rows),
      featureNames,
      features: features.slice(0, rows * featureNames.length),
      close: close.slice(0, rows),
    }),
  };
}
