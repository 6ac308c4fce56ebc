/** E1 on generated markets of reduced size: found where it was planted, and not where it was not. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { parseConfig } from '../config.ts';
import { EXPERIMENT_DEFAULTS, type ExperimentRequest, runExperiment } from './experiment.ts';
import { type ExperimentRecipe, experimentRecipe } from './recipe.ts';
import { writeExperiment } from './write-experiment.ts';

const folder = await mkdtemp(path.join(os.tmpdir(), 'experiment-'));
after(async () => await rm(folder, { recursive: true }));

function reducedRecipe(): ExperimentRecipe {
  const recipe = experimentRecipe('5m', 3);
  return { ...recipe, macro: { ...recipe.macro, channels: 16, layers: 4 } };
}

const recipe = reducedRecipe();

const request = (state: 'planted' | 'removed', more: Partial<ExperimentRequest> = {}): ExperimentRequest => ({
  ...EXPERIMENT_DEFAULTS,
  name: 'e1',
  config: parseConfig({ dataDir: folder, seed: 1 }, (field) => field),
  source: { kind: 'generated', seed: 1, symbols: ['SIM1USDT', 'SIM2USDT'], days: 200, state },
  recipe,
  seeds: 2,
  folds: 2,
  workers: 2,
  runId: `e1-${state}`,
  createdAt: '2025-01-01T00:00:00.000Z',
  signal: new AbortController().signal,
  ...more,
});

describe('E1 on generated markets', () => {
  it('finds the planted state: the interval excludes 0; an interrupted run goes on where it stopped', async () => {
    const stop = new AbortController();
    const reason = new Error('stopped by hand');
    await assert.rejects(
      runExperiment(
        request('planted', {
          signal: stop.signal,
          onProgress: (done) => {
            if (done === 3) stop.abort(reason);
          },
        }),
      ),
      reason,
    );
    const result = await runExperiment(request('planted'));
    const { made, reused } = result.trainings;
    assert.equal(made + reused, 12);
    assert.ok(reused >= 3, `${reused} trainings were kept`);
    const [all] = result.differences;
    assert.ok(all!.lower > 0, `from ${all!.lower}`);
    assert.ok(result.synthetic);
    const hits = new Map(result.standings.map(({ id, hitRatio }) => [id, hitRatio]));
    assert.ok(hits.get('oracle-state')! > hits.get('contrastive')!);
    assert.ok(hits.get('oracle-window')! > 0.5 && Math.abs(hits.get('random')! - 0.5) < 0.02);

    const again = await runExperiment(request('planted', { workers: 1 }));
    assert.deepEqual(again.trainings, { made: 0, reused: 12 });
    assert.deepEqual(again.differences, result.differences);
    const written = await writeExperiment(
      { result, recipe },
      { dataDir: folder, createdAt: '2025-01-01', seconds: 1 },
    );
    const page = await readFile(written.html, 'utf8');
    assert.match(page, /SYNTHETIC DATA/);
    assert.doesNotMatch(page, /NaN|undefined|<script/);
  });

  it('with the state removed both know the pattern, and the embedding adds nothing: the interval holds 0', async (t) => {
    const { differences, standings } = await runExperiment(request('removed'));
    const [all] = differences;
    t.diagnostic(`hit ratio ${all!.estimate}, interval ${all!.lower} to ${all!.upper}`);
    assert.ok(all!.lower <= 0 && all!.upper >= 0, `${all!.lower} to ${all!.upper}`);
    assert.ok(standings[0]!.hitRatio > 0.55 && standings[1]!.hitRatio > 0.55);
  });
});
