/** Trades and mark prices of recordings, for those who ask for them, by both decoders of streams. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createInstrument, type MarketEvent, type VenueName } from '../../domain/market/index.ts';
import { type LineDecoder, VenueLineDecoder } from './line-decoder.ts';
import { StreamDecoder } from './stream-decoder.ts';
import type { DecoderOptions } from './venue-message.ts';

const USDM =
  '{"stream":"btcusdt@trade","data":{"e":"trade","E":1001,"T":1000,"s":"BTCUSDT","t":9,"p":"1.5","q":"0.002","X":"MARKET","m":true}}';
const SPOT =
  '{"e":"trade","E":1001,"s":"BTCUSDT","t":9,"p":"1.50000000","q":"0.00200000","T":1000,"m":false,"M":true}';
const AGGREGATED =
  '{"e":"aggTrade","E":1001,"a":7,"s":"BTCUSDT","p":"1.5","q":"0.002","f":9,"l":9,"T":1000,"m":true}';
const BYBIT =
  '{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1002,"data":[{"T":1000,"s":"BTCUSDT","S":"Buy","v":"0.002","p":"1.5","L":"PlusTick","i":"a","BT":false},' +
  '{"T":1001,"s":"BTCUSDT","S":"Sell","v":"1","p":"1.4","i":"b","BT":true},{"T":1001,"s":"BTCUSDT","S":"Sell","v":"1","p":"1.4","i":"c","BT":false}]}';
const MARK =
  '{"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate","E":1000,"s":"BTCUSDT","p":"1.53373413","P":"1","i":"1","r":"0.0001","T":2000}}';
const ALL: DecoderOptions = { trades: true, marks: true };

const trade = { timeMs: 1_000, priceTicks: 15, qtyLots: 2, aggressor: 'sell' } as const;
const report = {
  kind: 'trades',
  exchangeTimeMs: 1_000,
  receivedTimeMs: 7,
  isAggregated: false,
  trades: [trade],
} as const;

describe('trades and mark prices', () => {
  for (const name of ['VenueLineDecoder', 'StreamDecoder'] as const) {
    const open = (venue: VenueName, wants: DecoderOptions = ALL): LineDecoder => {
      const instrument = createInstrument({ venue, symbol: 'BTCUSDT', tickSize: '0.1', lotSize: '0.001' });
      return name === 'VenueLineDecoder'
        ? new VenueLineDecoder(instrument, wants)
        : new StreamDecoder({ instruments: [instrument], files: [] }, wants);
    };
    const decode = (decoder: LineDecoder, line: string): MarketEvent | null => {
      const context = { receivedTimeMs: 7, symbol: null };
      const scanned = decoder.decode(Buffer.from(`${line}\n`), 0, Buffer.byteLength(line), context);
      const read = decoder.decode(Buffer.from(line), 0, Buffer.byteLength(line), context);
      assert.deepEqual(scanned, read, 'with its newline as without');
      return scanned;
    };

    describe(name, () => {
      it('reads who took how much, when and at which price', () => {
        assert.deepEqual(decode(open('binance-usdm'), USDM), report);
        const bought = { ...trade, aggressor: 'buy' };
        assert.deepEqual(decode(open('binance-spot'), SPOT), { ...report, trades: [bought] });
        assert.deepEqual(decode(open('binance-spot'), AGGREGATED), { ...report, isAggregated: true });
        assert.deepEqual(decode(open('bybit-linear'), BYBIT), {
          ...report,
          exchangeTimeMs: 1_001,
          trades: [bought, { timeMs: 1_001, priceTicks: 14, qtyLots: 1_000, aggressor: 'sell' }],
        });
      });

      it('reads the mark price at the time of the message, off every grid', () => {
        const mark = { kind: 'mark', exchangeTimeMs: 1_000, receivedTimeMs: 7, price: 1.53373413 };
        assert.deepEqual(decode(open('binance-usdm'), MARK), mark);
      });

      it('passes over what did not meet the book, what is of others, and what nobody asked for, and counts it', () => {
        const decoder = open('binance-usdm');
        assert.equal(decode(decoder, USDM.replace('MARKET', 'INSURANCE_FUND')), null);
        assert.equal(decode(decoder, USDM.replace('"1.5"', '"0"').replace('MARKET', 'NA')), null);
        assert.equal(decode(decoder, USDM.replace('BTCUSDT', 'ETHUSDT')), null);
        const others = BYBIT.replaceAll('"BT":false', '"BT":true');
        assert.equal(decode(open('bybit-linear'), others), null);
        const deaf = open('binance-usdm', {});
        for (const line of [USDM, MARK, USDM.replace('"1.5"', '"two"'), AGGREGATED]) {
          assert.equal(decode(deaf, line), null);
        }
        assert.equal(decode(open('binance-usdm', { trades: true }), MARK), null);
        assert.equal(decode(open('binance-usdm', { marks: true }), USDM), null);
        assert.deepEqual([...decoder.symbolsSeen], [['BTCUSDT', 4], ['ETHUSDT', 2]]); // prettier-ignore
        assert.deepEqual([...deaf.symbolsSeen], [['BTCUSDT', 8]]);
      });

      it('reads each trade once where a file has it alone and aggregated', () => {
        const decoder = open('binance-usdm');
        const kinds = (...lines: readonly string[]): readonly (string | undefined)[] =>
          lines.map((line) => decode(decoder, line)?.kind);
        assert.deepEqual(kinds(USDM, AGGREGATED, USDM), ['trades', undefined, 'trades']);
        decoder.enterFile!('next');
        assert.deepEqual(kinds(AGGREGATED, USDM), ['trades', undefined]);
      });

      it('says what is wrong with a malformed one', () => {
        const cases: readonly (readonly [VenueName, string, RegExp])[] = [
          ['binance-usdm', USDM.replace('"1.5"', '"1.5x"'), /price "1\.5x" is not a decimal number/],
          ['binance-usdm', USDM.replace('"1.5"', '"0.0"'), /price "0\.0" of a trade is zero/],
          ['binance-usdm', USDM.replace('"0.002"', '"0"'), /size "0" of a trade is zero/],
          ['binance-usdm', USDM.replace('"0.002"', '2'), /field "q" is 2, not a string/],
          ['binance-usdm', USDM.replace('true', '1'), /field "m" is 1, not true or false/],
          ['binance-usdm', USDM.replace('"T":1000', '"T":"1000"'), /field "T" is "1000", not an integer/],
          ['binance-usdm', USDM.replace('"T":1000', '"T":4102444800000'), /not a time in milliseconds/],
          ['binance-usdm', USDM.slice(0, -1), /^not JSON/],
          ['binance-usdm', MARK.replace('1.53373413', '-1'), /mark price "-1" is not a decimal number above/],
          ['bybit-linear', BYBIT.replace('Buy', 'buy'), /field "S" is "buy", neither "Buy" nor "Sell"/],
          ['bybit-linear', BYBIT.replace('[{', '[1,{'), /a trade is not an object/],
        ];
        for (const [venue, line, message] of cases) {
          for (const end of ['\n', '']) {
            const bytes = Buffer.from(line + end);
            const context = { receivedTimeMs: 7, symbol: null };
            assert.throws(() => open(venue).decode(bytes, 0, Buffer.byteLength(line), context), {
              code: 'LINE_MALFORMED',
              message,
            });
          }
        }
        assert.throws(() => decode(open('binance-usdm'), USDM.replace('"1.5"', '"1.55"')), {
          code: 'OFF_STEP',
          message: /price 1\.55 is not a multiple of the tick size 0\.1/,
        });
      });
    });
  }
});
