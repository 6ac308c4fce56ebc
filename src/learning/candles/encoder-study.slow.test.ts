/**
 * Pre-training against published practice: contrastive, masked and autoencoder pre-training beside PCA and random
 * weights, under one linear probe. The series is **generated** here, in the likeness of ETTh1 (Zhou et al. 2021,
 * *Informer*: 17,420 hours of six loads and an oil temperature); it is not that data set, and no figure of the
 * literature on it can be compared with these.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Random } from '../../domain/core/index.ts';
import { symmetricEigen } from '../../domain/math/index.ts';
import {
  MACRO_DEFAULTS,
  type MacroConfig,
  MacroModel,
  PRETRAINING_DEFAULTS,
  PRETRAINING_TASKS,
  type WindowSet,
  collapseReport,
  linearProbe,
  neighbourConsistency,
  reconstructionLoss,
  timeSplit,
  trainMacro,
  untrainedMacro,
} from './index.ts';
import { momentsOf } from './embedding-quality.ts';
import { writeScaled } from './windows.ts';

const HOUR_MS = 3_600_000;
const HOURS = 17_420;
const LENGTH = 96;
const STRIDE = 6;
const NAMES = ['HUFL', 'HULL', 'MUFL', 'MULL', 'LUFL', 'LULL', 'OT'];
const WIDTH = NAMES.length;
const PRETRAINED_SHARE = 0.6;
const TEST_SHARE = 0.3;
const SIZE = 32;

const MODEL: MacroConfig = {
  ...MACRO_DEFAULTS.tcn,
  sequenceLength: LENGTH,
  patch: 4,
  channels: 32,
  layers: 4,
  embedding: SIZE,
};

/**
 * Loads with a daily and a weekly rhythm around a slow level, and a temperature that follows them. Every few days the
 * grid changes its manner without changing its mean or its variance: in one the loads' noise persists from hour to
 * hour, in one it alternates, in one it is white. That is what the probe asks for; no single hour shows it.
 */
function series(): { readonly features: Float64Array; readonly manner: Int8Array } {
  const random = Random.fromSeed(21);
  const features = new Float64Array(HOURS * WIDTH);
  const manner = new Int8Array(HOURS);
  const noise = new Float64Array(WIDTH);
  const persistence = [0.85, -0.85, 0];
  let [level, temperature, state] = [0, 20, 0];
  for (let hour = 0; hour < HOURS; hour++) {
    if (random.uniform() < 1 / 200) state = (state + 1 + random.integer(2)) % 3;
    manner[hour] = state;
    level = 0.998 * level + 0.03 * random.normal();
    const rho = persistence[state]!;
    const day = Math.sin((2 * Math.PI * hour) / 24);
    const week = hour % 168 >= 120 ? -0.8 : 0.3;
    let load = 0;
    for (let k = 0; k < WIDTH - 1; k++) {
      noise[k] = rho * noise[k]! + Math.sqrt(1 - rho * rho) * random.normal();
      const value = 6 + 2 * level + (1 + 0.2 * k) * day + week + 1.2 * noise[k]!;
      features[hour * WIDTH + k] = value;
      load += value / (WIDTH - 1);
    }
    temperature += 0.05 * (4 * load - 4 - temperature) + 0.3 * random.normal();
    features[hour * WIDTH + WIDTH - 1] = temperature;
  }
  return { features, manner };
}

/** The first `size` principal components of rows `[· × width]`, `[size × width]`, by orthogonal iteration. */
function principalComponents(rows: Float64Array, width: number, size: number) {
  const count = rows.length / width;
  const mean = new Float64Array(width);
  for (let i = 0; i < rows.length; i++) mean[i % width]! += rows[i]! / count;
  const random = Random.fromSeed(1);
  let basis = Float64Array.from({ length: size * width }, () => random.normal());
  for (let iteration = 0; iteration < 12; iteration++) {
    const scores = projected(rows, { mean, basis, size });
    const next = new Float64Array(size * width);
    for (let row = 0; row < count; row++) {
      for (let k = 0; k < size; k++) {
        const factor = scores[row * size + k]!;
        for (let j = 0; j < width; j++) next[k * width + j]! += factor * (rows[row * width + j]! - mean[j]!);
      }
    }
    basis = orthonormal(next, width, size);
  }
  return { mean, basis, size };
}

/** Rows that span the same space: (B·Bᵀ)^(−1/2)·B. */
function orthonormal(basis: Float64Array, width: number, size: number): Float64Array<ArrayBuffer> {
  const gram = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      for (let k = 0; k < width; k++) gram[i * size + j]! += basis[i * width + k]! * basis[j * width + k]!;
    }
  }
  const { values, vectors } = symmetricEigen(gram, size);
  const result = new Float64Array(size * width);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const factor = vectors[i * size + j]! / Math.sqrt(values[i]!);
      for (let k = 0; k < width; k++) result[i * width + k]! += factor * basis[j * width + k]!;
    }
  }
  return result;
}

function projected(
  rows: Float64Array,
  { mean, basis, size }: { readonly mean: Float64Array; readonly basis: Float64Array; readonly size: number },
): Float64Array {
  const width = mean.length;
  const scores = new Float64Array((rows.length / width) * size);
  for (let row = 0; row * width < rows.length; row++) {
    for (let k = 0; k < size; k++) {
      let sum = 0;
      for (let j = 0; j < width; j++) sum += basis[k * width + j]! * (rows[row * width + j]! - mean[j]!);
      scores[row * size + k] = sum;
    }
  }
  return scores;
}

