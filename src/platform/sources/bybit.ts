/**
 * Bybit v5 order-book messages, the same in the archive and on the socket:
 * `{"topic":"orderbook.500.BTCUSDT","type":"snapshot"|"delta","ts":ms,"data":{"s","b","a","u","seq"},"cts":ms}`.
 * The order of keys varies, `cts` and in older files `topic` may be absent. `ts` decides to which minute a message belongs.
 */
import {
  arrayField,
  integerField,
  malformed,
  objectOf,
  stringField,
  timeField,
  type VenueMessage,
} from './venue-message.ts';

const BOOK_TOPIC = 'orderbook.';

export function parseBybitLinear(json: unknown): VenueMessage {
  const message = objectOf(json, 'the message');
  const { topic, type, data } = message;
  if (typeof topic === 'string' && !topic.startsWith(BOOK_TOPIC)) {
    return { kind: 'other', symbol: topic.slice(topic.lastIndexOf('.') + 1) };
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
