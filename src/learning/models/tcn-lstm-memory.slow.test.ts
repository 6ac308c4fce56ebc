/** The estimate of a training's memory against what the system counts, each size in a process of its own. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';

const MODELS = new URL('index.ts', import.meta.url).href;
const NEURAL = new URL('../neural/index.ts', import.meta.url).href;

interface Size {
  readonly channels: number;
  readonly hidden: number;
  readonly layers: number;
  readonly batchSize: number;
  readonly labelledSteps: number;
}

/** Bytes by which the process grew at most while it took two steps, and the estimate. */
function measure({ batchSize, labelledSteps, ...model }: Size) {
  const script = `
    const { measureTrainStep, tcnLstmNetwork } = await import('${MODELS}');
    const { describeNetwork, trainingBytes } = await import('${NEURAL}');
    const config = { sequenceLength: 720, dropout: 0.3, ...${JSON.stringify(model)} };
    const network = tcnLstmNetwork(config, 9, 3);
    const plan = { network, layout: describeNetwork(network), classWeights: [2, 1, 2], weightDecay: 0.01 };
    const sizes = { batchSize: ${batchSize}, labelledSteps: ${labelledSteps}, rows: 0, validated: false };
    const estimated = trainingBytes({ ...plan, ...sizes });
    const before = process.memoryUsage().rss;
    await measureTrainStep({ config, steps: 1, threads: 1, ...sizes });
    const taken = process.resourceUsage().maxRSS * 1024 - before;
    process.stdout.write(JSON.stringify({ estimated, taken }));`;
  const text = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  return JSON.parse(text) as { readonly estimated: number; readonly taken: number };
}

describe('estimate of memory', () => {
  const sizes: readonly Size[] = [
    { channels: 32, hidden: 128, layers: 1, batchSize: 48, labelledSteps: 1 },
    { channels: 32, hidden: 128, layers: 1, batchSize: 16, labelledSteps: 720 },
    { channels: 64, hidden: 256, layers: 2, batchSize: 8, labelledSteps: 720 },
    { channels: 128, hidden: 512, layers: 2, batchSize: 4, labelledSteps: 1 },
  ];
  for (const size of sizes) {
    const { channels, hidden, layers, batchSize, labelledSteps } = size;
    it(`holds for ${channels}/${hidden}/${layers}, ${batchSize} sequences, ${labelledSteps} labels each`, (t) => {
      const { estimated, taken } = measure(size);
      t.diagnostic(`estimated ${(estimated / 1e6).toFixed(0)} MB, taken ${(taken / 1e6).toFixed(0)} MB`);
      assert.ok(taken <= estimated, `${taken} bytes taken, ${estimated} estimated`);
      assert.ok(estimated <= 1.6 * taken, `${estimated} bytes estimated, ${taken} taken`);
    });
  }
});

/** Trains an epoch of the original's network in batches of 12 sequences within `availableBytes`, in a process of its own. */
function trainWithin(availableBytes: number) {
  const script = `
    const { trainTcnLstm, TRAINING_DEFAULTS } = await import('${MODELS}');
    const rows = 719 + 720 * 11;
    const features = Float64Array.from({ length: rows * 9 }, (_, i) => Math.sin(i * i));
    const labels = Int8Array.from({ length: rows }, (_, i) => i % 3);
    const featureNames = [...'abcdefghi'];
    const before = process.memoryUsage().rss;
    const { microBatchSize } = await trainTcnLstm({
      dataset: { featureNames, rows, features, labels, segments: [{ start: 0, end: rows }] },
      trainRows: Int32Array.from({ length: rows }, (_, i) => i),
      model: { sequenceLength: 720, channels: 64, hidden: 256, layers: 2, dropout: 0.3 },
      training: { ...TRAINING_DEFAULTS.dense, epochs: 1, threads: 1 },
      availableBytes: ${availableBytes},
    });
    const taken = process.resourceUsage().maxRSS * 1024 - before;
    process.stdout.write(JSON.stringify({ microBatchSize, taken }));`;
  const text = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  return JSON.parse(text) as { readonly microBatchSize: number; readonly taken: number };
}

describe('a batch that does not fit into memory', () => {
  it('runs in parts, and the process stays within what it was given', (t) => {
    const availableBytes = 300 * 2 ** 20;
    const { microBatchSize, taken } = trainWithin(availableBytes);
    t.diagnostic(`${microBatchSize} of 12 sequences at once, ${(taken / 1e6).toFixed(0)} MB taken`);
    assert.ok(microBatchSize > 0 && microBatchSize < 12);
    assert.ok(taken <= availableBytes, `${taken} bytes taken of ${availableBytes}`);
  });
});
