export {
  type Candle,
  CANDLE_FIELDS,
  candleAt,
  type CandleField,
  type CandleTable,
  candleTable,
} from './candle.ts';
export {
  CANDLE_FEATURE_SETS,
  CANDLE_WARM_UP,
  CandleFeatures,
  candleFeatures,
  type CandleFeatureSetName,
} from './features.ts';
export { type CandleGap, candleGaps } from './gaps.ts';
export {
  CANDLE_INTERVALS,
  type CandleInterval,
  isCandleInterval,
  isoMonth,
  monthSpan,
  type TimeSpan,
} from './interval.ts';
export { type CandleRow, type RowNote, type SiftedRows, siftRows } from './row-rules.ts';
export {
  type CandleScaler,
  type FeatureRows,
  fitCandleScaler,
  parseCandleScaler,
  SCALER_KINDS,
  type ScalerKind,
  scaleFeatures,
} from './scaler.ts';
