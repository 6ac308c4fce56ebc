import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DataError } from '../../domain/core/index.ts';
import {
  type BookUpdate,
  createInstrument,
  isBookUpdate,
  type MarketEvent,
  type VenueName,
} from '../../domain/market/index.ts';
import { VenueLineDecoder } from './line-decoder.ts';

function decoderOf(
  venue: VenueName,
  tickSize = '0.1',
  lotSize = '0.001',
): (line: string) => MarketEvent | null {
  const instrument = createInstrument({ venue, symbol: 'BTCUSDT', tickSize, lotSize });
  const decoder = new VenueLineDecoder(instrument, { quotes: true });
  return (line) => {
    const bytes = Buffer.from(line);
    return decoder.decode(bytes, 0, bytes.length, { receivedTimeMs: 7, symbol: null });
  };
}

function bookUpdate(
  event: MarketEvent | null,
): Omit<BookUpdate, 'bids' | 'asks'> & { readonly flat: number[] } {
  assert.ok(event !== null && isBookUpdate(event));
  const { bids, asks, ...rest } = event;
  const flat = [...bids.subarray(0, 2 * rest.bidCount), ...asks.subarray(0, 2 * rest.askCount)];
  return { ...rest, flat };
}

const BYBIT =
  '{"topic":"orderbook.500.BTCUSDT","type":"delta","ts":1000,"data":{"s":"BTCUSDT","b":[["1.0","2"],["0.9","0"]],"a":[["1.1","0.5"]],"u":5,"seq":9},"cts":999}';
const DELTA = { kind: 'delta', exchangeTimeMs: 1_000, receivedTimeMs: 7, lastUpdateId: 5 } as const;
const NO_IDS = { firstUpdateId: Number.NaN, previousUpdateId: Number.NaN };

