import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DataError } from '../core/index.ts';
import { fromSteps, offStepReason, parseDecimalStep, significantDecimals, toSteps } from './decimal.ts';
import { parseVenueName } from './venue.ts';

const STEPS = ['0.1', '0.0001', '1e-7', '0.5', '0.25', '10', '1', '0.00000001', '2.5e-5'];

describe('parseDecimalStep', () => {
  it('reads plain and scientific notation and knows the nearest double', () => {
    for (const text of STEPS) assert.equal(parseDecimalStep(text).value, Number(text));
    assert.equal(parseDecimalStep('1e-7').text, '0.0000001');
    assert.equal(parseDecimalStep('0.10').text, '0.1');
  });

  it('refuses what is no positive decimal', () => {
    for (const text of ['0', '-0.1', 'abc', '', '1e-99', '0x1'])
      assert.throws(() => parseDecimalStep(text), DataError);
  });
});

describe('toSteps', () => {
  it('is exact where floats are not', () => {
    assert.equal(toSteps('0.3', parseDecimalStep('0.1')), 3);
    assert.equal(toSteps('28145.10', parseDecimalStep('0.1')), 281_451);
    assert.equal(toSteps('0.0012345', parseDecimalStep('1e-7')), 12_345);
    assert.equal(toSteps('19.5', parseDecimalStep('0.5')), 39);
  });

  it('gives NaN off the step and for what is no decimal, and says which', () => {
    const tick = parseDecimalStep('0.5');
    for (const text of ['0.3', '19.75', '0.50001']) {
      assert.ok(Number.isNaN(toSteps(text, tick)), text);
      assert.equal(offStepReason(text), 'off-step');
    }
    for (const text of ['', '.', '1.2.3', '1e5', '-1', 'x', ' 1']) {
      assert.ok(Number.isNaN(toSteps(text, tick)), text);
      assert.equal(offStepReason(text), 'malformed');
    }
  });

  it('refuses more than a double holds exactly', () => {
    assert.ok(Number.isNaN(toSteps('9007199254740993', parseDecimalStep('1'))));
    assert.equal(toSteps('9007199254740991', parseDecimalStep('1')), Number.MAX_SAFE_INTEGER);
  });

  it('round-trips every multiple of every step to the nearest double', () => {
    fc.assert(
      fc.property(fc.constantFrom(...STEPS), fc.integer({ min: 0, max: 1e12 }), (text, steps) => {
        const step = parseDecimalStep(text);
        const units = (BigInt(steps) * BigInt(step.units)).toString().padStart(step.decimals + 1, '0');
        const point = units.length - step.decimals;
        const decimal = step.decimals === 0 ? units : `${units.slice(0, point)}.${units.slice(point)}`;
        assert.equal(toSteps(decimal, step), steps);
        assert.equal(toSteps(`${decimal}${step.decimals === 0 ? '' : '000'}`, step), steps);
        assert.equal(fromSteps(steps, step), Number(decimal));
      }),
    );
  });
});

describe('significantDecimals', () => {
  it('ignores trailing zeros', () => {
    assert.equal(significantDecimals('1.21400000'), 3);
    assert.equal(significantDecimals('5.000'), 0);
    assert.equal(significantDecimals('7'), 0);
    assert.ok(Number.isNaN(significantDecimals('abc')));
  });
});

describe('parseVenueName', () => {
  it('lists the venues it knows when it does not know one', () => {
    assert.equal(parseVenueName('binance-spot'), 'binance-spot');
    assert.throws(() => parseVenueName('krakken'), {
      name: 'ConfigError',
      message: '--venue: unknown venue "krakken"; known venues: bybit-linear, binance-usdm, binance-spot',
    });
  });
});
