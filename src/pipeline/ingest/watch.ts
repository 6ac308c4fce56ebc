/** Keeps account of what a stream loses, and refuses one whose time runs backwards. */
import { DataError, isoMinute, MINUTE_MS } from '../../domain/core/index.ts';
import type { BookToBars } from '../../domain/features/index.ts';
import type { BookUpdate } from '../../domain/market/index.ts';
import type { InputTimes } from './manifest.ts';

export interface LinePlace {
  readonly file: string;
  readonly line: number;
}

/** A place in the stream where messages are missing. */
export interface GapRecord extends LinePlace {
  readonly exchangeTimeMs: number;
  /** The sequence number that had to come, and the one that came. */
  readonly expected: number;
  readonly got: number;
  /** When the book was whole again; null when the input ended before. */
  readonly rebuiltTimeMs: number | null;
}

/**
 * Applied messages may lag behind the newest by so much. Changes in sequence that lag more have a wrong clock: bars are
 * made by the newest time, so that a few do no harm. Many of them, or a whole book, mean that inputs overlap, or that the
 * clock was wrong before.
 */
const MAX_TIME_REVERSAL_MS = MINUTE_MS;
const MAX_LAGGING = 10;
const MAX_GAPS_KEPT = 1_000;

export class StreamWatch {
  readonly #gaps: GapRecord[] = [];
  #openGap: GapRecord | null = null;
  #latestTimeMs = Number.NEGATIVE_INFINITY;
  /** Messages one after the other that lag too much. */
  #lagging = 0;
  readonly #times = new Map<string, TimeSpan>();
  #file = '';
  #span: TimeSpan = emptySpan();

  /** The first thousand gaps. */
  get gaps(): readonly GapRecord[] {
    return this.#openGap === null ? this.#gaps : [...this.#gaps, this.#openGap];
  }

  /** Exchange times of the updates observed in a file. */
  timesIn(file: string): InputTimes {
    const { firstMs, lastMs } = this.#times.get(file) ?? emptySpan();
    if (firstMs > lastMs) return { firstExchangeTimeMs: null, lastExchangeTimeMs: null };
    return { firstExchangeTimeMs: firstMs, lastExchangeTimeMs: lastMs };
  }

  /**
   * @param bookToBars has just taken in the update
   * @throws DataError when applied messages go back in time by more than a minute, and stay there
   */
  observe(
    { kind, exchangeTimeMs }: BookUpdate,
    { outcome, sequencedBook }: BookToBars,
    place: LinePlace,
  ): void {
    this.#extend(exchangeTimeMs, place.file);
    if (outcome.kind === 'gap') {
      this.#close(null);
      const { expected, got } = outcome;
      const { file, line } = place;
      this.#openGap = { file, line, exchangeTimeMs, expected, got, rebuiltTimeMs: null };
    }
    if (this.#openGap !== null && sequencedBook.isUsable) this.#close(exchangeTimeMs);
    if (outcome.kind === 'applied' || outcome.kind === 'gap') {
      const isChange = kind === 'delta' && outcome.kind === 'applied';
      this.#checkTime(exchangeTimeMs, isChange ? MAX_LAGGING : 0, place);
    }
  }

  /** A snapshot without a time, which is NaN, extends nothing. */
  #extend(exchangeTimeMs: number, file: string): void {
    if (file !== this.#file) {
      this.#file = file;
      this.#span = this.#times.get(file) ?? emptySpan();
      this.#times.set(file, this.#span);
    }
    if (exchangeTimeMs < this.#span.firstMs) this.#span.firstMs = exchangeTimeMs;
    if (exchangeTimeMs > this.#span.lastMs) this.#span.lastMs = exchangeTimeMs;
  }

  #close(rebuiltTimeMs: number | null): void {
    if (this.#openGap === null) return;
    if (this.#gaps.length < MAX_GAPS_KEPT) this.#gaps.push({ ...this.#openGap, rebuiltTimeMs });
    this.#openGap = null;
  }

  #checkTime(exchangeTimeMs: number, maxLagging: number, place: LinePlace): void {
    const lags = exchangeTimeMs < this.#latestTimeMs - MAX_TIME_REVERSAL_MS;
    this.#lagging = lags ? this.#lagging + 1 : 0;
    if (this.#lagging > maxLagging) {
      throw new DataError(
        `${place.file}:${place.line}: time goes back from ${isoMinute(this.#latestTimeMs)} to ` +
          `${isoMinute(exchangeTimeMs)}; do two inputs cover the same period? Give only one of them.`,
        { code: 'TIME_REVERSED', context: { file: place.file, line: place.line } },
      );
    }
    this.#latestTimeMs = Math.max(this.#latestTimeMs, exchangeTimeMs);
  }
}

interface TimeSpan {
  firstMs: number;
  lastMs: number;
}

function emptySpan(): TimeSpan {
  return { firstMs: Number.POSITIVE_INFINITY, lastMs: Number.NEGATIVE_INFINITY };
}
