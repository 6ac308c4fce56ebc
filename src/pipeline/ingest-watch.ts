/** Keeps account of what a stream loses, and refuses one whose time runs backwards. */
import { DataError, isoMinute, MINUTE_MS } from '../domain/core/index.ts';
import type { BookToBars } from '../domain/features/index.ts';
import type { BookUpdate } from '../domain/market/index.ts';

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

/** Applied messages may lag behind the newest by so much; more means that inputs overlap. */
const MAX_TIME_REVERSAL_MS = MINUTE_MS;
const MAX_GAPS_KEPT = 1_000;

export class StreamWatch {
  readonly #gaps: GapRecord[] = [];
  #openGap: GapRecord | null = null;
  #latestTimeMs = Number.NEGATIVE_INFINITY;

  /** The first thousand gaps. */
  get gaps(): readonly GapRecord[] {
    return this.#openGap === null ? this.#gaps : [...this.#gaps, this.#openGap];
  }

  /**
   * @param bookToBars has just taken in the update
   * @throws DataError when applied messages go back in time by more than a minute
   */
  observe({ exchangeTimeMs }: BookUpdate, { outcome, sequencedBook }: BookToBars, place: LinePlace): void {
    if (outcome.kind === 'gap') {
      this.#close(null);
      const { expected, got } = outcome;
      const { file, line } = place;
      this.#openGap = { file, line, exchangeTimeMs, expected, got, rebuiltTimeMs: null };
    }
    if (this.#openGap !== null && sequencedBook.isUsable) this.#close(exchangeTimeMs);
    if (outcome.kind === 'applied' || outcome.kind === 'gap') this.#checkTime(exchangeTimeMs, place);
  }

  #close(rebuiltTimeMs: number | null): void {
    if (this.#openGap === null) return;
    if (this.#gaps.length < MAX_GAPS_KEPT) this.#gaps.push({ ...this.#openGap, rebuiltTimeMs });
    this.#openGap = null;
  }

  #checkTime(exchangeTimeMs: number, place: LinePlace): void {
    if (exchangeTimeMs < this.#latestTimeMs - MAX_TIME_REVERSAL_MS) {
      throw new DataError(
        `${place.file}:${place.line}: time goes back from ${isoMinute(this.#latestTimeMs)} to ` +
          `${isoMinute(exchangeTimeMs)}; do two inputs cover the same period? Give only one of them.`,
        { code: 'TIME_REVERSED', context: { file: place.file, line: place.line } },
      );
    }
    this.#latestTimeMs = Math.max(this.#latestTimeMs, exchangeTimeMs);
  }
}
