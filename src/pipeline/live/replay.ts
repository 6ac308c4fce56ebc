/** Runs a recording through book → bars → model → auditor → signal: the road that live will take. */
import { dayOf } from '../../domain/core/index.ts';
import {
  ArchivesToBars,
  type BarSource,
  BookToBars,
  type MinuteBar,
  type MinuteBarOptions,
} from '../../domain/features/index.ts';
import { isBookUpdate, parseVenueName } from '../../domain/market/index.ts';
import {
  MarketSource,
  openDecoder,
  type Survey,
  surveyInputs,
  symbolMissing,
} from '../../platform/sources/index.ts';
import { SignalEngine } from '../../trading/engine/index.ts';
import type { EngineOutcome, SignalModel } from '../../trading/engine/index.ts';

export interface ReplayOptions {
  readonly venue: string;
  readonly symbol: string;
  /** Files and folders, as for ingest. */
  readonly inputs: readonly string[];
  readonly model: SignalModel;
  readonly tickSize?: string | undefined;
  readonly lotSize?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called for every closed minute, in order of time. */
  readonly onOutcome: (outcome: EngineOutcome) => void;
}

export interface ReplayResult {
  readonly files: number;
  readonly messages: number;
  readonly minutes: number;
  readonly signals: number;
  /** Signals whose prediction set is not one direction. */
  readonly abstentions: number;
  readonly warmUpMinutes: number;
  readonly incompleteMinutes: number;
  readonly gaps: number;
  readonly quarantined: number;
  /** Files that turned out to be damaged; what lies before the damage was replayed. */
  readonly damaged: readonly string[];
}

/**
 * @throws ConfigError for an unknown venue, DataError when there is nothing to replay, the signal's reason when aborted
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const venue = parseVenueName(options.venue);
  const symbol = options.symbol.toUpperCase();
  const survey = await surveyInputs({ ...options, venue, symbol });
  const stream = openStream(survey, { logVolume: options.model.featureSet.logVolume ?? 'messages' });
  const engine = new SignalEngine({ bars: stream.bars, model: options.model });
  const source = new MarketSource({
    files: survey.files.map((file) => file.path),
    decoder: openDecoder({ instruments: [survey.instrument], files: survey.files }),
    signal: options.signal,
  });
  let abstentions = 0;
  const counts = { signal: 0, 'warm-up': 0, incomplete: 0 };
  const emit = (outcomes: readonly EngineOutcome[]): void => {
    for (const outcome of outcomes) {
      counts[outcome.kind]++;
      if (outcome.kind === 'signal' && outcome.signal.abstains) abstentions++;
      options.onOutcome(outcome);
    }
  };
  for await (const batch of source) {
    emit(await engine.judge(stream.enter(batch.file)));
    for (let event = batch.next(); event !== null; event = batch.next()) {
      if (isBookUpdate(event)) emit(await engine.process(event));
    }
  }
  emit(await engine.finish());
  const { report } = source;
  const { applied, gaps } = stream.counts();
  if (applied === 0) throw symbolMissing(symbol, report.symbolsSeen.keys());
  return {
    files: survey.files.length,
    messages: applied,
    minutes: counts.signal + counts['warm-up'] + counts.incomplete,
    signals: counts.signal,
    abstentions,
    warmUpMinutes: counts['warm-up'],
    incompleteMinutes: counts.incomplete,
    gaps,
    quarantined: report.quarantined,
    damaged: [...survey.damaged, ...report.damaged].map((file) => file.reason),
  };
}

interface ReplayStream {
  readonly bars: BarSource;
  /** A file's messages follow; returns bars that this closes. */
  readonly enter: (file: string) => readonly MinuteBar[];
  readonly counts: () => { readonly applied: number; readonly gaps: number };
}

/** Recordings are one stream; a venue's day archives are each by itself, exactly as ingest takes them. */
function openStream(
  { instrument, files }: Survey,
  counting: Pick<MinuteBarOptions, 'logVolume'>,
): ReplayStream {
  if (files.some((file) => file.hasReceiveTimes)) {
    const bars = new BookToBars(instrument, counting);
    return { bars, enter: () => [], counts: () => bars.sequencedBook.counts };
  }
  const days = new Map(files.map((file) => [file.path, dayOf(file.firstTimeMs)]));
  const bars = new ArchivesToBars(instrument, counting);
  let openDayMs = Number.NaN;
  const enter = (file: string): readonly MinuteBar[] => {
    const dayMs = days.get(file) ?? openDayMs;
    if (dayMs === openDayMs) return [];
    openDayMs = dayMs;
    return bars.open(dayMs);
  };
  return { bars, enter, counts: () => bars.counts };
}
