/** Which parser reads which venue: a new venue is a line here and a rule in the market's sequence rules. */
import type { VenueName } from '../../domain/market/index.ts';
import { parseBinanceSpot, parseBinanceUsdm } from './binance.ts';
import { parseBybitLinear } from './bybit.ts';
import type { ParseVenueMessage } from './venue-message.ts';

export const VENUE_PARSERS: Readonly<Record<VenueName, ParseVenueMessage>> = {
  'bybit-linear': parseBybitLinear,
  'binance-usdm': parseBinanceUsdm,
  'binance-spot': parseBinanceSpot,
};
