import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { possibleOwners, type SymbolTrace } from './snapshot-owner.ts';

const trace = (symbol: string, facts: Partial<SymbolTrace> = {}): SymbolTrace => ({
  symbol,
  firstUpdateId: 1_000_000,
  lastUpdateId: 1_000_500,
  lowPrice: 99,
  highPrice: 101,
  ...facts,
});
const SNAPSHOT = { lastUpdateId: 1_000_100, bestBid: 99.9, bestAsk: 100.1 };

describe('possibleOwners', () => {
  it('takes the only symbol of a stream for the owner, whatever its numbers', () => {
    const far = trace('AAA', { firstUpdateId: 1, lastUpdateId: 2, lowPrice: 1, highPrice: 1 });
    assert.deepEqual(possibleOwners('binance-spot', SNAPSHOT, [far]), ['AAA']);
  });

  it('tells symbols apart by their prices', () => {
    const traces = [
      trace('AAA'),
      trace('LOW', { lowPrice: 70, highPrice: 80 }),
      trace('HIGH', { lowPrice: 120 }),
    ];
    assert.deepEqual(possibleOwners('binance-usdm', SNAPSHOT, traces.slice(0, 2)), ['AAA']);
    assert.deepEqual(possibleOwners('binance-usdm', SNAPSHOT, traces.slice(1, 2).concat(trace('BBB'))), [
      'BBB',
    ]);
    const high = trace('HIGH', { lowPrice: 120, highPrice: 130 });
    assert.deepEqual(possibleOwners('binance-usdm', SNAPSHOT, [trace('AAA'), high]), ['AAA']);
  });

  it('tells symbols of the same price apart by their update ids, where each symbol has its own', () => {
    const traces = [
      trace('AAA'),
      trace('OLD', { firstUpdateId: 10, lastUpdateId: 20 }),
      trace('NEW', { firstUpdateId: 5e9, lastUpdateId: 5e9 + 10 }),
    ];
    assert.deepEqual(possibleOwners('binance-spot', SNAPSHOT, traces), ['AAA']);
    assert.deepEqual(possibleOwners('binance-usdm', SNAPSHOT, traces), ['AAA', 'OLD', 'NEW']);
  });

  it('rules nobody out by what it does not know, nor by a snapshot a little ahead of the stream', () => {
    const unknown = trace('DIM', { lowPrice: Number.NaN, highPrice: Number.NaN });
    assert.deepEqual(possibleOwners('binance-spot', SNAPSHOT, [trace('AAA'), unknown]), ['AAA', 'DIM']);
    const ahead = { ...SNAPSHOT, lastUpdateId: 1_005_000 };
    assert.deepEqual(possibleOwners('binance-spot', ahead, [trace('AAA'), trace('X', { lowPrice: 9, highPrice: 9 })]), ['AAA']); // prettier-ignore
    const oneSided = { ...SNAPSHOT, bestBid: Number.NaN };
    assert.deepEqual(possibleOwners('binance-usdm', oneSided, [trace('AAA'), trace('BBB')]), ['AAA', 'BBB']);
  });

  it('names nobody when nobody fits', () => {
    const traces = [trace('A', { lowPrice: 1, highPrice: 2 }), trace('B', { lowPrice: 900, highPrice: 950 })];
    assert.deepEqual(possibleOwners('binance-spot', SNAPSHOT, traces), []);
  });
});
