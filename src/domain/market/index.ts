export { type DecimalStep, MAX_DECIMALS, significantDecimals, stepOfDecimals } from './decimal.ts';
export { offStepReason, toSteps } from './decimal.ts';
export * from './events.ts';
export * from './funding.ts';
export * from './instrument.ts';
export * from './instrument-rules.ts';
export { OrderBook } from './order-book.ts';
export {
  type BookCounts,
  type BookListener,
  type BookOutcome,
  type BreakReason,
  SequencedBook,
} from './sequenced-book.ts';
export { parseVenueName, type VenueName } from './venue.ts';
