/** The last `length` contiguous usable bars: all that a model ever sees. */
import { MINUTE_MS } from '../../domain/core/index.ts';
import { FEATURE_COUNT } from '../../domain/features/index.ts';
import type { MinuteBar } from '../../domain/features/index.ts';

export class BarWindow {
  readonly length: number;
  readonly #rows: Float64Array;
  #count = 0;
  #lastMinuteMs = Number.NaN;

  constructor(length: number) {
    this.length = length;
    this.#rows = new Float64Array(length * FEATURE_COUNT);
  }

  /** Bars held, up to {@link BarWindow.length}. */
  get count(): number {
    return this.#count;
  }

  /**
   * Takes the next bar. A missing minute empties the window, as does a bar whose features are not all finite: a
   * window never crosses a gap.
   * @returns `[length × features]`, row-major, oldest first, the caller's own; null while the window is not full
   */
  push(bar: MinuteBar): Float64Array | null {
    const usable = bar.features.every(Number.isFinite);
    if (!usable || bar.minuteMs - this.#lastMinuteMs !== MINUTE_MS) this.#count = 0;
    this.#lastMinuteMs = usable ? bar.minuteMs : Number.NaN;
    if (!usable) return null;
    if (this.#count === this.length) this.#rows.copyWithin(0, FEATURE_COUNT);
    else this.#count++;
    this.#rows.set(bar.features, (this.#count - 1) * FEATURE_COUNT);
    return this.#count === this.length ? this.#rows.slice() : null;
  }
}
