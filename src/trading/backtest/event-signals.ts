/** What was decided elsewhere, said again at its time: signals made in bulk, and the outcomes of the signal engine. */
import { ConfigError, MINUTE_MS } from '../../domain/core/index.ts';
import type { EngineOutcome, Signal } from '../engine/index.ts';
import { refusal } from './candles.ts';
import { type Direction, ENTER_LONG, ENTER_SHORT, EXIT_LONG, EXIT_SHORT } from './signals.ts';
import type { MarketView, Strategy } from './strategy.ts';

/** Signals by the time at which their candle closed; at other closes it says nothing. */
export class TimedSignals implements Strategy {
  readonly #codes = new Map<number, number>();

  /**
   * @param closeMs `[n]` when each was made @param codes `[n]` see `signals.ts`
   * @throws DataError when the columns differ in length, or times do not ascend
   */
  constructor(closeMs: ArrayLike<number>, codes: ArrayLike<number>) {
    if (closeMs.length !== codes.length) {
      throw refusal('signals', codes.length, `${codes.length} signals beside ${closeMs.length} times`);
    }
    for (let row = 0; row < closeMs.length; row++) {
      const timeMs = closeMs[row]!;
      if (!(Number.isFinite(timeMs) && (row === 0 || timeMs > closeMs[row - 1]!))) {
        throw refusal('closeMs', row, `${timeMs} does not follow the time before it; sort the signals`);
      }
      this.#codes.set(timeMs, codes[row]!);
    }
  }

  decide(view: MarketView): number {
    return this.#codes.get(view.nowMs) ?? 0;
  }
}

/** When a signal of the engine is an entry. */
export type EntryRule =
  /** BUY and SELL, unless the prediction set abstains. */
  | { readonly kind: 'prediction-set' }
  /** The likelier of BUY and SELL, where its calibrated probability is at least this. */
  | { readonly kind: 'probability'; readonly atLeast: number };

export interface OutcomeRules {
  /** Default: by the prediction set. */
  readonly entry?: EntryRule;
  /** Under `long` a SELL leaves the position, under `short` a BUY does; under `both`, the default, they reverse it. */
  readonly direction?: Direction;
}

/**
 * Trades what the signal engine says. It is told the outcomes of an update before the event engine is told the update itself:
 * both close their minutes by it, and the order goes out after it. For how long a position is held is the exits' business:
 * `holdCandles` of as many minutes as the model looks ahead.
 */
export class OutcomeStrategy implements Strategy {
  readonly #entry: EntryRule;
  readonly #buy: number;
  readonly #sell: number;
  #closeMs = Number.NaN;
  #code = 0;

  /** @throws ConfigError for a probability that is none */
  constructor({ entry = { kind: 'prediction-set' }, direction = 'both' }: OutcomeRules = {}) {
    if (entry.kind === 'probability' && !(entry.atLeast > 0 && entry.atLeast <= 1)) {
      const message = `${entry.atLeast} is not a probability above 0`;
      throw new ConfigError([{ path: 'backtest.entry.atLeast', message }]);
    }
    this.#entry = entry;
    this.#buy = direction === 'short' ? EXIT_SHORT : ENTER_LONG;
    this.#sell = direction === 'long' ? EXIT_LONG : ENTER_SHORT;
  }

  /** In order of time. */
  observe(outcomes: readonly EngineOutcome[]): void {
    for (const outcome of outcomes) {
      const minuteMs = outcome.kind === 'signal' ? outcome.signal.minuteMs : outcome.minuteMs;
      this.#closeMs = minuteMs + MINUTE_MS;
      this.#code = outcome.kind === 'signal' ? this.#codeOf(outcome.signal) : 0;
    }
  }

  decide(view: MarketView): number {
    return view.nowMs === this.#closeMs ? this.#code : 0;
  }

  #codeOf({ direction, abstains, probabilities }: Signal): number {
    if (this.#entry.kind === 'prediction-set') {
      if (abstains || direction === 'NEUTRAL') return 0;
      return direction === 'BUY' ? this.#buy : this.#sell;
    }
    const [sell, , buy] = probabilities;
    if (Math.max(sell, buy) < this.#entry.atLeast || sell === buy) return 0;
    return buy > sell ? this.#buy : this.#sell;
  }
}
