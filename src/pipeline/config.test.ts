import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../domain/core/index.ts';
import { LABEL_PRESETS } from '../domain/labels/index.ts';
import { overlay, parseConfig, resolveLabel } from './config.ts';

describe('parseConfig', () => {
  it('fills in the defaults of the original, and what it gives back passes again unchanged', () => {
    const config = parseConfig({});
    const { sequenceLength, channels, hidden, layers, dropout, learningRate, mode } = config.base;
    assert.deepEqual(
      { sequenceLength, channels, hidden, layers, dropout, learningRate, mode },
      {
        sequenceLength: 720,
        channels: 64,
        hidden: 256,
        layers: 2,
        dropout: 0.3,
        learningRate: 3e-4,
        mode: 'dense',
      },
    );
    const { rounds, maxDepth, subsample, columnSample, alpha, lambda } = config.auditor;
    assert.deepEqual([rounds, maxDepth, config.auditor.learningRate], [500, 6, 0.05]);
    assert.deepEqual([subsample, columnSample, alpha, lambda], [0.8, 0.8, 0.1, 1]);
    assert.deepEqual([config.validation.folds, config.validation.testShare], [5, 0.1]);
    assert.deepEqual(config.base.classWeights, [2, 1, 2]);
    assert.deepEqual(parseConfig(JSON.parse(JSON.stringify(config))), config);
  });

  it('finds every problem at once and names each field as it is called where it came from', () => {
    const wrong = { seed: -1, base: { layers: 0, classWeights: [2, 1] }, auditr: {} };
    assert.throws(
      () => parseConfig(wrong, (field) => `run.yaml: ${field}`),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        const paths = error.problems.map((problem) => problem.path).toSorted();
        assert.deepEqual(paths, [
          'run.yaml: (root)',
          'run.yaml: base.classWeights',
          'run.yaml: base.layers',
          'run.yaml: seed',
        ]);
        assert.match(error.message, /"auditr"/);
        return true;
      },
    );
  });
});

describe('overlay', () => {
  it('covers field by field; undefined covers nothing; lists are replaced whole', () => {
    const file = { seed: 3, base: { channels: 8, classWeights: [1, 1, 1] }, label: { preset: 'a' } };
    const flags = { seed: undefined, base: { hidden: 4, classWeights: [2, 1, 2] }, threads: 1 };
    assert.deepEqual(overlay(file, flags), {
      seed: 3,
      base: { channels: 8, hidden: 4, classWeights: [2, 1, 2] },
      label: { preset: 'a' },
      threads: 1,
    });
    assert.deepEqual(file.base, { channels: 8, classWeights: [1, 1, 1] }, 'the file’s tree stays as it is');
  });
});

describe('resolveLabel', () => {
  const resolve = (label: Record<string, unknown>) => resolveLabel(parseConfig({ label }).label);

  it('finds all eight presets by name, the default being −0.4 % and +0.8 % in an hour', () => {
    assert.equal(LABEL_PRESETS.size, 8);
    for (const [preset, definition] of LABEL_PRESETS) assert.equal(resolve({ preset }), definition);
    assert.deepEqual(resolve({}), {
      name: 'SELL_0004_BUY_0008_1h',
      thresholdShort: -0.004,
      thresholdLong: 0.008,
      lookaheadMinutes: 60,
    });
  });

  it('lets each number of one’s own override the preset’s, under a name that says so', () => {
    assert.deepEqual(resolve({ preset: 'SELL_0004_BUY_0004_2h', thresholdLong: 0.005 }), {
      name: 'SELL_0004_BUY_0005_2h',
      thresholdShort: -0.004,
      thresholdLong: 0.005,
      lookaheadMinutes: 120,
    });
    assert.equal(resolve({ thresholdShort: -0.0035, lookaheadMinutes: 45 }).name, 'SELL_0.0035_BUY_0008_45m');
  });

  it('refuses a preset that is not there and lists those that are', () => {
    assert.throws(() => resolve({ preset: 'SELL_1' }), {
      name: 'ConfigError',
      message: /^label\.preset: unknown preset "SELL_1"; there are: SELL_0003_BUY_0005_1h, /,
    });
  });
});
