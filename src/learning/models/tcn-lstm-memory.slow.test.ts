/** The estimate of a training's memory against what the system counts, each size in a process of its own. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';

const MODELS = new URL('index.ts', import.meta.url).href;
const NEURAL = new URL('../neural/index.ts', import.meta.url).href;

interface Size {
  readonly channels: number;
  readonly hidden: number;
  readonly layers: number;
  readonly batchSize: number;
  readonly labelledSteps: number;
  readonly threads: number;
}

/** The JSON that a module prints, run in a process of its own. */
function resultOf(script: string): unknown {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-memory-'));
  try {
    const file = path.join(folder, 'measure.mjs');
    writeFileSync(file, script);
    return JSON.parse(execFileSync(process.execPath, [file], { encoding: 'utf8' }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Bytes by which the process grew at most while it took two steps, and the estimate. */
function measure({ batchSize, labelledSteps, threads, ...model }: Size) {
  const script = `
    const { measureTrainStep, tcnLstmNetwork } = await import('${MODELS}');
    const { describeNetwork, trainingBytes } = await import('${NEURAL}');
    const config = { sequenceLength: 720, dropout: 0.3, ...${JSON.stringify(model)} };
    const network = tcnLstmNetwork(config, 9, 3);
    const plan = { network, layout: describeNetwork(network), classWeights: [2, 1, 2], weightDecay: 0.01 };
    const sizes = { batchSize: ${batchSize}, labelledSteps: ${labelledSteps}, threads: ${threads} };
    const estimated = trainingBytes({ ...plan, ...sizes, rows: 0, validated: false });
    const before = process.memoryUsage().rss;
    await measureTrainStep({ config, steps: 1, ...sizes });
    const taken = process.resourceUsage().maxRSS * 1024 - before;
    process.stdout.write(JSON.stringify({ estimated, taken }));`;
  return resultOf(script) as { readonly estimated: number; readonly taken: number };
}

describe('estimate of memory', () => {
  const sizes: readonly Size[] = [
    { channels: 32, hidden: 128, layers: 1, batchSize: 48, labelledSteps: 1, threads: 1 },
    { channels: 32, hidden: 128, layers: 1, batchSize: 16, labelledSteps: 720, threads: 1 },
    { channels: 64, hidden: 256, layers: 2, batchSize: 8, labelledSteps: 720, threads: 1 },
    { channels: 128, hidden: 512, layers: 2, batchSize: 4, labelledSteps: 1, threads: 1 },
    { channels: 32, hidden: 128, layers: 1, batchSize: 48, labelledSteps: 1, threads: 2 },
    { channels: 64, hidden: 256, layers: 2, batchSize: 8, labelledSteps: 720, threads: 2 },
    { channels: 64, hidden: 256, layers: 2, batchSize: 24, labelledSteps: 1, threads: 3 },
  ];
  for (const size of sizes) {
    const { channels, hidden, layers, batchSize, labelledSteps, threads } = size;
    it(`holds for ${channels}/${hidden}/${layers}, ${batchSize} sequences, ${labelledSteps} labels each, ${threads} threads`, (t) => {
      const { estimated, taken } = measure(size);
      t.diagnostic(`estimated ${(estimated / 1e6).toFixed(0)} MB, taken ${(taken / 1e6).toFixed(0)} MB`);
      assert.ok(taken <= estimated, `${taken} bytes taken, ${estimated} estimated`);
      assert.ok(estimated <= 1.6 * taken, `${estimated} bytes estimated, ${taken} taken`);
    });
  }
});

/** Trains an epoch of the original's network in batches of 12 sequences within `availableBytes`, in a process of its own. */
function trainWithin(availableBytes: number, threads: number) {
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
      training: { ...TRAINING_DEFAULTS.dense, epochs: 1, threads: ${threads} },
      availableBytes: ${availableBytes},
    });
    const taken = process.resourceUsage().maxRSS * 1024 - before;
    process.stdout.write(JSON.stringify({ microBatchSize, taken }));`;
  return resultOf(script) as { readonly microBatchSize: number; readonly taken: number };
}

describe('a batch that does not fit into memory', () => {
  for (const [threads, mebibytes] of [
    [1, 300],
    [2, 600],
  ] as const) {
    it(`runs in parts, and the process stays within what it was given: ${threads} threads`, (t) => {
      const availableBytes = mebibytes * 2 ** 20;
      const { microBatchSize, taken } = trainWithin(availableBytes, threads);
      t.diagnostic(`${microBatchSize} of 12 sequences at once, ${(taken / 1e6).toFixed(0)} MB taken`);
      assert.ok(microBatchSize > 0 && microBatchSize < 12);
      assert.ok(taken <= availableBytes, `${taken} bytes taken of ${availableBytes}`);
    });
  }
});
