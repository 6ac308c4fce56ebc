/**
 * Whose a REST snapshot is that does not name its symbol, in a stream that several symbols share. It is said only where
 * the stream leaves one possibility; a guess would put one market's book under another's name.
 */
import type { VenueName } from '../../domain/market/index.ts';

/** What a stream has shown of one symbol's order book lately. Plain data: it travels to worker threads. */
export interface SymbolTrace {
  readonly symbol: string;
  /** The update ids met, `firstUpdateId` being the first that a snapshot could be joined at. */
  readonly firstUpdateId: number;
  readonly lastUpdateId: number;
  /** Range of the best bids and asks, as far back as the trace goes; NaN while none is known. */
  readonly lowPrice: number;
  readonly highPrice: number;
}

export interface UnnamedSnapshot {
  readonly lastUpdateId: number;
  /** NaN for a side without levels. */
  readonly bestBid: number;
  readonly bestAsk: number;
}

/** Prices move; a symbol whose recent best prices are further away than this did not answer with this book. */
const PRICE_TOLERANCE = 0.1;
/** A snapshot is never older or newer than the stream around it by more updates than these, or than all met so far. */
const MIN_ID_SPAN = 10_000;
/** Venues that number each symbol's updates apart; USD-M has one sequence for all, which tells nothing. */
const NUMBERS_SYMBOLS_APART: ReadonlySet<VenueName> = new Set<VenueName>(['binance-spot']);

/** The symbols that the snapshot may be of: exactly one is an answer. */
export function possibleOwners(
  venue: VenueName,
  snapshot: UnnamedSnapshot,
  traces: readonly SymbolTrace[],
): readonly string[] {
  const only = traces.length === 1 ? traces[0] : undefined;
  if (only !== undefined) return [only.symbol];
  const idsTell = NUMBERS_SYMBOLS_APART.has(venue);
  return traces
    .filter((trace) => pricesAllow(snapshot, trace) && (!idsTell || idsAllow(snapshot, trace)))
    .map(({ symbol }) => symbol);
}

function idsAllow({ lastUpdateId }: UnnamedSnapshot, trace: SymbolTrace): boolean {
  const span = Math.max(MIN_ID_SPAN, trace.lastUpdateId - trace.firstUpdateId);
  return lastUpdateId >= trace.firstUpdateId - span && lastUpdateId <= trace.lastUpdateId + span;
}

/** What is not known rules nothing out. */
function pricesAllow({ bestBid, bestAsk }: UnnamedSnapshot, { lowPrice, highPrice }: SymbolTrace): boolean {
  const isTooHigh = bestBid > highPrice * (1 + PRICE_TOLERANCE);
  const isTooLow = bestAsk < lowPrice * (1 - PRICE_TOLERANCE);
  return !isTooHigh && !isTooLow;
}