describe('VenueLineDecoder', () => {
  it('reads Bybit in any order of keys, with and without topic, cts and spaces', () => {
    const decode = decoderOf('bybit-linear');
    const expected = { ...DELTA, ...NO_IDS, bidCount: 2, askCount: 1, flat: [10, 2000, 9, 0, 11, 500] };
    const lines = [
      BYBIT,
      '{"data":{"u":5,"a":[["1.1","0.5"]],"b":[["1.0","2"],["0.9","0"]],"s":"BTCUSDT"},"ts":1000,"type":"delta"}',
      '{"ts": 1000, "type": "delta", "data": {"u": 5, "s": "BTCUSDT", "a": [["1.1", "0.5"]], "b": [["1.0", "2"], ["0.9", "0"]]}}',
    ];
    for (const line of lines) assert.deepEqual(bookUpdate(decode(line)), expected);
  });

  it('takes T on USD-M and E on spot for the exchange time', () => {
    const usdm = decoderOf('binance-usdm')(
      '{"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":1009,"T":1000,"s":"BTCUSDT","U":3,"u":5,"pu":2,"b":[["1.0","2.000"]],"a":[]}}',
    );
    assert.deepEqual(bookUpdate(usdm), {
      ...DELTA,
      firstUpdateId: 3,
      previousUpdateId: 2,
      bidCount: 1,
      askCount: 0,
      flat: [10, 2000],
    });
    const spot = decoderOf('binance-spot')(
      '{"e":"depthUpdate","E":1000,"s":"BTCUSDT","U":3,"u":5,"b":[],"a":[["1.1","1"]]}',
    );
    assert.deepEqual(bookUpdate(spot), {
      ...DELTA,
      firstUpdateId: 3,
      previousUpdateId: Number.NaN,
      bidCount: 0,
      askCount: 1,
      flat: [11, 1000],
    });
  });

  it('reads a REST snapshot, with a time or without', () => {
    const decode = decoderOf('binance-spot');
    const event = bookUpdate(decode('{"lastUpdateId": 9, "bids": [["1.0", "2"]], "asks": []}'));
    assert.deepEqual([event.kind, event.lastUpdateId, event.exchangeTimeMs], ['snapshot', 9, Number.NaN]);
    assert.equal(bookUpdate(decode('{"lastUpdateId":9,"E":6,"T":5,"bids":[],"asks":[]}')).exchangeTimeMs, 5);
  });

  it('reads the best quote', () => {
    const event = decoderOf('binance-spot')(
      '{"stream":"btcusdt@bookTicker","data":{"u":5,"s":"BTCUSDT","b":"1.0","B":"2","a":"1.1","A":"3"}}',
    );
    assert.ok(event?.kind === 'quote');
    assert.deepEqual([event.updateId, event.bidTicks, event.bidLots, event.askTicks, event.askLots], [5, 10, 2000, 11, 3000]); // prettier-ignore
  });

  it('passes over other symbols and other messages', () => {
    assert.equal(decoderOf('bybit-linear')(BYBIT.replaceAll('BTCUSDT', 'ETHUSDT')), null);
    for (const line of ['{"op":"subscribe","success":true}', '{"topic":"tickers.BTCUSDT","data":{}}']) {
      assert.equal(decoderOf('bybit-linear')(line), null);
    }
    for (const line of ['{"result":null,"id":1}', '{"e":"trade","s":"BTCUSDT","p":"1"}']) {
      assert.equal(decoderOf('binance-spot')(line), null);
    }
  });

  it('says what is wrong with a malformed line', () => {
    const cases: readonly (readonly [VenueName, string, RegExp])[] = [
      ['bybit-linear', BYBIT.slice(0, 90), /^not JSON/],
      ['bybit-linear', '{"foo":1}', /neither "snapshot" nor "delta"/],
      ['bybit-linear', BYBIT.replace('"u":5', '"u":"5"'), /field "u" is "5", not an integer/],
      ['bybit-linear', BYBIT.replace('"ts":1000,', ''), /field "ts" is missing/],
      ['bybit-linear', BYBIT.replace('"2"', 'null'), /level \["1.0",null\] is not a pair of decimal strings/],
      ['bybit-linear', BYBIT.replace('"2"', '"two"'), /size "two" is not a decimal number/],
      ['bybit-linear', BYBIT.replace('"2"', `"${'9'.repeat(30)}"`), /size "9{30}" is larger than any/],
      ['bybit-linear', BYBIT.replace('"1.0"', '"0.0"'), /price "0\.0" of a level is zero/],
      [
        'bybit-linear',
        BYBIT.replace('"ts":1000', '"ts":1e15'),
        /field "ts" is 1000000000000000, not a time in/,
      ],
      ['binance-usdm', '{"e":"depthUpdate","E":1,"s":"X","U":1,"u":2,"b":[],"a":[]}', /spot recording\?/],
      [
        'binance-spot',
        '{"e":"depthUpdate","pu":1,"E":1,"s":"X","U":1,"u":2,"b":[],"a":[]}',
        /USD-M recording\?/,
      ],
      ['binance-spot', '{}', /neither a depth event/],
    ];
    for (const [venue, line, message] of cases) {
      assert.throws(() => decoderOf(venue)(line), { name: 'DataError', code: 'LINE_MALFORMED', message });
    }
  });

  it('refuses a price off the tick and a size off the lot, naming value, step and remedy', () => {
    assert.throws(() => decoderOf('bybit-linear', '0.5')(BYBIT), {
      name: 'DataError',
      code: 'OFF_STEP',
      message: "price 0.9 is not a multiple of the tick size 0.5; give the instrument's own with --tick",
    });
    assert.throws(
      () => decoderOf('bybit-linear', '0.1', '1')(BYBIT),
      (error) => error instanceof DataError && /size 0\.5 .* lot size 1; .* --lot/.test(error.message),
    );
  });

  it('reads a line the same with its newline, by the scanner, as without it, by the reference decoder', () => {
    const instrument = createInstrument({
      venue: 'bybit-linear',
      symbol: 'BTCUSDT',
      tickSize: '0.1',
      lotSize: '0.001',
    });
    const decoder = new VenueLineDecoder(instrument);
    const read = (text: string): ReturnType<typeof bookUpdate> =>
      bookUpdate(decoder.decode(Buffer.from(text), 0, BYBIT.length, { receivedTimeMs: 7, symbol: null }));
    assert.deepEqual(read(`${BYBIT}\n`), read(BYBIT));
    assert.deepEqual([...decoder.symbolsSeen], [['BTCUSDT', 2]]);
  });
});
