/**
 * Bybit v5 order-book messages, the same in the archive and on the socket:
 * `{"topic":"orderbook.500.BTCUSDT","type":"snapshot"|"delta","ts":ms,"data":{"s","b","a","u","seq"},"cts":ms}`.
 * and trades, `{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":ms,"data":[{"T":ms,"s","S":"Buy"|"Sell","v","p",…},…]}`.
 * The order of keys varies, `cts` and in older files `topic` may be absent. `ts` decides to which minute a message belongs.
 */
import {
  arrayField,
  type DecoderOptions,
  integerField,
  type JsonObject,
  malformed,
  objectOf,
  stringField,
  timeField,
  type VenueMessage,
} from './venue-message.ts';

const BOOK_TOPIC = 'orderbook.';
const TRADE_TOPIC = 'publicTrade.';

export function parseBybitLinear(json: unknown, wants: DecoderOptions = {}): VenueMessage {
  const message = objectOf(json, 'the message');
  const { topic, type, data } = message;
  if (typeof topic === 'string' && !topic.startsWith(BOOK_TOPIC)) {
    const symbol = topic.slice(topic.lastIndexOf('.') + 1);
    if (wants.trades === true && topic.startsWith(TRADE_TOPIC)) return publicTrades(message, symbol);
    return { kind: 'other', symbol };
  }
  if ('op' in message || 'success' in message) return { kind: 'other', symbol: null };
  if (type !== 'snapshot' && type !== 'delta') {
    throw malformed('field "type" is neither "snapshot" nor "delta": not a Bybit order-book message');
  }
  const book = objectOf(data, 'field "data"');
  return {
    kind: type,
    symbol: stringField(book, 's'),
    exchangeTimeMs: timeField(message, 'ts'),
    firstUpdateId: Number.NaN,
    lastUpdateId: integerField(book, 'u'),
    previousUpdateId: Number.NaN,
    bids: arrayField(book, 'b'),
    asks: arrayField(book, 'a'),
  };
}

/** Block trades (`BT`) are arranged beside the book. */
function publicTrades(message: JsonObject, symbol: string): VenueMessage {
  const trades = arrayField(message, 'data')
    .map((value) => objectOf(value, 'a trade'))
    .filter((trade) => trade['BT'] !== true)
    .map((trade) => ({
      timeMs: timeField(trade, 'T'),
      price: stringField(trade, 'p'),
      size: stringField(trade, 'v'),
      aggressor: aggressorOf(stringField(trade, 'S')),
    }));
  const exchangeTimeMs = trades.at(-1)?.timeMs ?? Number.NaN;
  return { kind: 'trades', symbol, exchangeTimeMs, isAggregated: false, trades };
}

function aggressorOf(side: string): 'buy' | 'sell' {
  if (side === 'Buy') return 'buy';
  if (side === 'Sell') return 'sell';
  throw malformed(`field "S" is "${side.slice(0, 40)}", neither "Buy" nor "Sell"`);
}
