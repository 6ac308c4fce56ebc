import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createInstrument, type VenueName } from '../../domain/market/index.ts';
import { DepthScanner } from './depth-scanner.ts';
import { fuzzDecoders } from './decoder-fuzz.ts';

const BYBIT =
  '{"topic":"orderbook.500.BTCUSDT","type":"delta","ts":1000,"data":{"s":"BTCUSDT","b":[["1.0","2"],["0.9","0"]],"a":[["1.1","0.5"]],"u":5,"seq":9},"cts":999}';
const USDM =
  '{"e":"depthUpdate","E":1009,"T":1000,"s":"BTCUSDT","U":3,"u":5,"pu":2,"b":[["1.0","2.000"]],"a":[]}';
const SPOT = '{"e":"depthUpdate","E":1000,"s":"BTCUSDT","U":3,"u":5,"b":[],"a":[["1.1","1"]]}';

function isTaken(line: string, venue: VenueName = 'bybit-linear'): boolean {
  const instrument = createInstrument({ venue, symbol: 'BTCUSDT', tickSize: '0.1', lotSize: '0.001' });
  const bytes = Buffer.from(`${line}\n`);
  const update = new DepthScanner(instrument).scan(bytes, 0, bytes.length - 1);
  return update !== null;
}

describe('DepthScanner', () => {
  it('takes the messages of every venue as they normally are', () => {
    assert.ok(isTaken(BYBIT));
    assert.ok(isTaken(BYBIT.replace('delta', 'snapshot')));
    for (const [venue, event] of [
      ['binance-usdm', USDM],
      ['binance-spot', SPOT],
    ] as const) {
      // prettier-ignore
      assert.ok(isTaken(event, venue));
      assert.ok(isTaken(`{"stream":"btcusdt@depth@100ms","data":${event}}`, venue));
    }
  });

  it('takes keys in any order, without topic, cts and seq, and a line that ends as on Windows', () => {
    assert.ok(isTaken('{"cts":1,"data":{"a":[],"u":5,"b":[["1","2"]],"s":"BTCUSDT"},"type":"delta","ts":7}'));
    assert.ok(isTaken(`${BYBIT}\r`));
  });

  it('refuses whatever is not plainly a depth message of the instrument on its grid', () => {
    const lines = [
      BYBIT.replaceAll('BTCUSDT', 'ETHUSDT'),
      BYBIT.replace('"u":5,', ''),
      BYBIT.replace('"u":5', '"u":5,"u":5'),
      BYBIT.replace('"u":5', '"v":5'),
      BYBIT.replace('"u":5', '"u":05'),
      BYBIT.replace('"u":5', '"u":5.0'),
      BYBIT.replace('"u":5', '"u":9007199254740991'),
      BYBIT.replace('"u":5', '"u": 5'),
      BYBIT.replace('"ts":1000', '"ts":-1000'),
      BYBIT.replace('orderbook', 'tickers'),
      BYBIT.replace('500', '\\u0035'),
      BYBIT.replace('delta', 'deltas'),
      BYBIT.replace('"0.5"', '"0.0005"'),
      BYBIT.replace('"0.5"', '0.5'),
      BYBIT.replace('["1.1","0.5"]', '["1.1"]'),
      BYBIT.replace('["1.1","0.5"]', '["1.1","0.5","1"]'),
      BYBIT.replace('["1.1","0.5"]', '["1.1","0.5"],'),
      BYBIT.slice(0, -1),
      `${BYBIT}}`,
      `${BYBIT} `,
      ` ${BYBIT}`,
      '{}',
      '{',
      '',
    ];
    for (const line of lines) assert.ok(!isTaken(line), line);
    assert.ok(!isTaken(SPOT, 'binance-usdm'));
    assert.ok(!isTaken(USDM, 'binance-spot'));
    assert.ok(!isTaken(`{"data":{"stream":"x","data":${USDM}}}`, 'binance-usdm'));
  });

  it('ends at the newline, whatever stands behind it', () => {
    const instrument = createInstrument({
      venue: 'bybit-linear',
      symbol: 'BTCUSDT',
      tickSize: '0.1',
      lotSize: '0.001',
    });
    for (let cut = 1; cut < BYBIT.length; cut++) {
      const bytes = Buffer.from(`${BYBIT.slice(0, cut)}\n${BYBIT.slice(cut)}\n`);
      assert.equal(new DepthScanner(instrument).scan(bytes, 0, cut), null);
    }
  });

  it('leaves a list that is too long to the reference decoder', () => {
    const levels = Array.from({ length: 17_000 }, (_, i) => `["${i + 1}","1"]`).join();
    assert.ok(!isTaken(BYBIT.replace('["1.1","0.5"]', levels)));
  });

  it('reads what it takes as the reference decoder does, mutated lines included', (t) => {
    const { taken, refused, missed } = fuzzDecoders({ lines: 20_000, seed: 1 });
    t.diagnostic(`${taken} lines taken, ${refused} refused, ${missed} of them readable`);
    assert.ok(taken > 5_000 && refused > 5_000 && missed < 2_000);
  });
});
