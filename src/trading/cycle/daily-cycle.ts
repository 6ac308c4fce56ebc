/**
 * The daily cycle of one symbol and its account, as a state machine: at 00:00 UTC it asks for the embedding of the day, at
 * every candle for a score, which becomes a decision by thresholds and a position by the backtest's rules; at the end of
 * the day it closes the books and says whether the model should be taught again. It reads no clock, no file and no label;
 * what it is not told has not happened. Whoever drives it answers what it asks: see `drive.ts`.
 */
import type { Candle } from '../../domain/candles/index.ts';
import { BUY, DAY_MS, dayOf, invariant, NEUTRAL, SELL } from '../../domain/core/index.ts';
import { AdaptiveThresholds } from '../../domain/signals/index.ts';
import type { CandleScore, CycleEvent, CycleOutput, DayEmbedding, ServingModel } from './cycle-events.ts';
import { type CycleSettings, requireValidCycle } from './cycle-settings.ts';
import { type CycleState, NEW_CYCLE, NEW_DAY, type OpenDay } from './cycle-state.ts';
import { dayAccount, type DayAccount } from './day-account.ts';
import type { DayRecord } from './day-record.ts';
import { distributionDistance, embeddingDriftOf } from './drift.ts';
import { addTallies, Outcomes, tallyOf } from './outcomes.ts';
import { decideRetraining, rememberedDays } from './policy.ts';

export class DailyCycle {
  readonly #settings: CycleSettings;
  readonly #outcomes: Outcomes;
  #thresholds: AdaptiveThresholds;
  #state: Omit<CycleState, 'thresholds' | 'outcomes'>;

  /**
   * @param state to go on from
   * @throws ConfigError naming every bad setting
   */
  constructor(settings: CycleSettings, state: CycleState = NEW_CYCLE(settings)) {
    requireValidCycle(settings);
    const { thresholds, outcomes, ...rest } = structuredClone(state);
    this.#settings = settings;
    this.#thresholds = new AdaptiveThresholds(settings.thresholds, thresholds);
    this.#outcomes = new Outcomes(settings.outcome, settings.intervalMs, outcomes);
    this.#state = rest;
  }

  /** Plain data, from which a cycle goes on as if it had never stopped. */
  get state(): CycleState {
    const [thresholds, outcomes] = [this.#thresholds.state, this.#outcomes.state];
    return structuredClone({ ...this.#state, thresholds, outcomes });
  }

  /** Units held at the last close, by the backtest's rules; below 0 when short. */
  get position(): number {
    return this.#state.today === null ? 0 : this.#account(this.#state.today, true).position;
  }

  process(event: CycleEvent): readonly CycleOutput[] {
    switch (event.kind) {
      case 'model':
        return this.#serve(event.model);
      case 'midnight':
        return this.#begin(event.dayMs);
      case 'embedded':
        return this.#embedded(event.answer);
      case 'candle':
        return this.#candle(event.candle);
      case 'scored':
        return this.#scored(event.answer);
      case 'day-end':
        return this.#end();
    }
  }

  #serve(model: ServingModel): readonly CycleOutput[] {
    invariant(this.#state.today === null, 'a model takes its post between days');
    this.#thresholds = new AdaptiveThresholds(this.#settings.thresholds);
    for (const score of model.scores) this.#thresholds.decide(score);
    this.#state = { ...this.#state, model, served: [], servedDays: 0 };
    return [];
  }

  #begin(dayMs: number): readonly CycleOutput[] {
    const { today, model } = this.#state;
    invariant(
      today === null && model !== null,
      'a day begins when the one before is over and a model serves',
    );
    invariant(dayMs % DAY_MS === 0, 'a day begins at 00:00 UTC', { dayMs });
    this.#state = { ...this.#state, today: NEW_DAY(dayMs) };
    return [{ kind: 'embed', dayMs }];
  }

  #embedded(answer: DayEmbedding): readonly CycleOutput[] {
    const today = this.#day('embedding');
    const vector = answer.kind === 'embedded' ? answer.embedding : null;
    const { model, vector: yesterday } = this.#state;
    const isNeighbour = yesterday?.dayMs === today.dayMs - DAY_MS;
    this.#state = {
      ...this.#state,
      vector: vector === null ? null : { dayMs: today.dayMs, embedding: vector },
      today: {
        ...today,
        awaits: 'candle',
        embedding: embeddingDriftOf(vector, isNeighbour ? yesterday.embedding : null, model!.embeddings),
        noEmbedding: answer.kind === 'skipped' ? answer.reason : null,
      },
    };
    return [];
  }

