/** One symbol's stored candles played to its cycle, day by day, through the objects that a live runner would use. */
import { candleAt, type CandleTable } from '../../domain/candles/index.ts';
import { DAY_MS, invariant } from '../../domain/core/index.ts';
import {
  type CycleOutput,
  type CyclePorts,
  type CycleSettings,
  type CycleState,
  DailyCycle,
  type DayRecord,
  drive,
  embeddingReference,
  type ServingModel,
} from '../../trading/cycle/index.ts';
import {
  type CandleModel,
  CandleScorer,
  cutTable,
  type DayOutcome,
  hashCandles,
  lookBackMs,
  rowsBetween,
  scoreCandles,
  type StoredSeries,
} from '../candle-models/index.ts';
import { trainedUntilMs } from './request.ts';

export interface PlayedSymbol {
  readonly series: StoredSeries;
  readonly settings: CycleSettings;
  /** From the cache, for every day that is played or that the model was taught on. */
  readonly days: readonly DayOutcome[];
}

/** Candles between two looks at the signal. */
const ABORT_EVERY = 48;

export class SymbolPlayer {
  readonly #played: PlayedSymbol;
  readonly #cycle: DailyCycle;
  readonly #dayAt: ReadonlyMap<number, DayOutcome>;
  #scorer: CandleScorer | undefined;

  /** @param state to go on from; a new cycle waits for {@link appoint} */
  constructor(played: PlayedSymbol, state?: CycleState) {
    this.#played = played;
    this.#cycle = new DailyCycle(played.settings, state);
    this.#dayAt = new Map(played.days.map((day) => [day.dayMs, day]));
  }

  get symbol(): string {
    return this.#played.series.symbol;
  }

  get state(): CycleState {
    return this.#cycle.state;
  }

  /** The model takes its post at 00:00 of a day, with its scores of the candles before. */
  async appoint(model: CandleModel, dayMs: number): Promise<void> {
    this.#cycle.process({ kind: 'model', model: await this.#serving(model, dayMs) });
    this.seat(model, dayMs);
  }

  /** The model goes on scoring, from the candles before `dayMs`. */
  seat(model: CandleModel, dayMs: number): void {
    const { symbol, candles } = this.#played.series;
    this.#scorer = new CandleScorer(model, symbol);
    const rows = rowsBetween(candles.openTimeMs, { fromMs: dayMs - lookBackMs(model), toMs: dayMs });
    for (let row = rows.start; row < rows.end; row++) this.#scorer.observe(candleAt(candles, row));
  }

  async playDay(dayMs: number, signal: AbortSignal): Promise<DayRecord> {
    const { candles } = this.#played.series;
    const rows = this.#rowsOf(dayMs);
    await this.#tell({ kind: 'midnight', dayMs });
    for (let row = rows.start; row < rows.end; row++) {
      if ((row - rows.start) % ABORT_EVERY === 0) signal.throwIfAborted();
      await this.#tell({ kind: 'candle', candle: candleAt(candles, row) });
    }
    const said = await this.#tell({ kind: 'day-end' });
    const day = said.find((output) => output.kind === 'day');
    invariant(day !== undefined, 'a day that is over has a record');
    return day.record;
  }

  /** Of the candles of a day. */
  hashOf(dayMs: number): string {
    return hashCandles(this.#played.series.candles, this.#rowsOf(dayMs));
  }

  #rowsOf(dayMs: number) {
    return rowsBetween(this.#played.series.candles.openTimeMs, { fromMs: dayMs, toMs: dayMs + DAY_MS });
  }

  async #tell(event: Parameters<typeof drive>[2]): Promise<readonly CycleOutput[]> {
    return await drive(this.#cycle, this.#ports, event);
  }

  readonly #ports: CyclePorts = {
    embed: async (dayMs) => {
      const day = this.#dayAt.get(dayMs);
      invariant(day !== undefined, 'every day that is played was asked of the cache', { dayMs });
      return await Promise.resolve(
        day.kind === 'embedded' ? { kind: 'embedded', embedding: [...day.embedding] } : day,
      );
    },
    score: async (candle) => {
      invariant(this.#scorer !== undefined, 'a model is seated before a day is played');
      return await this.#scorer.push(candle);
    },
  };

  async #serving(model: CandleModel, dayMs: number): Promise<ServingModel> {
    const { series, days, settings } = this.#played;
    const { candles, symbol, intervalMs } = series;
    const fromMs = dayMs - settings.thresholds.memory * intervalMs;
    const past = cutTable(
      candles,
      rowsBetween(candles.openTimeMs, { fromMs: fromMs - lookBackMs(model), toMs: dayMs }),
    );
    const untilMs = trainedUntilMs(model);
    const { data } = model.manifest;
    const taught = days.flatMap((day) =>
      day.kind === 'embedded' && day.dayMs >= data.fromMs && day.dayMs < untilMs
        ? [{ dayMs: day.dayMs, embedding: [...day.embedding] }]
        : [],
    );
    return {
      reference: model.reference,
      trainedUntilMs: untilMs,
      scores: await scoresOf(model, past, { symbol, fromMs, toMs: dayMs, days }),
      embeddings: embeddingReference(taught, settings.policy.farQuantile),
    };
  }
}

async function scoresOf(
  model: CandleModel,
  candles: CandleTable,
  span: Omit<Parameters<typeof scoreCandles>[1], 'candles'>,
): Promise<readonly number[]> {
  if (candles.rows === 0) return [];
  const { score } = await scoreCandles(model, { ...span, candles });
  return Array.from(score.filter((value) => !Number.isNaN(value)));
}
