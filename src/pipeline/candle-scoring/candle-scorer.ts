/** MicroNet one candle at a time, and MacroNet at every 00:00 UTC, as a backtest, a rehearsal or a live runner needs it. */
import { type Candle, CANDLE_INTERVALS, CandleFeatures, candleTable } from '../../domain/candles/index.ts';
import { DAY_MS, dayOf } from '../../domain/core/index.ts';
import type { CandleModel } from './candle-model.ts';
import { fillQuiet } from './candle-series.ts';
import { type DayOutcome, embedDay, historyMs } from './embed-days.ts';
import { scoresOf } from './score.ts';

export type CandleAnswer =
  | {
      readonly kind: 'score';
      readonly openTimeMs: number;
      /** In [−1, 1]. Of classes: p(BUY) − p(SELL). */
      readonly score: number;
      /** SELL, NEUTRAL, BUY, as the network gives them; null for scores. */
      readonly probabilities: readonly [number, number, number] | null;
    }
  /** Candles before this one are missing; why, in words. */
  | { readonly kind: 'warming-up'; readonly openTimeMs: number; readonly reason: string };

/**
 * Of one symbol. Equal to the bit to `scoreCandles` over the same candles. Candles come closed, in order of time, each
 * once; a call waits for the one before it.
 */
export class CandleScorer {
  readonly #model: CandleModel;
  readonly #symbol: string;
  readonly #stream: CandleFeatures;
  readonly #intervalMs: number;
  readonly #width: number;
  /** The last candles' features `[sequenceLength × features]`, oldest first. */
  readonly #window: Float64Array;
  /** Neighbouring candles up to now with all their features. */
  #whole = 0;
  #lastTimeMs = Number.NEGATIVE_INFINITY;
  /** As far back as today's embedding looks. */
  #history: Candle[] = [];
  #day: DayOutcome | undefined;

  constructor(model: CandleModel, symbol: string) {
    const { model: network, featureNames } = model.micro.description;
    this.#model = model;
    this.#symbol = symbol;
    this.#intervalMs = CANDLE_INTERVALS[model.interval];
    this.#stream = new CandleFeatures(model.interval);
    this.#width = featureNames.length;
    this.#window = new Float64Array(network.sequenceLength * featureNames.length);
  }

  /** Remembers a candle that nobody asks about: history before the first {@link push}. */
  observe(candle: Candle): void {
    const window = this.#window;
    window.copyWithin(0, this.#width);
    const at = window.length - this.#width;
    this.#stream.process(candle, window, at);
    fillQuiet(candle.volume, window, at);
    if (candle.openTimeMs !== this.#lastTimeMs + this.#intervalMs) this.#whole = 0;
    this.#whole = window.subarray(at).some(Number.isNaN) ? 0 : this.#whole + 1;
    this.#lastTimeMs = candle.openTimeMs;
    const oldestMs = dayOf(candle.openTimeMs) - historyMs(this.#model.interval, this.#model.settings);
    this.#history.push(candle);
    if (this.#history[0]!.openTimeMs < oldestMs - DAY_MS) {
      this.#history = this.#history.filter(({ openTimeMs }) => openTimeMs >= oldestMs);
    }
  }

  /** What is known when the candle has closed. */
  async push(candle: Candle): Promise<CandleAnswer> {
    const { micro } = this.#model;
    const { openTimeMs } = candle;
    const { sequenceLength, output } = micro.description.model;
    this.observe(candle);
    const day = await this.#contextOf(dayOf(candle.openTimeMs));
    if (day.kind === 'skipped') return { kind: 'warming-up', openTimeMs, reason: day.reason };
    if (this.#whole < sequenceLength) {
      const reason = `${this.#whole} of ${sequenceLength} neighbouring candles with all features`;
      return { kind: 'warming-up', openTimeMs, reason };
    }
    const answer = await micro.scoreWindow(this.#window, day);
    const [sell, neutral, buy] = answer;
    const probabilities = output === 'score' ? null : ([sell!, neutral!, buy!] as const);
    return { kind: 'score', openTimeMs, score: scoresOf(answer, output)[0]!, probabilities };
  }

  /** MacroNet runs once a day: at its first candle, from the candles before 00:00. */
  async #contextOf(dayMs: number): Promise<DayOutcome> {
    if (this.#day?.dayMs === dayMs) return this.#day;
    const { settings, interval } = this.#model;
    const macro = this.#model.macro?.model;
    const candles = candleTable(this.#history);
    this.#day = await embedDay({ macro, settings, symbol: this.#symbol, interval, candles, dayMs });
    return this.#day;
  }
}
