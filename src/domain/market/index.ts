export { type DecimalStep, parseDecimalStep, significantDecimals, stepOfDecimals } from './decimal.ts';
export { fromSteps, offStepReason, toSteps } from './decimal.ts';
export * from './events.ts';
export * from './instrument.ts';
export { BookSide } from './book-side.ts';
export { OrderBook } from './order-book.ts';
export { SEQUENCE_RULES, type SequenceRule, type UpdateIds } from './sequence-rule.ts';
export { type DeltaVerdict, type SequenceGap, Sequencer, type SnapshotVerdict } from './sequencer.ts';
export {
  type BookCounts,
  type BookListener,
  type BookOutcome,
  type BreakReason,
  SequencedBook,
} from './sequenced-book.ts';
export { parseVenueName, VENUE_NAMES, type VenueName } from './venue.ts';
