import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LOG_RETURN_FEATURE, QUANTGOD_9 } from './bar.ts';
import { FEATURE_SET_NAMES, FEATURE_SETS, featureSetOfModel } from './feature-sets.ts';
import { STATIONARY } from './stationary-features.ts';

describe('feature sets', () => {
  it('are known by their names, have the return where paths look for it, and no column twice', () => {
    for (const name of FEATURE_SET_NAMES) {
      const set = FEATURE_SETS[name];
      assert.equal(set.name, name);
      assert.equal(set.columns[LOG_RETURN_FEATURE], 'log_ret_close');
      assert.equal(new Set(set.columns).size, set.columns.length);
    }
  });

  it('hold nothing that has a unit, where they are called stationary', () => {
    for (const name of ['volatility', 'max_spread', 'log_volume'])
      assert.ok(!STATIONARY.some((column) => column === name));
  });

  it('are found by what a model says, and refused when it means something else by the name', () => {
    const set = featureSetOfModel({ featureSet: 'quantgod-9-samples', featureNames: [...QUANTGOD_9] });
    assert.equal(set.logVolume, 'samples');
    assert.throws(
      () => featureSetOfModel({ featureSet: 'stationary', featureNames: STATIONARY.toReversed() }),
      { name: 'DataError', code: 'MODEL_FEATURES', message: /trained on stationary as order_flow_imbalance/ },
    );
    assert.throws(() => featureSetOfModel({ featureSet: 'nine', featureNames: [...QUANTGOD_9] }), {
      name: 'ConfigError',
      message: /"nine", which this program does not know; there are: quantgod-9, /,
    });
  });
});
