/**
 * A recording through event engines: book updates, trades and mark prices in the order in which the recorder received them, each
 * at the exchange's time of it.
 */
import { isBookUpdate, type MarketEvent } from '../domain/market/index.ts';
import { MarketSource, openDecoder, type SourceReport, type Survey } from '../platform/sources/index.ts';

export interface PlayOptions {
  /** What the recording is told to. */
  readonly listeners: readonly { readonly next: (event: MarketEvent) => void }[];
  /** Nothing is told any more once an event lies beyond this time. Default: the recording is told to its end. */
  readonly endMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface PlayedRecording {
  /** Book updates, and the level changes in them. */
  readonly messages: number;
  readonly levels: number;
  readonly trades: number;
  readonly marks: number;
  /** Latest exchange time; −Infinity when there was no event. */
  readonly lastMs: number;
  readonly report: SourceReport;
}

/** @throws what {@link MarketSource} throws, and the signal's reason when aborted */
export async function playRecording(
  { instrument, files }: Pick<Survey, 'instrument' | 'files'>,
  { listeners, endMs = Infinity, signal }: PlayOptions,
): Promise<PlayedRecording> {
  const source = new MarketSource({
    files: files.map(({ path }) => path),
    decoder: openDecoder({ instruments: [instrument], files }, { trades: true, marks: true }),
    signal,
  });
  let [messages, levels, trades, marks, lastMs] = [0, 0, 0, 0, -Infinity];
  for await (const batch of source) {
    for (let event = batch.next(); event !== null && lastMs <= endMs; event = batch.next()) {
      for (const listener of listeners) listener.next(event);
      if (event.exchangeTimeMs > lastMs) lastMs = event.exchangeTimeMs;
      if (isBookUpdate(event)) {
        messages++;
        levels += event.bidCount + event.askCount;
      } else if (event.kind === 'trades') trades += event.trades.length;
      else marks++;
    }
    if (lastMs > endMs) break;
  }
  return { messages, levels, trades, marks, lastMs, report: source.report };
}
