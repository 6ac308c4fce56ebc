/**
 * Combinatorial purged cross-validation: every group of rows is judged by several models, each of which has learned
 * from groups on both sides of it, purged and with an embargo. It gives several whole out-of-sample paths instead of
 * one, at the price that models also learn from what came later: a check of stability, never a forecast.
 * Source: López de Prado, Advances in Financial Machine Learning (2018), section 12.4.
 */
import { ConfigError, type ConfigProblem, DataError } from '../core/index.ts';
import { combinations } from '../math/index.ts';
import { checkLabelSpans, type LabelSpans, rowRange } from './label-spans.ts';

export interface CombinatorialSplit {
  /** Groups that are judged, ascending. */
  readonly groups: readonly number[];
  readonly train: Int32Array;
  /** The judged groups' rows, ascending. */
  readonly validation: Int32Array;
  /** `[groups.length]`: the path to which this split's predictions of each judged group belong. */
  readonly paths: readonly number[];
  readonly purged: number;
}

export interface CombinatorialPlan {
  readonly splits: readonly CombinatorialSplit[];
  /** `[groups]` rows of each group. */
  readonly groups: readonly Int32Array[];
  /** Number of whole out-of-sample paths. */
  readonly paths: number;
}

interface CombinatorialOptions {
  readonly spans: LabelSpans;
  /** Ascending row numbers; default all. */
  readonly rows?: Int32Array;
  /** Default 6. */
  readonly groups?: number;
  /** Groups judged in each split; default 2. */
  readonly judged?: number;
  /** Time kept free on both sides of what is judged. Default 0. */
  readonly embargoMs?: number;
}

/** @throws DataError when a split would have nothing to learn from, ConfigError on bad options */
export function combinatorialSplits(options: CombinatorialOptions): CombinatorialPlan {
  const { spans, groups: groupCount = 6, judged = 2, embargoMs = 0 } = options;
  checkLabelSpans(spans);
  const problems: ConfigProblem[] = [];
  if (!(Number.isSafeInteger(groupCount) && groupCount >= 2)) {
    problems.push({ path: 'split.groups', message: `${groupCount} is not a whole number from 2 on` });
  }
  if (!(Number.isSafeInteger(judged) && judged >= 1 && judged < groupCount)) {
    problems.push({ path: 'split.judged', message: `${judged} is not between 1 and ${groupCount - 1}` });
  }
  if (!(embargoMs >= 0))
    problems.push({ path: 'split.embargoMs', message: `${embargoMs} is not a time of 0 ms or more` });
  if (problems.length > 0) throw new ConfigError(problems);
  const rows = options.rows ?? rowRange(0, spans.timeMs.length);
  if (rows.length < groupCount) {
    throw new DataError(
      `${rows.length} rows cannot make ${groupCount} groups; bring more data or ask for fewer`,
      {
        code: 'SPLIT_PART_EMPTY',
        context: { rows: rows.length, groups: groupCount },
      },
    );
  }
  const groups = Array.from({ length: groupCount }, (_, g) =>
    rows.slice(Math.floor((g * rows.length) / groupCount), Math.floor(((g + 1) * rows.length) / groupCount)),
  );
  const reaches = groups.map((group) => reachOf(spans, group));
  const timesJudged = new Array<number>(groupCount).fill(0);
  const splits = Array.from(combinations(groupCount, judged), (chosen): CombinatorialSplit => {
    const isJudged = new Set(chosen);
    const others = rows.filter((_, i) => !isJudged.has(groupOf(i, rows.length, groupCount)));
    const train = others.filter((row) =>
      chosen.every((g) => {
        const { startMs, endMs } = reaches[g]!;
        return spans.labelEndMs[row]! + embargoMs <= startMs || spans.timeMs[row]! >= endMs + embargoMs;
      }),
    );
    if (train.length === 0) {
      throw new DataError(
        `nothing is left to learn from when the groups ${chosen.join(' and ')} of ${groupCount} are judged; ` +
          'bring more data, or fewer judged groups or a shorter lookahead',
        { code: 'SPLIT_PART_EMPTY', context: { groups: chosen.join() } },
      );
    }
    return {
      groups: chosen,
      train,
      validation: Int32Array.from(chosen.flatMap((g) => [...groups[g]!])),
      paths: chosen.map((g) => timesJudged[g]!++),
      purged: others.length - train.length,
    };
  });
  return { splits, groups, paths: timesJudged[0]! };
}

/** From the group's first row to the end of its last label. */
function reachOf(spans: LabelSpans, group: Int32Array): { readonly startMs: number; readonly endMs: number } {
  return {
    startMs: spans.timeMs[group[0]!]!,
    endMs: group.reduce((latest, row) => Math.max(latest, spans.labelEndMs[row]!), -Infinity),
  };
}

/** Group of the row at a position: the inverse of `floor(g · rows / groups)` as a group's first position. */
const groupOf = (position: number, rows: number, groups: number): number =>
  Math.floor(((position + 1) * groups - 1) / rows);
