import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { DoubleJob } from './double.worker.ts';
import { JobPool, runJobs } from './pool.ts';

const module = new URL('double.worker.ts', import.meta.url);
const run = (
  jobs: readonly DoubleJob[],
  more: { readonly signal?: AbortSignal; readonly onNews?: (job: number, news: string) => void } = {},
) => runJobs<DoubleJob, number, string>({ module, jobs, workers: 2, ...more });

describe('runJobs', () => {
  it('gives results in the order of the jobs, and news on the way', async () => {
    const news: string[] = [];
    const results = await run(
      [1, 2, 3, 4, 5].map((value) => ({ value })),
      {
        onNews: (job, text) => news.push(`${job}: ${text}`),
      },
    );
    assert.deepEqual(results, [2, 4, 6, 8, 10]);
    assert.deepEqual(news.toSorted(), [
      '0: doubling 1',
      '1: doubling 2',
      '2: doubling 3',
      '3: doubling 4',
      '4: doubling 5',
    ]);
  });

  it('does a job again whose thread died', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-pool-'));
    const mark = path.join(folder, 'died');
    assert.deepEqual(await run([{ value: 1 }, { value: 2, act: 'die-once', mark }, { value: 3 }]), [2, 4, 6]);
    await rm(folder, { recursive: true });
  });

  it('gives up a job whose thread dies twice', async () => {
    await assert.rejects(run([{ value: 1, act: 'die' }]), /died 2 times on the same job \(exit code 9\)/);
  });

  it('stops the others and throws when one fails', async () => {
    await assert.rejects(
      run([{ value: 1, act: 'wait' }, { value: 2, act: 'fail' }, { value: 3 }]),
      /no double of 2/,
    );
  });

  it('stops when it is told to, with the reason of the signal', async () => {
    const stop = new AbortController();
    const running = run(
      [
        { value: 1, act: 'wait' },
        { value: 2, act: 'wait' },
      ],
      {
        signal: stop.signal,
        onNews: () => stop.abort(new Error('enough')),
      },
    );
    await assert.rejects(running, /enough/);
  });

  it('has nothing to do for no jobs', async () => {
    assert.deepEqual(await run([]), []);
  });
});

describe('JobPool', () => {
  it('takes jobs as they come, after one that failed or was cancelled too', async () => {
    const pool = new JobPool<DoubleJob, number, string>(module);
    try {
      assert.deepEqual(await Promise.all([pool.perform({ value: 1 }), pool.perform({ value: 2 })]), [2, 4]);
      await assert.rejects(pool.perform({ value: 3, act: 'fail' }), /no double of 3/);
      const stop = new AbortController();
      const onNews = (): void => stop.abort(new Error('enough'));
      await assert.rejects(
        pool.perform({ value: 4, act: 'wait' }, { signal: stop.signal, onNews }),
        /enough/,
      );
      assert.equal(await pool.perform({ value: 5 }), 10);
    } finally {
      await pool.close();
    }
  });
});
