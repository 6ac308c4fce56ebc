/** How many book events a second go through the event engine, with and without the decoding of the messages. */
import {
  type BookUpdate,
  copyBookUpdate,
  type Instrument,
  isBookUpdate,
  parseVenueName,
  SequencedBook,
} from '../../domain/market/index.ts';
import { MarketSource, openDecoder, type Survey, surveyInputs } from '../../platform/sources/index.ts';
import {
  ENTER_LONG,
  ENTER_SHORT,
  EventEngine,
  type EventResult,
  type EventSettings,
  type Strategy,
} from '../../trading/backtest/index.ts';
import { playRecording } from '../play-recording.ts';

export interface EventsRunOptions {
  readonly venue: string;
  readonly symbol: string;
  readonly inputs: readonly string[];
  readonly rounds: number;
  /** Level changes to be held decoded in memory; 16 bytes each. */
  readonly mostLevels: number;
}

/** One pass over a stream. */
export interface Pass {
  readonly messages: number;
  /** Changes of one level each, those of snapshots included. */
  readonly levels: number;
  /** Best of the rounds. */
  readonly seconds: number;
}

export interface EventsFigures {
  /** Sequencer and book alone, decoded messages. */
  readonly book: Pass;
  /** The engine with a strategy, an account and resting orders, the same messages. */
  readonly engine: Pass;
  /** From the files on, all of them, with their trades and mark prices. */
  readonly decoded: Pass;
  /** Of the last. */
  readonly trades: number;
  readonly fills: number;
  readonly minutes: number;
}

/** Always in the market: each minute with the direction of the last, with a take-profit at rest and stops watched. */
const SETTINGS: EventSettings = {
  latency: { entryMs: 20, responseMs: 20 },
  fees: { taker: 0.0005, maker: 0.0002 },
  sizing: { kind: 'fraction', fraction: 0.5 },
  exits: { stopLoss: 0.01, takeProfit: 0.005, trailingStop: 0.01 },
};

const following = (): Strategy => ({
  decide: (view) => (view.close() > view.close(1) ? ENTER_LONG : ENTER_SHORT),
});

export async function runEvents(options: EventsRunOptions, clock: () => number): Promise<EventsFigures> {
  const survey = await surveyInputs({ ...options, venue: parseVenueName(options.venue) });
  const { instrument } = survey;
  const updates = await decodedUpdates(survey, options.mostLevels);
  const size = {
    messages: updates.length,
    levels: updates.reduce((sum, update) => sum + levelsOf(update), 0),
  };
  let [book, engine, decoded] = [Infinity, Infinity, Infinity];
  let last = await throughEngine(survey);
  const secondsOf = (startedMs: number): number => (clock() - startedMs) / 1_000;
  for (let round = 0; round < options.rounds; round++) {
    let startedMs = clock();
    throughBook(instrument, updates);
    book = Math.min(book, secondsOf(startedMs));
    startedMs = clock();
    const passing = new EventEngine({ instrument, strategy: following(), settings: SETTINGS });
    for (const update of updates) passing.process(update);
    passing.finish();
    engine = Math.min(engine, secondsOf(startedMs));
    startedMs = clock();
    last = await throughEngine(survey);
    decoded = Math.min(decoded, secondsOf(startedMs));
  }
  const { result, trades, ...whole } = last;
  return {
    book: { ...size, seconds: book },
    engine: { ...size, seconds: engine },
    decoded: { ...whole, seconds: decoded },
    trades,
    fills: result.fills.length,
    minutes: result.equity.length,
  };
}

const levelsOf = ({ bidCount, askCount }: BookUpdate): number => bidCount + askCount;

async function decodedUpdates(
  { instrument, files }: Survey,
  mostLevels: number,
): Promise<readonly BookUpdate[]> {
  const decoder = openDecoder({ instruments: [instrument], files });
  const source = new MarketSource({ files: files.map(({ path }) => path), decoder });
  const updates: BookUpdate[] = [];
  let levels = 0;
  for await (const batch of source) {
    for (let event = batch.next(); event !== null; event = batch.next()) {
      if (!isBookUpdate(event) || levels >= mostLevels) continue;
      updates.push(copyBookUpdate(event));
      levels += levelsOf(event);
    }
    if (levels >= mostLevels) break;
  }
  return updates;
}

function throughBook({ venue }: Instrument, updates: readonly BookUpdate[]): void {
  const ignore = (): void => {};
  const book = new SequencedBook(venue, { onApplied: ignore, onBreak: ignore, onTime: ignore });
  for (const update of updates) book.process(update);
}

interface Passed extends Omit<Pass, 'seconds'> {
  readonly trades: number;
  readonly result: EventResult;
}

async function throughEngine(survey: Survey): Promise<Passed> {
  const { instrument } = survey;
  const engine = new EventEngine({ instrument, strategy: following(), settings: SETTINGS });
  const { messages, levels, trades } = await playRecording(survey, { listeners: [engine] });
  return { messages, levels, trades, result: engine.finish() };
}
