/**
 * One epoch of dense training over generated bars, as a process of its own:
 * `node dense-epoch.worker.ts MINUTES THREADS` prints `{seconds, labels, peakRssBytes}`.
 */
import { CLASS_COUNT, Random } from '../../domain/core/index.ts';
import { QUANTGOD_9 } from '../../domain/features/index.ts';
import { TRAINING_DEFAULTS, trainTcnLstm } from '../../learning/models/index.ts';
import { peakMemory } from './peak-memory.ts';

const [minutes = 0, threads = 1] = process.argv.slice(2).map(Number);
const SEQUENCE = 720;
const random = Random.fromSeed(1);
const features = new Float64Array(minutes * QUANTGOD_9.length);
for (let i = 0; i < features.length; i++) features[i] = random.normal();
const labels = Int8Array.from({ length: minutes }, () => random.integer(CLASS_COUNT));

const startedMs = performance.now();
const { trainLabels } = await trainTcnLstm({
  dataset: {
    featureNames: QUANTGOD_9,
    rows: minutes,
    features,
    labels,
    segments: [{ start: 0, end: minutes }],
  },
  trainRows: Int32Array.from({ length: minutes - SEQUENCE }, (_, i) => i + SEQUENCE),
  model: { sequenceLength: SEQUENCE, channels: 32, hidden: 128, layers: 1, dropout: 0.3 },
  training: { ...TRAINING_DEFAULTS.dense, epochs: 1, threads },
});
const seconds = (performance.now() - startedMs) / 1_000;
process.stdout.write(JSON.stringify({ seconds, labels: trainLabels, peakRssBytes: peakMemory() }));
