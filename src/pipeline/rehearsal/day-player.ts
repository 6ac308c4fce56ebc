/** Day after day of all symbols: played, taught again where the policy calls for it and it may, and written down. */
import { DAY_MS, isoDay } from '../../domain/core/index.ts';
import type { DayRecord } from '../../trading/cycle/index.ts';
import { CandleModel } from '../candle-models/index.ts';
import type { Journal, RetrainedModel } from './journal.ts';
import { type RehearsalPlan, type RehearsalRequest, trainedUntilMs } from './request.ts';
import { retrain } from './retrain.ts';
import type { SymbolPlayer } from './symbol-player.ts';

interface Stage {
  readonly plan: RehearsalPlan;
  /** The model asked for. */
  readonly first: CandleModel;
  readonly journal: Journal;
  readonly players: readonly SymbolPlayer[];
}

interface Seconds {
  playing: number;
  retraining: number;
}

export class DayPlayer {
  readonly #request: RehearsalRequest;
  readonly #stage: Stage;
  readonly #seconds: Seconds = { playing: 0, retraining: 0 };
  /** That serves now. */
  #model: CandleModel;

  constructor(request: RehearsalRequest, stage: Stage) {
    this.#request = request;
    this.#stage = stage;
    this.#model = stage.first;
  }

  /** @param days those that the journal does not have */
  async play(days: readonly number[]): Promise<Readonly<Seconds>> {
    const { signal, onProgress } = this.#request;
    const { plan, first } = this.#stage;
    const [nextMs] = days;
    try {
      if (nextMs !== undefined) await this.#begin(nextMs);
      const over = plan.days.length - days.length;
      for (const [i, dayMs] of days.entries()) {
        signal.throwIfAborted();
        onProgress?.((over + i) / plan.days.length, isoDay(dayMs));
        await this.#playDay(dayMs);
      }
      return this.#seconds;
    } finally {
      if (this.#model !== first) await this.#model.release();
    }
  }

  /** The first model takes its post, or the one that served last goes on. */
  async #begin(nextMs: number): Promise<void> {
    const { journal, players, first } = this.#stage;
    const serving = journal.states[0]?.model;
    if (serving === undefined || serving === null) {
      for (const player of players) await player.appoint(first, nextMs);
      return;
    }
    const { onNote, config } = this.#request;
    onNote?.(`goes on at ${isoDay(nextMs)}: ${journal.lines.length} days are in ${journal.file}`);
    if (serving.reference !== first.reference)
      this.#model = await CandleModel.load(config.dataDir, serving.reference);
    for (const player of players) player.seat(this.#model, nextMs);
  }

  async #playDay(dayMs: number): Promise<void> {
    const { journal, players } = this.#stage;
    const started = performance.now();
    const records: DayRecord[] = [];
    for (const player of players) records.push(await player.playDay(dayMs, this.#request.signal));
    this.#seconds.playing += (performance.now() - started) / 1000;
    const retrained = await this.#teachAgain(dayMs, records);
    const candles = Object.fromEntries(players.map((player) => [player.symbol, player.hashOf(dayMs)]));
    const line = { day: isoDay(dayMs), candles, records, retrained };
    await journal.append(
      line,
      players.map(({ state }) => state),
    );
  }

  /** null where nothing calls for it, or it is only noted. */
  async #teachAgain(dayMs: number, records: readonly DayRecord[]): Promise<RetrainedModel | null> {
    const calling = records.filter(({ decision }) => decision.retrain);
    if (calling.length === 0 || this.#request.retrain === 'never') return null;
    const { plan, first, players } = this.#stage;
    // There is nothing new to learn within the time that the first model knows, nor a day after it.
    if (dayMs < trainedUntilMs(first) + DAY_MS) return null;
    const started = performance.now();
    const fromMs = dayMs + DAY_MS;
    const reference = await retrain(this.#request, { first, id: plan.id, untilMs: fromMs });
    const next = await CandleModel.load(this.#request.config.dataDir, reference);
    if (this.#model !== first) await this.#model.release();
    this.#model = next;
    for (const player of players) await player.appoint(next, fromMs);
    this.#seconds.retraining += (performance.now() - started) / 1000;
    return {
      model: reference,
      fromMs,
      trainedUntilMs: trainedUntilMs(next),
      reason: calling.map(({ symbol, decision }) => `${symbol}: ${decision.reason}`).join('; '),
    };
  }
}
