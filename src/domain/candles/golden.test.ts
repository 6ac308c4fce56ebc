/** Our features and scalings against pandas and scikit-learn. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { type CandleField, type CandleTable } from './candle.ts';
import { CANDLE_FEATURE_SETS, candleFeatures } from './features.ts';
import { isCandleInterval } from './interval.ts';
import { fitCandleScaler, SCALER_KINDS, type ScalerKind, scaleFeatures } from './scaler.ts';

// Made by bench/peers/candle_features_peer.py with pandas 3.1.1 and scikit-learn 1.9.1.
const GOLDEN_SHA256 = 'ff997cc32e21c9bfdbba2b6a2d57fc88713df5cd029521fbb194375bc86ef561';
const TOLERANCE = 1e-12;

interface Golden {
  readonly interval: string;
  readonly openTimeMs: readonly number[];
  readonly candles: Readonly<Record<string, readonly number[]>>;
  readonly featureNames: readonly string[];
  /** `[rows × features]`, null where not available. */
  readonly features: readonly (number | null)[];
  /** The scalers are fitted to so many rows from the first. */
  readonly scaledRows: number;
  readonly scaled: Readonly<Record<ScalerKind, readonly (number | null)[]>>;
}

const text = readFileSync(new URL('./golden/candles-7.json', import.meta.url), 'utf8');

function close(actual: Float64Array, expected: readonly (number | null)[]): void {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of expected.entries()) {
    if (value === null) assert.ok(Number.isNaN(actual[i]!), `element ${i}: ${actual[i]} is not NaN`);
    else assert.ok(Math.abs(actual[i]! - value) <= TOLERANCE, `element ${i}: ${actual[i]} is not ${value}`);
  }
}

function tableOf({ openTimeMs, candles }: Golden): CandleTable {
  const names: Readonly<Record<CandleField, string>> = {
    open: 'open',
    high: 'high',
    low: 'low',
    close: 'close',
    volume: 'volume',
    quoteVolume: 'quote_volume',
    trades: 'trades_count',
    takerBuyVolume: 'taker_buy_volume',
  };
  const columns = Object.entries(names).map(([field, name]) => [field, Float64Array.from(candles[name]!)]);
  return {
    ...(Object.fromEntries(columns) as Record<CandleField, Float64Array>),
    rows: openTimeMs.length,
    openTimeMs: Float64Array.from(openTimeMs),
  };
}

describe('candles-7 against pandas and scikit-learn', () => {
  const golden = JSON.parse(text) as Golden;
  const table = tableOf(golden);
  assert.ok(isCandleInterval(golden.interval));
  const features = candleFeatures(table, golden.interval);

  it('reads the golden file that its sha256 names', () => {
    assert.equal(createHash('sha256').update(text).digest('hex'), GOLDEN_SHA256, 'golden file changed');
    assert.deepEqual(CANDLE_FEATURE_SETS['candles-7'], golden.featureNames);
  });

  it('computes the same features, with a candle missing and one without volume', () => {
    close(features, golden.features);
  });

  for (const kind of SCALER_KINDS) {
    it(`scales as scikit-learn does: ${kind}`, () => {
      const rows = { openTimeMs: table.openTimeMs, featureNames: golden.featureNames, features };
      const period = { fromMs: table.openTimeMs[0]!, toMs: table.openTimeMs[golden.scaledRows]! };
      const scaler = fitCandleScaler(rows, { kind, symbol: 'S', period });
      close(scaleFeatures(scaler, rows), golden.scaled[kind]);
    });
  }
});
