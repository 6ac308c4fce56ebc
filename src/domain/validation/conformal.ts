/**
 * Prediction sets that contain the truth as often as promised, also when the market changes: a class belongs to the
 * set when its probability is not more unusual than those of past truths. A set of one direction is a decision; any
 * other set is an abstention.
 * Sources: Sadinle, Lei & Wasserman, Least Ambiguous Set-Valued Classifiers (2019) for the score 1 − p(truth);
 * Gibbs & Candès, Adaptive Conformal Inference Under Distribution Shift (2021) for the feedback.
 */
import { ConfigError, type ConfigProblem, DataError } from '../core/index.ts';

export interface ConformalOptions {
  /** Share of the sets that shall contain the truth, such as 0.9. */
  readonly coverage: number;
  /** How far one outcome moves the level; default 0.005, 0 for a fixed level (split conformal prediction). */
  readonly rate?: number;
}

export interface ConformalState {
  readonly coverage: number;
  readonly rate: number;
  /** Miscoverage level in force: raised by every set that held the truth, lowered by every one that did not. */
  readonly level: number;
  /** Ascending scores 1 − p(truth) of the calibration rows, which nothing else was fitted on. */
  readonly scores: Float64Array;
}

/**
 * @param probabilities `[rows × classes]` of rows that neither model nor calibration has seen
 * @param labels `[rows]`
 * @throws ConfigError on bad options, DataError when there are too few rows for the coverage
 */
export function calibrateConformal(
  probabilities: Float64Array,
  labels: ArrayLike<number>,
  { coverage, rate = 0.005 }: ConformalOptions,
): AdaptiveConformal {
  const problems: ConfigProblem[] = [];
  if (!(coverage > 0 && coverage < 1))
    problems.push({ path: 'conformal.coverage', message: `${coverage} is not between 0 and 1` });
  if (!(rate >= 0 && rate < 1))
    problems.push({ path: 'conformal.rate', message: `${rate} is not between 0 and 1` });
  if (problems.length > 0) throw new ConfigError(problems);
  const rows = labels.length;
  const needed = Math.ceil(1 / (1 - coverage));
  if (rows < needed) {
    throw new DataError(
      `a coverage of ${coverage} needs ${needed} calibration rows or more, there are ${rows}; ask for less or bring more data`,
      { code: 'CONFORMAL_ROWS_FEW', context: { rows, needed } },
    );
  }
  const classes = probabilities.length / rows;
  const scores = Float64Array.from(
    { length: rows },
    (_, row) => 1 - probabilities[row * classes + labels[row]!]!,
  ).toSorted();
  return new AdaptiveConformal({ coverage, rate, level: 1 - coverage, scores });
}

/** Streaming: ask for a set, and tell the outcome when it is known, in the order of the questions. */
export class AdaptiveConformal {
  readonly #scores: Float64Array;
  readonly #rate: number;
  readonly #coverage: number;
  #level: number;

  constructor({ scores, rate, coverage, level }: ConformalState) {
    this.#scores = scores;
    this.#rate = rate;
    this.#coverage = coverage;
    this.#level = level;
  }

  get state(): ConformalState {
    return { coverage: this.#coverage, rate: this.#rate, level: this.#level, scores: this.#scores };
  }

  /** Greatest score that still belongs to a set: the ⌈(n + 1)(1 − level)⌉-th smallest; 1 or more admits every class. */
  get threshold(): number {
    const n = this.#scores.length;
    const rank = Math.ceil((n + 1) * (1 - this.#level));
    if (rank > n) return Infinity;
    return rank < 1 ? -Infinity : this.#scores[rank - 1]!;
  }

  /** Whether each class belongs to the set of the row whose `classes` probabilities begin at `offset`. */
  set(probabilities: ArrayLike<number>, offset = 0, classes = probabilities.length): readonly boolean[] {
    const { threshold } = this;
    return Array.from({ length: classes }, (_, k) => 1 - probabilities[offset + k]! <= threshold);
  }

  /** The outcome of a set that was given out: whether it held the truth. */
  observe(covered: boolean): void {
    const missed = covered ? 0 : 1;
    this.#level += this.#rate * (1 - this.#coverage - missed);
  }
}
