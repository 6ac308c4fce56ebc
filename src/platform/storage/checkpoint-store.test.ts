import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CheckpointStore } from './checkpoint-store.ts';

describe('CheckpointStore', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tidemark-checkpoints-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('keeps the last one and that of the best epoch, and lists the latest first', async () => {
    const store = new CheckpointStore(folder, 'key');
    assert.deepEqual(await store.list(), []);
    const epochsAfter = async (epoch: number, best: number): Promise<number[]> => {
      await store.write(epoch, Uint8Array.of(epoch % 256), best);
      return (await store.list()).map((file) => file.epoch);
    };
    assert.deepEqual(await epochsAfter(1, 1), [1]);
    assert.deepEqual(await epochsAfter(2, 2), [2]);
    assert.deepEqual(await epochsAfter(3, 2), [3, 2]);
    assert.deepEqual(await epochsAfter(4, 2), [4, 2]);
    assert.deepEqual(await epochsAfter(1000, 1000), [1000]);
    const [last] = await store.list();
    assert.equal((await store.read(last!))[0], 1000 % 256);
    assert.deepEqual(readdirSync(store.folder), ['epoch-1000.ckpt'], 'nothing half-written beside it');
  });

  it('does not take a temporary file for a checkpoint, and removes everything when told to', async () => {
    const store = new CheckpointStore(folder, 'other');
    await store.write(3, Uint8Array.of(1), 3);
    writeFileSync(path.join(store.folder, '.epoch-004.ckpt.1234.tmp'), 'half');
    assert.deepEqual(
      (await store.list()).map(({ epoch }) => epoch),
      [3],
    );
    await store.clear();
    assert.ok(!existsSync(store.folder));
    assert.ok(existsSync(path.join(folder, 'checkpoints', 'key')), 'other trainings keep theirs');
  });
});
