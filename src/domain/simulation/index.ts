export { CANDLE_CSV_HEADER, CANDLE_INTERVAL, candleCsvLine, type Candle } from './candles.ts';
export { ceilingFor, type Ceiling, type DecisionRule } from './ceiling.ts';
export { simulatedInstrument, type SimulatedInstrument, type SimulationRate } from './instrument.ts';
export { maxStrength, type MarketTruth, type SignalGains } from './latent.ts';
export { simulateMarket, type MarketEvent, type MarketOptions, type SimulatedMarket } from './market.ts';
export {
  oracleProbabilities,
  oracleRows,
  truthLabels,
  type HorizonThresholds,
  type OracleOptions,
} from './oracle.ts';
export {
  PAUSE_CANDLES,
  simulateTwoTimescale,
  type TwoTimescaleCandles,
  type TwoTimescaleMarket,
  type TwoTimescaleOptions,
  type TwoTimescaleTruth,
} from './two-timescale.ts';
export {
  type OracleKnowledge,
  twoTimescaleOracle,
  type TwoTimescaleOracleOptions,
} from './two-timescale-oracle.ts';
