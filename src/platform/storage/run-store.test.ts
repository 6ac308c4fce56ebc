import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type EpochRecord, RunStore } from './run-store.ts';

const epoch = (number: number, change: Partial<EpochRecord> = {}): EpochRecord => ({
  epoch: number,
  trainLoss: 1 / number,
  valLoss: 0.1 + number,
  macroF1: 0.3,
  learningRate: 3e-4,
  seconds: 12.5,
  labelsPerSecond: 40_000,
  ...change,
});

describe('RunStore', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tidemark-runs-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('keeps the epochs of each part of each run, in order, each once, across openings', () => {
    const first = new RunStore(folder);
    const unjudged = epoch(1, { valLoss: null, macroF1: null });
    first.recordEpoch('a', 'base', epoch(2));
    first.recordEpoch('a', 'base', unjudged);
    first.recordEpoch('a', 'fold 1', epoch(1));
    first.recordEpoch('a', 'base', epoch(2, { seconds: 1 }));
    first.close();
    const second = new RunStore(folder);
    assert.deepEqual(second.epochsOf('a', 'base'), [unjudged, epoch(2, { seconds: 1 })]);
    assert.deepEqual(second.epochsOf('a', 'fold 1'), [epoch(1)]);
    assert.deepEqual(second.epochsOf('b', 'base'), []);
    second.close();
  });
});
