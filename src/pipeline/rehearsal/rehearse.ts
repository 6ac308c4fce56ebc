/**
 * `experiment rehearse`: the daily cycle over stored days, as a live runner would go through it. A day is one line of a
 * journal; interrupted or killed, the same command goes on at the day after the last whole one, and ends with the same bytes.
 */
import { DataError, isoDay } from '../../domain/core/index.ts';
import { loadModelOf } from '../../platform/storage/index.ts';
import { modelHash } from '../artifacts.ts';
import { CandleModel, contextsOf } from '../candle-models/index.ts';
import { DayPlayer } from './day-player.ts';
import { Journal, type JournalLine } from './journal.ts';
import { planRehearsal, type RehearsalPlan, type RehearsalRequest, trainedUntilMs } from './request.ts';
import { SymbolPlayer } from './symbol-player.ts';

export interface Rehearsed {
  readonly plan: RehearsalPlan;
  /** The model asked for. */
  readonly model: string;
  readonly modelSha256: string;
  /** End of what it, or its MacroNet, has learned from. */
  readonly trainedUntilMs: number;
  /** Share of decisions that should be signals. */
  readonly signalTarget: number;
  /** Of the days asked for. */
  readonly lines: readonly JournalLine[];
  readonly journal: string;
  /** Days played now, and those that were in the journal. */
  readonly played: number;
  readonly reused: number;
  readonly seconds: { readonly embedding: number; readonly playing: number; readonly retraining: number };
}

/** @throws as {@link planRehearsal}; DataError when the journal is damaged, or of other candles */
export async function rehearse(request: RehearsalRequest): Promise<Rehearsed> {
  const { dataDir } = request.config;
  const model = await CandleModel.load(dataDir, request.model);
  try {
    const plan = await planRehearsal(request, model);
    const journal = await Journal.open(plan.folder, request);
    const started = performance.now();
    const players = await playersOf(request, plan, { model, journal });
    const embedding = (performance.now() - started) / 1000;
    requireSameCandles(journal, players, plan);
    const reused = Math.min(journal.lines.length, plan.days.length);
    const player = new DayPlayer(request, { plan, first: model, journal, players });
    const seconds = await player.play(plan.days.slice(reused));
    const { files, manifest } = await loadModelOf(dataDir, model.reference, { kinds: ['micro'] });
    const { buyShare, sellShare } = manifest.thresholds.adaptive;
    return {
      plan,
      model: model.reference,
      modelSha256: modelHash(files),
      trainedUntilMs: trainedUntilMs(model),
      signalTarget: buyShare + sellShare,
      lines: journal.lines.slice(0, plan.days.length),
      journal: journal.file,
      played: plan.days.length - reused,
      reused,
      seconds: { embedding, ...seconds },
    };
  } finally {
    await model.release();
  }
}

interface Stage {
  readonly model: CandleModel;
  readonly journal: Journal;
}

async function playersOf(
  { config, signal, onProgress }: RehearsalRequest,
  { venue, series: all, settings }: RehearsalPlan,
  { model, journal }: Stage,
): Promise<readonly SymbolPlayer[]> {
  const players: SymbolPlayer[] = [];
  for (const [i, series] of all.entries()) {
    signal.throwIfAborted();
    onProgress?.(0, `embeddings of ${series.symbol}`);
    const days = await contextsOf({ dataDir: config.dataDir, venue }, model, series);
    players.push(new SymbolPlayer({ series, settings: settings[i]!, days }, journal.states[i]));
  }
  return players;
}

function requireSameCandles(
  journal: Journal,
  players: readonly SymbolPlayer[],
  { days }: RehearsalPlan,
): void {
  for (const [i, line] of journal.lines.slice(0, days.length).entries()) {
    const other = players.find((player) => line.candles[player.symbol] !== player.hashOf(days[i]!));
    if (other === undefined) continue;
    throw new DataError(
      `${other.symbol}: the candles of ${isoDay(days[i]!)} are not those that ${journal.file} was played on; play the days again with --fresh`,
      { code: 'REHEARSAL_OTHER_CANDLES', context: { symbol: other.symbol, day: line.day } },
    );
  }
}