  #candle(candle: Candle): readonly CycleOutput[] {
    const today = this.#day('candle');
    const { openTimeMs, open, high, low, close, volume } = candle;
    invariant(dayOf(openTimeMs) === today.dayMs, 'a candle is of the day under way', { openTimeMs });
    const outcome = this.#outcomes.close(openTimeMs, close);
    today.candles.push({ openTimeMs, open, high, low, close, volume, direction: NEUTRAL });
    this.#state = {
      ...this.#state,
      today: {
        ...today,
        awaits: 'score',
        tally: outcome === null ? today.tally : addTallies(today.tally, tallyOf(outcome)),
      },
    };
    return [{ kind: 'score', candle }];
  }

  #scored(answer: CandleScore): readonly CycleOutput[] {
    const today = this.#day('score');
    const candle = today.candles.at(-1)!;
    if (answer.kind === 'warming-up') {
      this.#state = { ...this.#state, today: { ...today, awaits: 'candle', warmingUp: answer.reason } };
      return [];
    }
    const decision = this.#thresholds.decide(answer.score);
    const { direction, state, buyAbove, sellBelow } = decision;
    this.#outcomes.decided(direction);
    today.candles[today.candles.length - 1] = { ...candle, direction };
    this.#state = {
      ...this.#state,
      today: {
        ...today,
        awaits: 'candle',
        scored: today.scored + 1,
        decided: today.decided + Number(state === 'ready'),
        buys: today.buys + Number(direction === BUY),
        sells: today.sells + Number(direction === SELL),
        buyAbove: finite(buyAbove),
        sellBelow: finite(sellBelow),
      },
    };
    return [{ kind: 'decision', openTimeMs: candle.openTimeMs, decision }];
  }

  #end(): readonly CycleOutput[] {
    const today = this.#day('candle');
    const { policy, outcome } = this.#settings;
    const { model, equity, grossEquity, lastClose } = this.#state;
    const [net, gross] = [this.#account(today, true), this.#account(today, false)];
    const close = today.candles.at(-1)?.close ?? null;
    const reference = model!.scores.length > 0 && today.scored > 0;
    const scoreDistance = reference
      ? finite(distributionDistance(this.#thresholds.state.scores, model!.scores))
      : null;
    const isFar = today.embedding?.isFar ?? null;
    const servedDays = this.#state.servedDays + 1;
    const served = [...this.#state.served, { isFar, scoreDistance, tally: today.tally }].slice(
      -rememberedDays(policy),
    );
    const decision = decideRetraining({ served, servedDays }, policy, outcome.horizonCandles);
    this.#state = {
      ...this.#state,
      equity: net.equity,
      grossEquity: gross.equity,
      lastClose: close ?? lastClose,
      // Whether the retraining is done or not, the policy counts from here on.
      served: decision.retrain ? [] : served,
      servedDays: decision.retrain ? 0 : servedDays,
      today: null,
    };
    const { awaits: _, candles, dayMs, ...counted } = today;
    const record: DayRecord = {
      dayMs,
      symbol: this.#settings.symbol,
      model: model!.reference,
      inTraining: dayMs < model!.trainedUntilMs,
      candles: candles.length,
      missingCandles: DAY_MS / this.#settings.intervalMs - candles.length,
      ...counted,
      trades: net.trades,
      wins: net.wins,
      return: growth(equity, net.equity),
      grossReturn: growth(grossEquity, gross.equity),
      equity: net.equity,
      grossEquity: gross.equity,
      marketReturn: close === null || lastClose === null ? null : close / lastClose - 1,
      scoreDistance,
      decision,
    };
    return [{ kind: 'day', record }];
  }

  #account({ candles, dayMs }: OpenDay, withCosts: boolean): DayAccount {
    const { account, intervalMs, outcome } = this.#settings;
    const { equity, grossEquity } = this.#state;
    return dayAccount(candles, withCosts ? equity : grossEquity, {
      account: withCosts ? account : { ...account, costShare: 0 },
      dayMs,
      intervalMs,
      holdCandles: outcome.horizonCandles,
    });
  }

  #day(awaits: OpenDay['awaits']): OpenDay {
    const { today } = this.#state;
    invariant(today !== null && today.awaits === awaits, `the cycle does not await this (${awaits})`, {
      awaits: today?.awaits ?? 'midnight',
    });
    return today;
  }
}

/** An account that has lost everything earns nothing more. */
const growth = (before: number, after: number): number => (before > 0 ? after / before - 1 : 0);

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
