/**
 * What became of the price after a bar, as soon as it can be known: the road's own memory, which sees no label. History
 * gives the same outcomes as labels to the bit, because both add the same returns in the same order.
 */
import { type DirectionThresholds, directionOfReturn, MINUTE_MS } from '../../domain/core/index.ts';

/** The model's label as plain numbers. */
export interface OutcomeRule extends DirectionThresholds {
  readonly lookaheadMinutes: number;
}

export class OutcomeWatch {
  readonly #rule: OutcomeRule;
  /** The last returns, in a ring: the oldest lies where the next is written. */
  readonly #returns: Float64Array;
  #next = 0;
  /** Bars in a row up to the last one that followed the one before without a hole and have a return. */
  #known = 0;
  #lastMinuteMs = Number.NaN;

  constructor(rule: OutcomeRule) {
    this.#rule = rule;
    this.#returns = new Float64Array(rule.lookaheadMinutes);
  }

  /**
   * Takes the next closed bar; times ascend.
   * @param logReturn from the minute before, NaN where not available
   * @returns the class of the bar `lookaheadMinutes` before this one; null when a minute or a return between is missing
   */
  push(minuteMs: number, logReturn: number): number | null {
    const follows = minuteMs - this.#lastMinuteMs === MINUTE_MS && Number.isFinite(logReturn);
    this.#lastMinuteMs = minuteMs;
    this.#known = follows ? this.#known + 1 : 0;
    if (!follows) return null;
    const length = this.#returns.length;
    this.#returns[this.#next] = logReturn;
    this.#next = (this.#next + 1) % length;
    if (this.#known < length) return null;
    let sum = 0;
    for (let i = 0; i < length; i++) sum += this.#returns[(this.#next + i) % length]!;
    return directionOfReturn(sum, this.#rule);
  }
}
