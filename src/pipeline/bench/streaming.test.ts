import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { QUANTGOD_9 } from '../../domain/features/index.ts';
import { importTcnLstm } from '../../learning/models/index.ts';
import { compareForms } from './streaming.ts';

const golden = (name: string): Buffer =>
  readFileSync(new URL(`../../learning/models/golden/${name}`, import.meta.url));

/** Three windows of 24 bars; here one series. */
const { windows } = JSON.parse(golden('import.json').toString()) as { readonly windows: readonly number[] };
const SERIES = Float64Array.from(windows);
const { onnx } = importTcnLstm({
  safetensors: golden('import.safetensors'),
  model: { channels: 4, hidden: 8, layers: 2, sequenceLength: 24, dropout: 0 },
  featureNames: QUANTGOD_9,
});

describe('the streaming form beside the window form', () => {
  it('is the same up to rounding while no bar has left the window', async () => {
    const { bars, mean, max, agreement } = await compareForms(onnx, SERIES, { start: 10, end: 34 });
    assert.deepEqual([bars, agreement], [1, 1]);
    assert.ok(max < 1e-6 && mean === max);
  });

  it('differs afterwards, by what a window so short makes forget', async () => {
    const { bars, mean, max, agreement } = await compareForms(onnx, SERIES, { start: 0, end: 72 });
    assert.equal(bars, 49);
    assert.ok(max > 1e-5 && max < 0.5, `${max}`);
    assert.ok(mean > 0 && mean < max);
    assert.ok(agreement > 0 && agreement <= 1);
  });
});
