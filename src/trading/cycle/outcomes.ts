/**
 * What became of the price after a decision, as soon as it can be known: when the last candle of the horizon has closed.
 * Nothing here looks ahead; a candle that is missing takes the decisions that wait across it with it.
 */
import { BUY, directionOfReturn, SELL } from '../../domain/core/index.ts';

/** From which size on a move counts as one. */
export type MoveRule =
  /** Log return over the horizon. */
  | { readonly kind: 'fixed'; readonly threshold: number }
  /** `deviations`·σ·√horizon, σ² the mean squared log return of the last `candles` candles, the decided one included. */
  | { readonly kind: 'volatility'; readonly deviations: number; readonly candles: number };

export interface OutcomeRule {
  readonly horizonCandles: number;
  readonly move: MoveRule;
}

export interface Outcome {
  /** Of the candle at whose close was decided. */
  readonly openTimeMs: number;
  /** What was decided: SELL 0, NEUTRAL 1, BUY 2. */
  readonly direction: number;
  /** ln(close at the end of the horizon / close of the candle) */
  readonly logReturn: number;
  /** SELL, NEUTRAL or BUY by the rule; null where its threshold was not known. */
  readonly moved: number | null;
}

/** Plain data. */
export interface OutcomeState {
  readonly lastTimeMs: number | null;
  /** Of neighbouring candles, the last one last; as many as the rule needs. */
  readonly closes: readonly number[];
  /** Decisions whose horizon is not over, oldest first. */
  readonly pending: readonly PendingDecision[];
}

interface PendingDecision {
  readonly openTimeMs: number;
  readonly direction: number;
  readonly threshold: number | null;
}

export const NO_OUTCOMES: OutcomeState = { lastTimeMs: null, closes: [], pending: [] };

export class Outcomes {
  readonly #rule: OutcomeRule;
  readonly #intervalMs: number;
  readonly #memory: number;
  readonly #closes: number[];
  readonly #pending: PendingDecision[];
  #lastTimeMs: number | null;

  constructor(rule: OutcomeRule, intervalMs: number, state: OutcomeState = NO_OUTCOMES) {
    const { horizonCandles, move } = rule;
    this.#rule = rule;
    this.#intervalMs = intervalMs;
    this.#memory = 1 + Math.max(horizonCandles, move.kind === 'volatility' ? move.candles : 0);
    this.#closes = [...state.closes];
    this.#pending = [...state.pending];
    this.#lastTimeMs = state.lastTimeMs;
  }

  get state(): OutcomeState {
    return { lastTimeMs: this.#lastTimeMs, closes: [...this.#closes], pending: [...this.#pending] };
  }

  /** A candle has closed. @returns the outcome of the decision a horizon ago; null where there was none */
  close(openTimeMs: number, close: number): Outcome | null {
    const closes = this.#closes;
    if (openTimeMs - (this.#lastTimeMs ?? openTimeMs) !== this.#intervalMs) {
      closes.length = 0;
      this.#pending.length = 0;
    }
    this.#lastTimeMs = openTimeMs;
    closes.push(close);
    if (closes.length > this.#memory) closes.shift();
    const { horizonCandles } = this.#rule;
    const [oldest] = this.#pending;
    if (oldest?.openTimeMs !== openTimeMs - horizonCandles * this.#intervalMs) return null;
    this.#pending.shift();
    const { threshold, ...decision } = oldest;
    const logReturn = Math.log(close / closes[closes.length - 1 - horizonCandles]!);
    const moved =
      threshold === null
        ? null
        : directionOfReturn(logReturn, { thresholdShort: -threshold, thresholdLong: threshold });
    return { ...decision, logReturn, moved };
  }

  /** What was decided at the close of the last candle. */
  decided(direction: number): void {
    if (this.#lastTimeMs === null) return;
    this.#pending.push({ openTimeMs: this.#lastTimeMs, direction, threshold: this.#threshold() });
  }

  #threshold(): number | null {
    const { move, horizonCandles } = this.#rule;
    if (move.kind === 'fixed') return move.threshold;
    const closes = this.#closes;
    if (closes.length <= move.candles) return null;
    let squares = 0;
    for (let i = closes.length - 1; i > closes.length - 1 - move.candles; i--) {
      squares += Math.log(closes[i]! / closes[i - 1]!) ** 2;
    }
    return move.deviations * Math.sqrt((squares / move.candles) * horizonCandles);
  }
}

/** Outcomes of one day, counted on the day on which they became known. */
export interface Tally {
  /** Decisions after which the price was higher or lower, and those after which it was higher. */
  readonly outcomes: number;
  readonly ups: number;
  /** Of these the signals, the BUY among them, and those whose side the price took. */
  readonly signals: number;
  readonly buys: number;
  readonly hits: number;
  /** Decisions after which the price moved by the rule; signals of which that is known; signals that it proved right. */
  readonly moves: number;
  readonly judged: number;
  readonly precise: number;
}

export const NO_TALLY: Tally = {
  outcomes: 0,
  ups: 0,
  signals: 0,
  buys: 0,
  hits: 0,
  moves: 0,
  judged: 0,
  precise: 0,
};

const TALLY_FIELDS = Object.keys(NO_TALLY) as (keyof Tally)[];

export function addTallies(a: Tally, b: Tally): Tally {
  return Object.fromEntries(TALLY_FIELDS.map((field) => [field, a[field] + b[field]])) as unknown as Tally;
}

export function tallyOf({ direction, logReturn, moved }: Outcome): Tally {
  const isSignal = direction === BUY || direction === SELL;
  const isKnown = logReturn !== 0;
  const isUp = logReturn > 0;
  const isMove = moved === BUY || moved === SELL;
  return {
    outcomes: Number(isKnown),
    ups: Number(isUp),
    signals: Number(isKnown && isSignal),
    buys: Number(isKnown && direction === BUY),
    hits: Number(isKnown && isSignal && isUp === (direction === BUY)),
    moves: Number(isMove),
    judged: Number(isSignal && moved !== null),
    precise: Number(isSignal && moved === direction),
  };
}
