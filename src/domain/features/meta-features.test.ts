import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../core/index.ts';
import { QUANTGOD_9 } from './bar.ts';
import { STATIONARY } from './stationary-features.ts';
import { exponentialAverage, wilderRsi } from './indicators.ts';
import { META_FEATURES, metaFeatureNames, metaFeatures, metaFeatureSetOf } from './meta-features.ts';

const BARS = 200;
const WIDTH = QUANTGOD_9.length;
const features = (() => {
  const random = Random.fromSeed(1);
  return Float64Array.from({ length: BARS * WIDTH }, () => 0.001 * random.normal());
})();
const rows = Int32Array.of(99, 120, 199);
const probabilities = Float64Array.of(0.2, 0.5, 0.3, 0, 1, 0, 1 / 3, 1 / 3, 1 / 3);
const sequenceLength = 100;
const all = metaFeatures({ probabilities, features, featureNames: QUANTGOD_9, rows, sequenceLength });
const valueOf = (i: number, name: (typeof META_FEATURES)[number]): number =>
  all[i * META_FEATURES.length + META_FEATURES.indexOf(name)]!;

function close(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);
}

describe('metaFeatures', () => {
  it('have means of recent bars beside them, of the window’s own bars, where the set says so', () => {
    const set = 'recent-bars';
    const names = metaFeatureNames(QUANTGOD_9, set);
    assert.equal(names.length, META_FEATURES.length + 3 * WIDTH);
    assert.equal(metaFeatureSetOf(names, QUANTGOD_9), set);
    assert.equal(metaFeatureSetOf(META_FEATURES, QUANTGOD_9), 'quantgod-14');
    assert.equal(metaFeatureSetOf(names.toReversed(), QUANTGOD_9), null);
    const input = { probabilities, features, featureNames: QUANTGOD_9, rows, sequenceLength, set } as const;
    const wide = metaFeatures(input);
    const at = (i: number, name: string): number => wide[i * names.length + names.indexOf(name)]!;
    rows.forEach((row, i) => {
      for (const [k, name] of META_FEATURES.entries()) {
        assert.ok(Object.is(at(i, name), all[i * META_FEATURES.length + k]!));
      }
      for (const reach of [5, 15, 60]) {
        const column = QUANTGOD_9.indexOf('mean_obi');
        let sum = 0;
        for (let back = 0; back < reach; back++) sum += features[(row - back) * WIDTH + column]!;
        close(at(i, `mean_obi_mean_${reach}`), sum / reach);
      }
    });
    const start = 199 - sequenceLength + 1;
    const window = features.slice(start * WIDTH, 200 * WIDTH);
    const last = probabilities.subarray(6);
    const alone = metaFeatures({ ...input, probabilities: last, features: window, rows: Int32Array.of(99) });
    assert.deepEqual(alone, wide.slice(2 * names.length));
    const short = metaFeatures({ ...input, sequenceLength: 20 });
    assert.ok(Number.isNaN(short[names.indexOf('mean_obi_mean_60')]!));
    assert.ok(Number.isFinite(short[names.indexOf('mean_obi_mean_15')]!));
  });

  it('are fourteen, in the order of the reference', () => {
    assert.equal(
      META_FEATURES.join(', '),
      'prob_sell, prob_neutral, prob_buy, entropy, body, upper_wick, lower_wick, log_ret_close, volatility, ' +
        'mean_obi, mean_deep_obi, rsi_14, ema_9_dist, ema_50_dist',
    );
    assert.equal(all.length, rows.length * 14);
  });

  it('carry the probabilities, their entropy and the last bar', () => {
    assert.deepEqual([...all.subarray(0, 3)], [0.2, 0.5, 0.3]);
    close(valueOf(0, 'entropy'), -(0.2 * Math.log(0.2) + 0.5 * Math.log(0.5) + 0.3 * Math.log(0.3)));
    assert.equal(valueOf(1, 'entropy'), 0);
    close(valueOf(2, 'entropy'), Math.log(3));
    for (const name of ['body', 'log_ret_close', 'volatility', 'mean_obi', 'mean_deep_obi'] as const) {
      assert.equal(valueOf(1, name), features[120 * WIDTH + QUANTGOD_9.indexOf(name)]);
    }
  });

  it('read the indicators off the prices of the window', () => {
    // Prices of some currency, multiplied up bar by bar, instead of exponentials of sums.
    let price = 30_000;
    const prices = Float64Array.from({ length: sequenceLength }, (_, i) => {
      price *= Math.exp(features[(120 - sequenceLength + 1 + i) * WIDTH + 3]!);
      return price;
    });
    close(valueOf(1, 'rsi_14') / 100, wilderRsi(prices, 14) / 100);
    close(valueOf(1, 'ema_9_dist'), price / exponentialAverage(prices, 9) - 1);
    close(valueOf(1, 'ema_50_dist'), price / exponentialAverage(prices, 50) - 1);
  });

  it('give the same bits for a window on its own, as live holds it', () => {
    rows.forEach((row, i) => {
      const window = features.slice((row - sequenceLength + 1) * WIDTH, (row + 1) * WIDTH);
      const alone = metaFeatures({
        probabilities: probabilities.subarray(3 * i, 3 * i + 3),
        features: window,
        featureNames: QUANTGOD_9,
        rows: Int32Array.of(sequenceLength - 1),
        sequenceLength,
      });
      assert.deepEqual(alone, all.slice(i * 14, (i + 1) * 14));
    });
  });

  it('take volatility in basis points from a set that has it so, and say so', () => {
    assert.deepEqual(metaFeatureNames(QUANTGOD_9), META_FEATURES);
    const names = metaFeatureNames(STATIONARY);
    assert.equal(names[8], 'volatility_bps');
    assert.deepEqual(names.with(8, 'volatility'), META_FEATURES);
    const width = STATIONARY.length;
    const window = Float64Array.from({ length: 20 * width }, (_, i) => (i % 97) / 1e5);
    const row = metaFeatures({
      probabilities: probabilities.subarray(0, 3),
      features: window,
      featureNames: STATIONARY,
      rows: Int32Array.of(19),
      sequenceLength: 20,
    });
    assert.equal(row[8], window[19 * width + STATIONARY.indexOf('volatility_bps')]);
  });

  it('leave out what a window is too short for', () => {
    const short = metaFeatures({
      probabilities,
      features,
      featureNames: QUANTGOD_9,
      rows,
      sequenceLength: 12,
    });
    assert.ok(Number.isNaN(short[11]) && Number.isFinite(short[12]) && Number.isNaN(short[13]));
  });

  it('refuse a window outside the table or with a hole, and bars without a needed feature', () => {
    const input = { probabilities, features, featureNames: QUANTGOD_9, rows, sequenceLength };
    assert.throws(() => metaFeatures({ ...input, sequenceLength: 101 }), /outside the table/);
    const holed = features.slice();
    holed[50 * WIDTH + 3] = Number.NaN;
    assert.throws(() => metaFeatures({ ...input, features: holed }), /without a return/);
    assert.throws(
      () => metaFeatures({ ...input, featureNames: QUANTGOD_9.map((name) => `${name}_bps`) }),
      /needs a feature/,
    );
  });
});
