export {
  type CandleArchive,
  type CandleArchiveOptions,
  type CandleFile,
  type CandlePlace,
  checkedSha256,
  dailyFiles,
  monthlyFile,
  openCandleArchive,
} from './candle-archive.ts';
export { type CandleCsv, type CandleCsvOptions, readCandleCsv } from './candle-csv.ts';
export { CANDLE_COLUMNS, type CandleColumn } from './candle-fields.ts';
export { CANDLE_MARKET_FACTS, CANDLE_MARKETS, type CandleMarket } from './market.ts';
export { type KlinesOptions, type KlinesPage, RestKlines } from './rest-klines.ts';
export { TIME_UNITS, type TimeUnit } from './time-text.ts';
