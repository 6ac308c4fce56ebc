import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TapeScanner } from './tape-scanner.ts';
import { fuzzTape } from './tape-fuzz.ts';
import type { DecoderOptions } from './venue-message.ts';

const QUOTE = '{"e":"bookTicker","u":5,"s":"BTCUSDT","b":"1.0","B":"2","a":"1.1","A":"3","T":1000,"E":1001}';
const TRADE =
  '{"e":"trade","E":1001,"T":1000,"s":"BTCUSDT","t":9,"p":"1.0","q":"0.002","X":"MARKET","m":true}';
const MARK = '{"e":"markPriceUpdate","E":1000,"s":"BTCUSDT","p":"1.05","P":"1","i":"1","r":"0.1","T":2000}';

function taken(line: string, wants: DecoderOptions = {}): string | null {
  const scanner = new TapeScanner('binance-usdm', wants);
  const bytes = Buffer.from(`${line}\n`);
  return scanner.scan(bytes, 0, bytes.length - 1) ? `${scanner.kind} ${scanner.symbolIn(bytes)}` : null;
}

describe('TapeScanner', () => {
  it('takes quotes, trades and mark prices as Binance writes them, alone and in a combined stream', () => {
    for (const [line, kind] of [
      [QUOTE, 'quote'],
      [QUOTE.replace('"e":"bookTicker",', '').replace(',"T":1000,"E":1001', ''), 'quote'],
      [TRADE, 'trade'],
      [TRADE.replace('"trade"', '"aggTrade"').replace('"t":9', '"a":9,"f":1,"l":2'), 'trade'],
      [TRADE.replace('"X":"MARKET"', '"M":true'), 'trade'],
      [MARK, 'mark'],
    ] as const) {
      assert.equal(taken(line), `${kind} BTCUSDT`, line);
      assert.equal(taken(`{"stream":"btcusdt@x","data":${line}}\r`), `${kind} BTCUSDT`, line);
    }
  });

  it('leaves to the reference decoder what it has to read, and what is not plainly such a message', () => {
    assert.equal(taken(QUOTE, { quotes: true }), null);
    assert.equal(taken(MARK, { marks: true }), null);
    for (const line of [
      QUOTE.slice(0, -1),
      `${QUOTE}}`,
      `${QUOTE} `,
      QUOTE.replace('"u":5', '"u":5.5'),
      QUOTE.replace('"u":5', '"u":"5"'),
      QUOTE.replace('"u":5,', ''),
      QUOTE.replace('"T":1000', '"T":4102444800000'),
      QUOTE.replace('"b":"1.0"', '"b":1.0'),
      QUOTE.replace('"s":"BTCUSDT"', '"s":null'),
      QUOTE.replace('BTCUSDT', 'BTC\\u0055SDT'),
      QUOTE.replace('"A":"3"', '"A":"3","A":"3"'),
      QUOTE.replace('"A":"3"', '"A":"3","lastUpdateId":4'),
      TRADE.replace('true', 'True'),
      TRADE.replace('"trade"', '"trades"'),
      TRADE.replace('"m":true', '"m":true,"B":"1","A":"1"'),
      MARK.replace('{"e"', '{ "e"'),
      '',
    ]) {
      assert.equal(taken(line), null, line);
    }
  });

  it('takes nothing that the reference decoder refuses, and reads its trades, mutated lines included', (t) => {
    const { taken: lines, trades, refused } = fuzzTape({ lines: 20_000, seed: 1 });
    t.diagnostic(`${lines} lines taken, ${trades} trades read, ${refused} lines refused`);
    assert.ok(lines > 5_000 && trades > 1_000 && refused > 5_000);
  });
});
