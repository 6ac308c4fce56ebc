import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createInstrument, toSteps } from '../../domain/market/index.ts';
import { LevelScanner } from './level-scanner.ts';

const decimal = fc
  .tuple(fc.integer({ min: 0, max: 1e7 }), fc.stringMatching(/^\d{0,6}$/))
  .map(([whole, fraction]) => (fraction === '' ? `${whole}` : `${whole}.${fraction}`));

describe('LevelScanner', () => {
  it('reads what the market core reads from strings, and gives up where it gives NaN', () => {
    const steps = fc.constantFrom('0.1', '0.5', '0.0001', '1e-7', '10', '1');
    const levels = fc.array(fc.tuple(decimal, decimal), { maxLength: 8 });
    fc.assert(
      fc.property(steps, steps, levels, (tickSize, lotSize, pairs) => {
        const instrument = createInstrument({ venue: 'bybit-linear', symbol: 'T', tickSize, lotSize });
        const expected = pairs.flatMap(([price, size]) => [
          toSteps(price, instrument.tick),
          toSteps(size, instrument.lot),
        ]);
        const bytes = Buffer.from(`"b":${JSON.stringify(pairs)},`);
        const scanner = new LevelScanner(instrument);
        const target = new Float64Array(20);
        const scanned = scanner.scan(bytes, 4, target, 3);
        assert.equal(scanned, !expected.some(Number.isNaN));
        if (!scanned) return;
        assert.equal(scanner.count, pairs.length);
        assert.equal(scanner.end, bytes.length - 1);
        assert.deepEqual([...target.subarray(3, 3 + expected.length)], expected);
      }),
      { numRuns: 500 },
    );
  });

  it('gives up on a number off a step that is no power of ten', () => {
    const instrument = createInstrument({
      venue: 'bybit-linear',
      symbol: 'T',
      tickSize: '0.5',
      lotSize: '1',
    });
    const scanner = new LevelScanner(instrument);
    assert.equal(scanner.scan(Buffer.from('[["7.5","2"]]'), 0, new Float64Array(2), 0), true);
    assert.equal(scanner.scan(Buffer.from('[["7.3","2"]]'), 0, new Float64Array(2), 0), false);
  });

  it('gives up on every other shape', () => {
    const instrument = createInstrument({ venue: 'bybit-linear', symbol: 'T', tickSize: '1', lotSize: '1' });
    const scanner = new LevelScanner(instrument);
    for (const text of [
      '[["1","2"]',
      '[["1","2"',
      '[["1","2"],]',
      '[["1", "2"]]',
      '[["1"]]',
      '[["1","2","3"]]',
      '[[1,2]]',
      '[["","2"]]',
      '[["1.","x"]]',
      '[["1","-2"]]',
      '[["1","2"]["3","4"]]',
      'null',
    ]) {
      assert.equal(scanner.scan(Buffer.from(text), 0, new Float64Array(20), 0), false, text);
    }
  });
});
