/** What is traded, where, and the grid on which its prices and sizes lie. */
import { type DecimalStep, fromSteps, parseDecimalStep } from './decimal.ts';
import type { VenueName } from './venue.ts';

export interface Instrument {
  readonly venue: VenueName;
  readonly symbol: string;
  /** Price step; prices inside are integer multiples of it (`priceTicks`). */
  readonly tick: DecimalStep;
  /** Size step; sizes inside are integer multiples of it (`qtyLots`). */
  readonly lot: DecimalStep;
}

export interface InstrumentSpec {
  readonly venue: VenueName;
  readonly symbol: string;
  /** Decimal text such as `0.1` or `1e-7`. */
  readonly tickSize: string;
  readonly lotSize: string;
}

/** @throws DataError when a size is not a positive decimal. */
export function createInstrument(spec: InstrumentSpec): Instrument {
  return {
    venue: spec.venue,
    symbol: spec.symbol,
    tick: parseDecimalStep(spec.tickSize),
    lot: parseDecimalStep(spec.lotSize),
  };
}

/** Price in quote currency: the double nearest to the decimal. */
export function priceOf(instrument: Instrument, priceTicks: number): number {
  return fromSteps(priceTicks, instrument.tick);
}

/** Size in the venue's unit (coins or contracts): the double nearest to the decimal. */
export function sizeOf(instrument: Instrument, qtyLots: number): number {
  return fromSteps(qtyLots, instrument.lot);
}
