/** Simulates the same days several times over. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { simulate, type SimulateOptions } from './simulate.ts';

/** Path below `folder` → sha256, of every file. */
async function hashTree(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const hashes: Record<string, string> = {};
  for (const entry of entries.filter((found) => found.isFile())) {
    const file = path.join(entry.parentPath, entry.name);
    hashes[path.relative(folder, file)] = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  }
  return hashes;
}

describe('simulate, run again', () => {
  let folder = '';
  let first: Record<string, string>;
  const options = (out: string, change: Partial<SimulateOptions> = {}): SimulateOptions => ({
    out: path.join(folder, out),
    startDate: '2025-01-01',
    days: 2,
    seed: 21,
    strength: 0.5,
    rate: 'light',
    ...change,
  });

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-simulate-'));
    await simulate(options('first'));
    first = await hashTree(path.join(folder, 'first'));
  });
  after(() => rm(folder, { recursive: true }));

  it('gives the same bytes for the same options, in the same folder and in another', async () => {
    // Two archives, two markers, one month of candles and its checksum, three files of the answer sheet.
    assert.equal(Object.keys(first).length, 9);
    for (const out of ['first', 'second']) {
      await simulate(options(out));
      assert.deepEqual(await hashTree(path.join(folder, out)), first);
    }
  });

  it('gives other archives, candles and truth for another seed', async () => {
    await simulate(options('other', { seed: 22 }));
    const other = await hashTree(path.join(folder, 'other'));
    assert.deepEqual(Object.keys(other).toSorted(), Object.keys(first).toSorted());
    for (const [name, hash] of Object.entries(other)) {
      assert.equal(hash === first[name], name.endsWith('SYNTHETIC.json'), name);
    }
  });

  it('completes what was aborted when asked again', async () => {
    const stop = new AbortController();
    const onProgress = (): void => void setImmediate(() => stop.abort(new Error('interrupted')));
    await assert.rejects(simulate(options('aborted', { signal: stop.signal, onProgress })), /interrupted/);
    for (const [name, hash] of Object.entries(await hashTree(path.join(folder, 'aborted')))) {
      assert.equal(hash, first[name], name);
    }
    await simulate(options('aborted'));
    assert.deepEqual(await hashTree(path.join(folder, 'aborted')), first);
  });
});
