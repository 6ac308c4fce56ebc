import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createInstrument, toSteps } from '../../domain/market/index.ts';
import { DecimalScanner } from './decimal-scanner.ts';

const stepOf = (tickSize: string): ConstructorParameters<typeof DecimalScanner>[0] =>
  createInstrument({ venue: 'bybit-linear', symbol: 'T', tickSize, lotSize: '1' }).tick;

/** Steps, or NaN when the scanner refuses; the text lies in the middle of other bytes. */
function scan(text: string, tickSize: string): number {
  const scanner = new DecimalScanner(stepOf(tickSize));
  const end = scanner.scan(Buffer.from(`"${text}",9\n`), 1);
  if (end < 0) return Number.NaN;
  assert.equal(end, text.length + 2);
  return scanner.steps;
}

describe('DecimalScanner', () => {
  it('reads what the market core reads from strings, and refuses where it gives NaN', () => {
    const decimal = fc
      .tuple(fc.stringMatching(/^\d{0,8}$/), fc.stringMatching(/^(\.\d{0,9}0{0,4})?$/))
      .map(([whole, fraction]) => `${whole}${fraction}`);
    const steps = fc.constantFrom('0.1', '0.5', '0.0001', '1e-7', '10', '1', '2.5e-5');
    fc.assert(
      fc.property(decimal, steps, (text, step) => {
        const expected = toSteps(text, stepOf(step));
        const digits = text.replace('.', '').replace(/0+$/, '').length;
        const steps = scan(text, step);
        // More digits than a double is sure to hold may be refused, but never misread.
        assert.ok(Object.is(steps, expected) || (digits > 15 && Number.isNaN(steps)), `${text} by ${step}`);
      }),
      { numRuns: 3_000 },
    );
  });

  it('reads as many digits as a double holds', () => {
    assert.equal(scan('999999999', '1'), 999_999_999);
    assert.equal(scan('4294967296', '1'), 2 ** 32);
    assert.equal(scan('12345678.9012345', '1e-7'), 123_456_789_012_345);
    assert.equal(scan('27000.10000000', '0.1'), 270_001);
    assert.ok(Number.isNaN(scan('9007199254740993', '1')));
    assert.ok(Number.isNaN(scan('123456789', '1e-15')));
  });

  it('refuses what is no plain decimal', () => {
    for (const text of ['', '.', '-1', '+1', '1e5', '1.2.3', ' 1', '1 ', 'x', '1\\u0030', '٣']) {
      assert.ok(Number.isNaN(scan(text, '0.1')), text);
    }
  });
});
