/**
 * The road from one order-book event to a signal. Replay drives it today, a live socket tomorrow: the same object, the
 * same order of operations, so that a recorded session replayed gives the same signals.
 */
import { DIRECTIONS, invariant } from '../../domain/core/index.ts';
import type { Direction } from '../../domain/core/index.ts';
import { LOG_RETURN_FEATURE } from '../../domain/features/index.ts';
import type { BarSource, FeatureSet, IncompleteReason, MinuteBar } from '../../domain/features/index.ts';
import type { BookUpdate } from '../../domain/market/index.ts';
import { BarWindow } from './bar-window.ts';
import { PredictionSets, type SetRule } from './prediction-sets.ts';

export type Probabilities = readonly [sell: number, neutral: number, buy: number];

/** A model's answer to one window. */
export interface Scores {
  /** The network's own words, and the auditor's. */
  readonly base: Probabilities;
  readonly audited: Probabilities;
  /** The auditor's, calibrated: what signals go by. */
  readonly probabilities: Probabilities;
}

/** What the engine needs of a model. */
export interface SignalModel {
  readonly sequenceLength: number;
  /** The features that it was trained on; the bars must count what these count. */
  readonly featureSet: FeatureSet;
  /**
   * @param window `[sequenceLength × features]` raw features, row-major, oldest first
   */
  score(window: Float64Array): Promise<Scores>;
  /** Class index by the model's decision rule. */
  decide(probabilities: Probabilities): number;
  /** How its prediction sets begin; from there on the engine leads them. */
  readonly sets: SetRule;
}

export interface Signal extends Scores {
  /** Start of the bar that closed last; the signal is known one minute later. */
  readonly minuteMs: number;
  /** Micro price at the bar's close. */
  readonly price: number;
  readonly direction: Direction;
  /** Calibrated probability of {@link Signal.direction}. */
  readonly confidence: number;
  /** Classes that cannot be ruled out at the promised coverage, in the order of {@link DIRECTIONS}; may be empty. */
  readonly set: readonly Direction[];
  /** The set is not exactly one of SELL and BUY: nothing should be done on this signal. */
  readonly abstains: boolean;
}

export type EngineOutcome =
  | { readonly kind: 'signal'; readonly signal: Signal }
  | { readonly kind: 'warm-up'; readonly minuteMs: number; readonly price: number; readonly bars: number }
  | { readonly kind: 'incomplete'; readonly minuteMs: number; readonly reasons: readonly IncompleteReason[] };

const NOTHING: readonly EngineOutcome[] = [];

export class SignalEngine {
  readonly #bars: BarSource;
  readonly #model: SignalModel;
  readonly #window: BarWindow;
  readonly #sets: PredictionSets;

  constructor({ bars, model }: { readonly bars: BarSource; readonly model: SignalModel }) {
    this.#bars = bars;
    this.#model = model;
    this.#window = new BarWindow(model.sequenceLength, model.featureSet);
    this.#sets = new PredictionSets(model.sets);
  }

  /** Applies one update; returns one outcome for each bar that it closed (none, as a rule). */
  async process(update: BookUpdate): Promise<readonly EngineOutcome[]> {
    return await this.judge(this.#bars.process(update));
  }

  /** The stream has ended: what became of the minute that was still open. */
  async finish(): Promise<readonly EngineOutcome[]> {
    return await this.judge(this.#bars.flush());
  }

  /** Judges bars that were closed elsewhere, such as at the border of two archives. */
  async judge(closed: readonly MinuteBar[]): Promise<readonly EngineOutcome[]> {
    if (closed.length === 0) return NOTHING;
    const outcomes: EngineOutcome[] = [];
    for (const bar of closed) outcomes.push(await this.#judgeBar(bar));
    return outcomes;
  }

  async #judgeBar(bar: MinuteBar): Promise<EngineOutcome> {
    const { minuteMs, close } = bar;
    const window = this.#window.push(bar);
    this.#sets.close(minuteMs, bar.features[LOG_RETURN_FEATURE]!);
    if (bar.incomplete.length > 0) return { kind: 'incomplete', minuteMs, reasons: bar.incomplete };
    if (window === null) return { kind: 'warm-up', minuteMs, price: close, bars: this.#window.count };
    const scores = await this.#model.score(window);
    const { probabilities } = scores;
    const chosen = this.#model.decide(probabilities);
    const direction = DIRECTIONS[chosen];
    const confidence = probabilities[chosen];
    invariant(direction !== undefined && confidence !== undefined, 'a decision is one of three classes', {
      chosen,
    });
    const { members, abstains } = this.#sets.ask(probabilities);
    const set = DIRECTIONS.filter((_, k) => members[k]);
    const signal = { minuteMs, price: close, ...scores, direction, confidence, set, abstains };
    return { kind: 'signal', signal };
  }
}