it('pre-training beside PCA and random weights under one linear probe', async (t) => {
  const { features, manner } = series();
  const learned = Math.floor(PRETRAINED_SHARE * HOURS);
  const fitted = momentsOf(features.subarray(0, learned * WIDTH), WIDTH);
  const centre = fitted.mean;
  const scale = Float64Array.from(centre, (_, k) => Math.sqrt(fitted.covariance[k * WIDTH + k]!));
  const windowsFrom = (from: number, to: number): WindowSet => {
    const ends: number[] = [];
    for (let end = from + LENGTH - 1; end < to - 24; end += STRIDE) ends.push(end);
    return {
      featureNames: NAMES,
      features,
      ends: Int32Array.from(ends),
      scales: ends.map(() => ({ centre, scale })),
    };
  };
  const all = windowsFrom(0, HOURS);
  const validationFrom = Math.floor(0.85 * learned);
  const pretrainingWindows = windowsFrom(0, validationFrom);
  const validation = windowsFrom(validationFrom, learned);

  const width = LENGTH * WIDTH;
  const scaled = new Float64Array(all.ends.length * width);
  const sequence = new Float32Array(width);
  for (const [i, end] of all.ends.entries()) {
    writeScaled(features, { start: end + 1 - LENGTH, steps: LENGTH }, { centre, scale }, sequence);
    scaled.set(sequence, i * width);
  }
  const timeMs = Float64Array.from(all.ends, (end) => end * HOUR_MS);
  // Whether the loads will be higher over the next day than over the last one, and the manner of the last two days.
  const meanLoad = (from: number): number => {
    let sum = 0;
    for (let hour = from; hour < from + 24; hour++) sum += features[hour * WIDTH]!;
    return sum;
  };
  const rising = Int8Array.from(all.ends, (end) => (meanLoad(end + 1) > meanLoad(end - 23) ? 1 : 0));
  const mannerOf = Int8Array.from(all.ends, (end) => manner[end - 24]!);
  // Windows that share hours with a test window teach nothing.
  const split = timeSplit({
    timeMs,
    knownMs: timeMs.map((time) => time + LENGTH * HOUR_MS),
    testShare: TEST_SHARE,
  });

  const embeddings = new Map<string, Float64Array>();
  const embedWith = async (name: string, onnx: Uint8Array): Promise<void> => {
    const macro = await MacroModel.load(onnx);
    embeddings.set(name, await macro.embed(all));
    await macro.release();
  };
  for (const task of PRETRAINING_TASKS) {
    const started = performance.now();
    const { onnx, untrainedLoss, best } = await trainMacro({
      windows: pretrainingWindows,
      validation,
      model: MODEL,
      pretraining: {
        ...PRETRAINING_DEFAULTS[task],
        epochs: 25,
        batchSize: 64,
        learningRate: 3e-3,
        threads: 1,
      },
    });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    t.diagnostic(
      `${task}: loss ${untrainedLoss.toFixed(3)} → ${best.validationLoss.toFixed(3)}, ${seconds} s`,
    );
    await embedWith(task, onnx);
  }
  await embedWith('random weights', untrainedMacro(NAMES, MODEL, PRETRAINING_DEFAULTS.masked));
  const pcaRows = pretrainingWindows.ends.length;
  const components = principalComponents(scaled.subarray(0, pcaRows * width), width, SIZE);
  embeddings.set('PCA', projected(scaled, components));

  const accuracy = new Map<string, number>();
  for (const [name, values] of embeddings) {
    const set = { size: SIZE, embeddings: values, symbolOf: new Uint8Array(timeMs.length), timeMs };
    const byManner = linearProbe(set, { labels: mannerOf, classes: 3 }, split);
    const byRise = linearProbe(set, { labels: rising, classes: 2 }, split);
    const near = neighbourConsistency(set, mannerOf, { exclusionMs: LENGTH * HOUR_MS });
    const rebuilt = reconstructionLoss(set, { targets: scaled, width }, split);
    const { effectiveRank, collapsed } = collapseReport(set);
    accuracy.set(name, byManner.accuracy);
    t.diagnostic(
      `${name}: manner ${byManner.accuracy.toFixed(3)} (majority ${byManner.majorityAccuracy.toFixed(3)}), ` +
        `rise ${byRise.accuracy.toFixed(3)} (majority ${byRise.majorityAccuracy.toFixed(3)}), ` +
        `neighbours ${near.consistency.toFixed(3)} (chance ${near.chance.toFixed(3)}), ` +
        `rebuilt ${rebuilt.explained.toFixed(3)}, rank ${effectiveRank.toFixed(1)}, collapsed ${collapsed}, ` +
        `rows ${byManner.trainRows} + ${byManner.testRows}`,
    );
    assert.ok(!collapsed, `${name} collapsed`);
  }
  const best = Math.max(accuracy.get('contrastive')!, accuracy.get('masked')!);
  assert.ok(best > accuracy.get('PCA')! + 0.05, 'no better than PCA at what is not linear');
  assert.ok(best > accuracy.get('random weights')!, 'no better than random weights');
});
