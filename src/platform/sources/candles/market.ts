/**
 * The two markets of Binance whose candles are read: folder of the bulk archive, REST path and its limits (source:
 * Binance's documentation of the public archive and of `GET /fapi/v1/klines`, `GET /api/v3/klines`).
 */
import type { VenueName } from '../../../domain/market/index.ts';

export const CANDLE_MARKETS = ['futures-um', 'spot'] as const;

export type CandleMarket = (typeof CANDLE_MARKETS)[number];

interface MarketFacts {
  readonly venue: VenueName;
  /** In the archive, below `data/`. */
  readonly folder: string;
  readonly restUrl: string;
  readonly klinesPath: string;
  /** Rows of one answer at most. */
  readonly maxRows: number;
}

export const CANDLE_MARKET_FACTS: Readonly<Record<CandleMarket, MarketFacts>> = {
  'futures-um': {
    venue: 'binance-usdm',
    folder: 'futures/um',
    restUrl: 'https://fapi.binance.com',
    klinesPath: '/fapi/v1/klines',
    maxRows: 1_500,
  },
  spot: {
    venue: 'binance-spot',
    folder: 'spot',
    restUrl: 'https://api.binance.com',
    klinesPath: '/api/v3/klines',
    maxRows: 1_000,
  },
};

export const CANDLE_ARCHIVE_URL = 'https://data.binance.vision';
