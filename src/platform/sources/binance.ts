/**
 * Binance depth, best quote, trades, mark price and REST snapshot, spot and USD-M, alone or wrapped as `{"stream":…,"data":…}`.
 * The exchange's time of a depth event is `T` (matching engine) on USD-M, and `E` on spot, which has no `T`; that of a trade
 * is `T` on both, and that of a mark price `E`, as its `T` is the next funding.
 */
import {
  arrayField,
  booleanField,
  type DecoderOptions,
  integerField,
  isObject,
  type JsonObject,
  malformed,
  objectOf,
  stringField,
  symbolOf,
  timeField,
  type VenueMessage,
} from './venue-message.ts';

export function parseBinanceUsdm(json: unknown, wants: DecoderOptions = {}): VenueMessage {
  return parseBinance(json, usdmDelta, wants);
}

export function parseBinanceSpot(json: unknown, wants: DecoderOptions = {}): VenueMessage {
  return parseBinance(json, spotDelta, wants);
}

function parseBinance(
  json: unknown,
  delta: (event: JsonObject) => VenueMessage,
  wants: DecoderOptions,
): VenueMessage {
  const outer = objectOf(json, 'the message');
  const event = isObject(outer['data']) ? outer['data'] : outer;
  if ('lastUpdateId' in event) return restSnapshot(event);
  if (event['e'] === 'depthUpdate') return delta(event);
  if (event['e'] === 'bookTicker' || ('B' in event && 'A' in event)) return quote(event);
  if (wants.trades === true && isTrade(event)) return trade(event);
  if (wants.marks === true && event['e'] === 'markPriceUpdate') return markPrice(event);
  if ('e' in event || 'result' in event || 'id' in event || 'serverTime' in event) {
    return { kind: 'other', symbol: symbolOf(event) };
  }
  throw malformed('neither a depth event nor any other known Binance message');
}

function usdmDelta(event: JsonObject): VenueMessage {
  if (!('pu' in event)) throw malformed('depth event without "pu": a spot recording? (--venue binance-spot)');
  return depthEvent(event, timeField(event, 'T'), integerField(event, 'pu'));
}

function spotDelta(event: JsonObject): VenueMessage {
  if ('pu' in event) throw malformed('depth event with "pu": a USD-M recording? (--venue binance-usdm)');
  return depthEvent(event, timeField(event, 'E'), Number.NaN);
}

function depthEvent(event: JsonObject, exchangeTimeMs: number, previousUpdateId: number): VenueMessage {
  return {
    kind: 'delta',
    symbol: stringField(event, 's'),
    exchangeTimeMs,
    firstUpdateId: integerField(event, 'U'),
    lastUpdateId: integerField(event, 'u'),
    previousUpdateId,
    bids: arrayField(event, 'b'),
    asks: arrayField(event, 'a'),
  };
}

function restSnapshot(answer: JsonObject): VenueMessage {
  return {
    kind: 'snapshot',
    symbol: null,
    exchangeTimeMs: optionalTime(answer, 'T'),
    firstUpdateId: Number.NaN,
    lastUpdateId: integerField(answer, 'lastUpdateId'),
    previousUpdateId: Number.NaN,
    bids: arrayField(answer, 'bids'),
    asks: arrayField(answer, 'asks'),
  };
}

function quote(event: JsonObject): VenueMessage {
  return {
    kind: 'quote',
    symbol: stringField(event, 's'),
    exchangeTimeMs: optionalTime(event, 'T'),
    updateId: integerField(event, 'u'),
    bid: [stringField(event, 'b'), stringField(event, 'B')],
    ask: [stringField(event, 'a'), stringField(event, 'A')],
  };
}

/** USD-M tells in `X` of trades that did not meet the book: `INSURANCE_FUND`, `NA` and their like. */
function isTrade(event: JsonObject): boolean {
  const isOfTheBook = !('X' in event) || event['X'] === 'MARKET';
  return isOfTheBook && (event['e'] === 'trade' || event['e'] === 'aggTrade');
}

function trade(event: JsonObject): VenueMessage {
  const timeMs = timeField(event, 'T');
  const [price, size] = [stringField(event, 'p'), stringField(event, 'q')];
  const aggressor = booleanField(event, 'm') ? 'sell' : 'buy';
  return {
    kind: 'trades',
    symbol: stringField(event, 's'),
    exchangeTimeMs: timeMs,
    isAggregated: event['e'] === 'aggTrade',
    trades: [{ timeMs, price, size, aggressor }],
  };
}

function markPrice(event: JsonObject): VenueMessage {
  return {
    kind: 'mark',
    symbol: stringField(event, 's'),
    exchangeTimeMs: timeField(event, 'E'),
    price: stringField(event, 'p'),
  };
}

function optionalTime(event: JsonObject, field: string): number {
  return field in event ? timeField(event, field) : Number.NaN;
}
