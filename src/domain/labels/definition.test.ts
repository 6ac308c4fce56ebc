import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../core/index.ts';
import { checkLabelDefinition, DEFAULT_LABEL, LABEL_PRESETS, labelDefinition } from './definition.ts';

describe('LABEL_PRESETS', () => {
  it('are the eight, by name', () => {
    assert.deepEqual(
      [...LABEL_PRESETS.values()].map((p) => [p.name, p.thresholdShort, p.thresholdLong, p.lookaheadMinutes]),
      [
        ['SELL_0003_BUY_0005_1h', -0.003, 0.005, 60],
        ['SELL_0004_BUY_0004_1h', -0.004, 0.004, 60],
        ['SELL_0004_BUY_0004_2h', -0.004, 0.004, 120],
        ['SELL_0004_BUY_0005_1h', -0.004, 0.005, 60],
        ['SELL_0004_BUY_0006_1h', -0.004, 0.006, 60],
        ['SELL_0004_BUY_0008_1h', -0.004, 0.008, 60],
        ['SELL_0004_BUY_0008_2h', -0.004, 0.008, 120],
        ['SELL_0004_BUY_0010_2h', -0.004, 0.01, 120],
      ],
    );
    for (const [name, preset] of LABEL_PRESETS) assert.equal(preset.name, name);
    assert.equal(LABEL_PRESETS.get('SELL_0004_BUY_0008_1h'), DEFAULT_LABEL);
  });
});

describe('labelDefinition', () => {
  it('names what the pattern cannot hold in full', () => {
    assert.equal(labelDefinition(-0.0035, 0.008, 45).name, 'SELL_0.0035_BUY_0008_45m');
  });

  it('refuses a bad definition with all its problems at once', () => {
    assert.throws(
      () =>
        checkLabelDefinition({
          name: 'a/b',
          thresholdShort: 0.004,
          thresholdLong: Number.NaN,
          lookaheadMinutes: 1.5,
        }),
      (error: unknown) =>
        error instanceof ConfigError &&
        error.problems.map((p) => p.path).join() ===
          'label.name,label.thresholdShort,label.thresholdLong,label.lookaheadMinutes',
    );
  });
});
