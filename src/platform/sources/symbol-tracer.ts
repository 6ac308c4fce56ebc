/** Follows what a stream shows of one symbol, as far as it helps to tell whose an unnamed snapshot is. */
import type { SymbolTrace } from './snapshot-owner.ts';
import type { BookMessage } from './venue-message.ts';

/** Recent prices are those of the last 32 to 64 messages that show both sides. */
const GENERATION = 32;
/** A message whose best bid and ask lie further apart changes the depth of the book and does not show its top. */
const MAX_SPREAD = 0.05;

export class SymbolTracer implements SymbolTrace {
  readonly symbol: string;
  firstUpdateId = Number.NaN;
  lastUpdateId = Number.NaN;
  #young = emptyRange();
  #old = emptyRange();
  #inGeneration = 0;
  readonly #ever = emptyRange();

  constructor(symbol: string) {
    this.symbol = symbol;
  }

  get lowPrice(): number {
    const low = Math.min(this.#young.low, this.#old.low);
    return Number.isFinite(low) ? low : Number.NaN;
  }

  get highPrice(): number {
    const high = Math.max(this.#young.high, this.#old.high);
    return Number.isFinite(high) ? high : Number.NaN;
  }

  /** Whether the stream carries the symbol's book at all, and not only its trades or quotes. */
  get hasBook(): boolean {
    return !Number.isNaN(this.lastUpdateId);
  }

  /** @param previousUpdateId NaN where the venue has none */
  addIds(firstUpdateId: number, lastUpdateId: number, previousUpdateId: number): void {
    if (!this.hasBook) {
      this.firstUpdateId = Number.isNaN(previousUpdateId) ? firstUpdateId - 1 : previousUpdateId;
      this.lastUpdateId = lastUpdateId;
    } else if (lastUpdateId > this.lastUpdateId) this.lastUpdateId = lastUpdateId;
  }

  /** Prices that do not look like the two sides of a market are passed over. */
  addPrices(bestBid: number, bestAsk: number): void {
    if (!(bestBid > 0 && bestAsk >= bestBid && bestAsk <= bestBid * (1 + MAX_SPREAD))) return;
    if (this.#inGeneration === GENERATION) {
      this.#old = this.#young;
      this.#young = emptyRange();
      this.#inGeneration = 0;
    }
    this.#inGeneration++;
    widen(this.#young, bestBid, bestAsk);
    widen(this.#ever, bestBid, bestAsk);
  }

  addMessage(message: BookMessage): void {
    const { firstUpdateId, lastUpdateId, previousUpdateId } = message;
    if (message.kind === 'delta') this.addIds(firstUpdateId, lastUpdateId, previousUpdateId);
    const { bestBid, bestAsk } = bestPrices(message);
    this.addPrices(bestBid, bestAsk);
  }

  /** What the head of a file, which follows, will show: it counts as recent until as much has been read. */
  addTrace(trace: SymbolTrace): void {
    this.addIds(trace.firstUpdateId, trace.lastUpdateId, Number.NaN);
    if (Number.isNaN(trace.lowPrice)) return;
    this.#old = { low: trace.lowPrice, high: trace.highPrice };
    this.#young = emptyRange();
    this.#inGeneration = 0;
  }

  /** All that has been seen from the first message on, as plain data. */
  get trace(): SymbolTrace {
    const { symbol, firstUpdateId, lastUpdateId } = this;
    const { low, high } = this.#ever;
    const isKnown = low <= high;
    return {
      symbol,
      firstUpdateId,
      lastUpdateId,
      lowPrice: isKnown ? low : Number.NaN,
      highPrice: isKnown ? high : Number.NaN,
    };
  }
}

interface PriceRange {
  low: number;
  high: number;
}

function emptyRange(): PriceRange {
  return { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };
}

function widen(range: PriceRange, bestBid: number, bestAsk: number): void {
  if (bestBid < range.low) range.low = bestBid;
  if (bestAsk > range.high) range.high = bestAsk;
}

/** Of the levels that a message sets; NaN for a side of which it sets none. */
export function bestPrices({ bids, asks }: Pick<BookMessage, 'bids' | 'asks'>): {
  readonly bestBid: number;
  readonly bestAsk: number;
} {
  let bestBid = Number.NaN;
  let bestAsk = Number.NaN;
  for (const price of livePrices(bids)) if (!(price <= bestBid)) bestBid = price;
  for (const price of livePrices(asks)) if (!(price >= bestAsk)) bestAsk = price;
  return { bestBid, bestAsk };
}

/** Malformed levels are met, and refused, where they are converted. */
function livePrices(levels: readonly unknown[]): readonly number[] {
  return levels.flatMap((level) => {
    if (!Array.isArray(level) || !(Number(level[1]) > 0)) return [];
    const price = Number(level[0]);
    return price > 0 ? [price] : [];
  });
}
