/**
 * Prediction sets along a stream of bars: each outcome moves the level at the minute in which it becomes known and no
 * sooner, in history, replay and live alike.
 */
import { CLASS_COUNT, invariant, MINUTE_MS, NEUTRAL } from '../../domain/core/index.ts';
import { type BarTable, LOG_RETURN_FEATURE } from '../../domain/features/index.ts';
import { AdaptiveConformal, type ConformalState } from '../../domain/validation/index.ts';
import { type OutcomeRule, OutcomeWatch } from './outcome-watch.ts';

/** How sets begin, and how their outcomes are told. */
export interface SetRule {
  readonly conformal: ConformalState;
  readonly outcome: OutcomeRule;
}

export interface PredictionSet {
  /** Whether each of SELL, NEUTRAL, BUY belongs to it. */
  readonly members: readonly boolean[];
  /** It is not exactly one direction: nothing, nothing to do, or more than can be told apart. */
  readonly abstains: boolean;
}

export class PredictionSets {
  readonly #conformal: AdaptiveConformal;
  readonly #watch: OutcomeWatch;
  readonly #horizonMs: number;
  /** Sets whose outcome is not known yet, by minute, ascending. */
  readonly #open = new Map<number, readonly boolean[]>();
  #closedMs = Number.NaN;

  constructor({ conformal, outcome }: SetRule) {
    this.#conformal = new AdaptiveConformal(conformal);
    this.#watch = new OutcomeWatch(outcome);
    this.#horizonMs = outcome.lookaheadMinutes * MINUTE_MS;
  }

  /** Miscoverage level in force. */
  get level(): number {
    return this.#conformal.state.level;
  }

  /** A bar has closed, whether or not it gets a set; each is told once, in order of time. */
  close(minuteMs: number, logReturn: number): void {
    const outcome = this.#watch.push(minuteMs, logReturn);
    const known = minuteMs - this.#horizonMs;
    const members = this.#open.get(known);
    if (outcome !== null && members !== undefined) this.#conformal.observe(members[outcome]!);
    for (const asked of this.#open.keys()) {
      if (asked > known) break;
      this.#open.delete(asked);
    }
    this.#closedMs = minuteMs;
  }

  /**
   * The set of the bar that closed last.
   * @param probabilities SELL, NEUTRAL, BUY at `offset`, calibrated
   */
  ask(probabilities: ArrayLike<number>, offset = 0): PredictionSet {
    invariant(Number.isFinite(this.#closedMs), 'a set is asked for after its bar has closed');
    const members = this.#conformal.set(probabilities, offset, CLASS_COUNT);
    this.#open.set(this.#closedMs, members);
    return { members, abstains: members.filter(Boolean).length !== 1 || members[NEUTRAL]! };
  }
}

/**
 * The sets of some bars of a history, as a stream that gives its first one at the first of them would have given them.
 * @param rows ascending bars of the table
 * @param probabilities `[rows × 3]`, calibrated
 */
export function predictionSetsOver(
  bars: BarTable,
  rows: Int32Array,
  probabilities: Float64Array,
  rule: SetRule,
): readonly PredictionSet[] {
  const sets = new PredictionSets(rule);
  const width = bars.featureNames.length;
  const given: PredictionSet[] = [];
  for (let row = rows[0] ?? 0; given.length < rows.length; row++) {
    sets.close(bars.minuteMs[row]!, bars.features[row * width + LOG_RETURN_FEATURE]!);
    if (row === rows[given.length]) given.push(sets.ask(probabilities, given.length * CLASS_COUNT));
  }
  return given;
}
