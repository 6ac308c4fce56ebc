import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { ConfigError, DataError } from '../../domain/core/index.ts';
import { parseConfig } from '../config.ts';
import { EXPERIMENT_DEFAULTS, type ExperimentRequest, runExperiment } from './experiment.ts';
import { smallRecipe } from './experiments.fixture.ts';
import { experimentRecipe } from './recipe.ts';

const folder = await mkdtemp(path.join(os.tmpdir(), 'experiment-'));
after(async () => await rm(folder, { recursive: true }));

const request = (more: Partial<ExperimentRequest>): ExperimentRequest => ({
  ...EXPERIMENT_DEFAULTS,
  name: 'e1',
  config: parseConfig({ dataDir: folder }, (field) => field),
  source: { kind: 'generated', seed: 1, symbols: ['SIM1USDT', 'SIM2USDT'], days: 30, state: 'planted' },
  recipe: smallRecipe(),
  workers: 1,
  runId: 'test',
  createdAt: '2025-01-01T00:00:00.000Z',
  signal: new AbortController().signal,
  ...more,
});

const paths = (error: unknown): readonly string[] =>
  error instanceof ConfigError ? error.problems.map(({ path: at }) => at) : [];

describe('experiment', () => {
  it('tells all bad settings at once', async () => {
    const bad = request({
      seeds: 0,
      folds: 1.5,
      costBps: -1,
      replicates: 1,
      embargoMinutes: Number.NaN,
      workers: 0,
    });
    await assert.rejects(runExperiment(bad), (error: unknown) => {
      assert.deepEqual(paths(error), [
        '--seeds',
        '--folds',
        '--bootstrap-samples',
        '--workers',
        '--cost-bps',
        '--embargo-minutes',
      ]);
      return true;
    });
  });

  it('has no unseen symbol where there is only one', async () => {
    const source = { kind: 'generated', seed: 1, symbols: ['SIM1USDT'], days: 30, state: 'planted' } as const;
    await assert.rejects(runExperiment(request({ name: 'unseen', source })), (error: unknown) => {
      assert.deepEqual(paths(error), ['--symbol']);
      return true;
    });
  });

  it('says which symbol has no candles, and how many days are missing', async () => {
    const source = { kind: 'stored', market: 'futures-um', symbols: ['BTCUSDT'], interval: '5m' } as const;
    await assert.rejects(
      runExperiment(request({ source })),
      (error: unknown) =>
        error instanceof DataError &&
        /BTCUSDT.*ingest candles/.test(error.message) &&
        error.code === 'CANDLES_MISSING',
    );
    await assert.rejects(
      runExperiment(request({ source: { ...source, market: 'moon', from: '2025-13' } })),
      (error: unknown) => paths(error).includes('--market') && paths(error).includes('--from'),
    );
    await assert.rejects(
      runExperiment(request({ folds: 9 })),
      (error: unknown) => error instanceof DataError && error.code === 'EXPERIMENT_DAYS_FEW',
    );
  });

  it('has no recipe for an interval of which days are no whole steps', () => {
    for (const interval of ['1d', '7m']) {
      assert.throws(
        () => experimentRecipe(interval),
        (error: unknown) => {
          assert.deepEqual(paths(error), ['--interval']);
          return true;
        },
      );
    }
    assert.equal(experimentRecipe('1h').macro.sequenceLength, 120);
  });
});
