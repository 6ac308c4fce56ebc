/** The last `length` contiguous usable bars: all that a model ever sees. */
import { MINUTE_MS } from '../../domain/core/index.ts';
import { featureRow } from '../../domain/features/index.ts';
import type { FeatureSet, MinuteBar } from '../../domain/features/index.ts';

export class BarWindow {
  readonly length: number;
  readonly #features: FeatureSet;
  readonly #rows: Float64Array;
  #count = 0;
  #lastMinuteMs = Number.NaN;

  constructor(length: number, features: FeatureSet) {
    this.length = length;
    this.#features = features;
    this.#rows = new Float64Array(length * features.columns.length);
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
    const row = featureRow(bar, this.#features);
    const usable = row.every(Number.isFinite);
    if (!usable || bar.minuteMs - this.#lastMinuteMs !== MINUTE_MS) this.#count = 0;
    this.#lastMinuteMs = usable ? bar.minuteMs : Number.NaN;
    if (!usable) return null;
    if (this.#count === this.length) this.#rows.copyWithin(0, row.length);
    else this.#count++;
    this.#rows.set(row, (this.#count - 1) * row.length);
    return this.#count === this.length ? this.#rows.slice() : null;
  }
}
