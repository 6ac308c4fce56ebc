/** What is simulated, and how much of it is written. */

/** Prices and sizes as the venue prints them: a tick is `10^−priceDecimals`, a lot `10^−sizeDecimals`. */
export interface SimulatedInstrument {
  readonly symbol: string;
  readonly startPrice: number;
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
}

/**
 * The scale of XRPUSDT at the end of 2024: a tick is 5e-5 of the price. So the micro price leans on the imbalance by
 * about 1e-5, which is nothing against an hour's 6.5e-3.
 */
export function simulatedInstrument(symbol: string): SimulatedInstrument {
  return { symbol, startPrice: 2, priceDecimals: 4, sizeDecimals: 0 };
}

export type SimulationRate = 'full' | 'light';

/** How messages come: `full` as on the exchange, `light` so that weeks fit into a demonstration. */
export interface RateProfile {
  /** Levels a side that the book always has. */
  readonly levels: number;
  /** Messages a minute at typical volatility. */
  readonly messagesPerMinute: number;
  /** How strongly the number of messages follows volatility: exponent of σ/σ̄. */
  readonly activityExponent: number;
  /** Levels redrawn deeper in each side, a message, at typical volatility. */
  readonly churn: number;
}

export const RATE_PROFILES: Readonly<Record<SimulationRate, RateProfile>> = {
  // The exchange sends one message each 100 ms whatever happens; activity shows in their size.
  full: { levels: 500, messagesPerMinute: 599, activityExponent: 0, churn: 28 },
  light: { levels: 240, messagesPerMinute: 20, activityExponent: 0.7, churn: 3 },
};
