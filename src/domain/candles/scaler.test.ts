import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type FeatureRows,
  fitCandleScaler,
  parseCandleScaler,
  SCALER_KINDS,
  scaleFeatures,
} from './scaler.ts';

const NAMES = ['a', 'b'];
const ROWS: FeatureRows = {
  openTimeMs: Float64Array.of(0, 1, 2, 3, 4),
  featureNames: NAMES,
  features: Float64Array.of(1, 7, 2, 7, 4, Number.NaN, 8, 7, 1e9, 1e9),
};
const PERIOD = { fromMs: 0, toMs: 4 };

describe('candle scaler', () => {
  it('takes its statistics from the period alone, and passes over what is not available', () => {
    const scaler = fitCandleScaler(ROWS, { kind: 'min-max', symbol: 'S', period: PERIOD });
    assert.deepEqual(
      [scaler.centre, scaler.scale, scaler.samples],
      [
        [1, 7],
        [7, 1],
        [4, 3],
      ],
    );
    const scaled = scaleFeatures(scaler, ROWS);
    assert.deepEqual([...scaled].slice(0, 8), [0, 0, 1 / 7, 0, 3 / 7, Number.NaN, 1, 0]);
  });

  it('does not change with what comes after the period', () => {
    const other = { ...ROWS, features: ROWS.features.with(8, -5).with(9, -5) };
    for (const kind of SCALER_KINDS) {
      const options = { kind, symbol: 'S', period: PERIOD };
      assert.deepEqual(fitCandleScaler(other, options), fitCandleScaler(ROWS, options));
    }
  });

  it('survives JSON to the bit', () => {
    for (const kind of SCALER_KINDS) {
      const scaler = fitCandleScaler(ROWS, { kind, symbol: 'S', period: PERIOD });
      assert.deepEqual(parseCandleScaler(JSON.parse(JSON.stringify(scaler))), scaler);
    }
  });

  it('refuses what is no scaler, other features, and a period without values', () => {
    const scaler = fitCandleScaler(ROWS, { kind: 'robust', symbol: 'S', period: PERIOD });
    const broken = [
      null,
      'x',
      {},
      { ...scaler, format: 2 },
      { ...scaler, scale: [1] },
      { ...scaler, scale: [0, 1] },
    ];
    for (const value of broken) assert.throws(() => parseCandleScaler(value), { name: 'DataError' });
    const swapped = { ...ROWS, featureNames: ['b', 'a'] };
    assert.throws(() => scaleFeatures(scaler, swapped), { name: 'InvariantError' });
    const late = { kind: 'robust', symbol: 'S', period: { fromMs: 2, toMs: 3 } } as const;
    assert.throws(() => fitCandleScaler(ROWS, late), { name: 'DataError', message: /S: b has no value/ });
  });
});
