/** A recording may hold each trade twice, match by match and aggregated: one kind is read, the other passed over. */
import type { MarketEvent } from '../../domain/market/index.ts';

export class TradeTape {
  #isAggregated: boolean | null = null;

  /** The kind that a file shows first is the one that is read of it. */
  enterFile(): void {
    this.#isAggregated = null;
  }

  /** Null for trades of the kind that is passed over. */
  select(event: MarketEvent | null): MarketEvent | null {
    if (event?.kind !== 'trades') return event;
    this.#isAggregated ??= event.isAggregated;
    return event.isAggregated === this.#isAggregated ? event : null;
  }
}
