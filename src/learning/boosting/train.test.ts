import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, DataError, Random } from '../../domain/core/index.ts';
import {
  type BoostedTrees,
  type BoostingParameters,
  type BoostingTraining,
  boostingToXgboostJson,
  featureImportance,
  predictBoosting,
  trainBoosting,
} from './index.ts';

const NAMES = ['signal', 'noise', 'holes'];

/** Three classes by the first feature; the third one has missing values that mean class 2. */
function market(rows: number, seed: number): { features: Float64Array; labels: Int8Array } {
  const random = Random.fromSeed(seed);
  const features = new Float64Array(rows * 3);
  const labels = new Int8Array(rows);
  for (let row = 0; row < rows; row++) {
    const signal = random.normal();
    const hole = random.uniform() < 0.2;
    labels[row] = hole ? 2 : signal + 0.5 * random.normal() > 0 ? 1 : 0;
    features.set([signal, random.normal(), hole ? Number.NaN : random.normal()], row * 3);
  }
  return { features, labels };
}

const training = market(400, 1);
const later = market(200, 2);
const quick: Partial<BoostingParameters> = { rounds: 10, maxDepth: 3, eta: 0.3 };

const train = (changes: Partial<BoostingTraining> = {}): Promise<BoostedTrees> =>
  trainBoosting({ ...training, featureNames: NAMES, parameters: quick, seed: 1, ...changes });

function logLossOf(model: BoostedTrees, { features, labels }: typeof later): number {
  const probabilities = predictBoosting(model, features);
  return -labels.reduce((sum, k, row) => sum + Math.log(probabilities[3 * row + k]!), 0) / labels.length;
}

const failsAt =
  (code: string, row: number) =>
  (error: unknown): boolean =>
    error instanceof DataError && error.code === code && error.context['row'] === row;

describe('trainBoosting', () => {
  it('learns what can be learned, missing values included', async () => {
    const model = await train();
    assert.ok(logLossOf(model, later) < 0.5, `${logLossOf(model, later)}`);
    const missing = predictBoosting(model, Float64Array.of(-1, 0, Number.NaN));
    assert.ok(missing[2]! > 0.6);
    assert.deepEqual(
      new Set(
        featureImportance(model)
          .slice(0, 2)
          .map((f) => f.feature),
      ),
      new Set(['signal', 'holes']),
    );
  });

  it('gives the same bytes for the same seed and other trees for another', async () => {
    const text = boostingToXgboostJson(await train());
    assert.equal(boostingToXgboostJson(await train()), text);
    assert.notEqual(boostingToXgboostJson(await train({ seed: 2 })), text);
  });

  it('takes a weight of 2 for the row given twice', async () => {
    const parameters = { ...quick, subsample: 1, columnSampleByTree: 1 };
    // Rounded to fewer values than bins: quantiles, which ignore weights, play no part.
    const features = training.features.map((x) => Math.round(x * 20) / 20);
    const weights = Array.from(training.labels, (_, row) => (row < 100 ? 2 : 1));
    const weighted = await train({ parameters, features, weights });
    const repeated = await train({
      parameters,
      features: Float64Array.of(...features, ...features.subarray(0, 300)),
      labels: Int8Array.of(...training.labels, ...training.labels.subarray(0, 100)),
    });
    const expected = predictBoosting(repeated, features);
    predictBoosting(weighted, features).forEach((p, i) => assert.ok(Math.abs(p - expected[i]!) < 1e-4));
    assert.notDeepEqual(weighted.trees, (await train({ parameters, features })).trees);
  });

  it('learns as well from half of the rows a tree: those left out follow the model too', async () => {
    const full = await train({ parameters: { ...quick, rounds: 40, subsample: 1 } });
    const half = await train({ parameters: { ...quick, rounds: 40, subsample: 0.5 } });
    const ratio = logLossOf(half, later) / logLossOf(full, later);
    assert.ok(ratio < 1.1, `${ratio}`);
  });

  it('stops early, keeps the best round and says how good it was', async () => {
    const losses: number[] = [];
    const model = await train({
      validation: later,
      parameters: { ...quick, rounds: 200, earlyStoppingRounds: 5 },
      onRound: ({ validationLoss }) => losses.push(validationLoss),
    });
    const best = losses.indexOf(Math.min(...losses));
    assert.ok(losses.length < 200);
    assert.equal(losses.length, best + 1 + 5);
    assert.equal(model.trees.length, 3 * (best + 1));
    assert.equal(model.attributes['best_iteration'], String(best));
    assert.ok(Math.abs(logLossOf(model, later) - losses[best]!) < 1e-5);
  });

  it('runs all rounds when it has nothing to stop by', async () => {
    assert.equal((await train()).trees.length, 30);
    const patient = await train({ validation: later, parameters: { ...quick, earlyStoppingRounds: 0 } });
    assert.equal(patient.trees.length, 30);
  });

  it('bears a class that never occurs, a constant feature and one that is always missing', async () => {
    const rows = 50;
    const features = Float64Array.from({ length: rows * 3 }, (_, i) => [i, 7, Number.NaN][i % 3]!);
    const labels = Int8Array.from({ length: rows }, (_, row) => (row < 25 ? 0 : 1));
    const model = await train({ features, labels });
    const probabilities = predictBoosting(model, features);
    assert.ok(probabilities.every((p) => p > 0 && p < 1));
    assert.ok(probabilities[2]! < 0.01);
    assert.deepEqual(
      featureImportance(model)
        .filter((f) => f.splits > 0)
        .map((f) => f.feature),
      ['signal'],
    );
  });

  it('never falls with a feature that it may not fall with', async () => {
    const labels = Float64Array.from(training.labels, (label, row) => -training.features[3 * row]! + label);
    const parameters = { ...quick, objective: 'reg:squarederror', rounds: 20 } as const;
    const falls = (model: BoostedTrees): boolean =>
      Array.from({ length: 100 }, (_, i) => [(i % 10) - 5, i / 50 - 1] as const).some(([signal, noise]) => {
        const pair = Float64Array.of(signal, noise, 0.3, signal + 0.7, noise, 0.3);
        const [before, after] = predictBoosting(model, pair);
        return after! < before!;
      });
    assert.ok(falls(await train({ labels, parameters })));
    assert.ok(!falls(await train({ labels, parameters: { ...parameters, monotone: [1, 0, 0] } })));
  });

  it('can be stopped between rounds', async () => {
    const controller = new AbortController();
    let rounds = 0;
    await assert.rejects(
      train({
        signal: controller.signal,
        onRound: () => {
          rounds++;
          controller.abort(new Error('enough'));
        },
      }),
      /enough/,
    );
    assert.equal(rounds, 1);
  });

  it('refuses bad parameters all at once', async () => {
    await assert.rejects(
      train({
        parameters: { eta: 0, maxDepth: 1.5, subsample: 2, maxBins: 256, alpha: -1, monotone: [2] },
      }),
      (error: unknown) =>
        error instanceof ConfigError &&
        error.problems.map((p) => p.path.replace('boosting.', '')).join() ===
          'maxDepth,eta,subsample,alpha,maxBins,monotone,monotone',
    );
  });

  it('keeps no tree when the margins that rows begin at cannot be bettered', async () => {
    const random = Random.fromSeed(8);
    const rows = 600;
    const noise = Float64Array.from({ length: rows * 5 }, () => random.normal());
    const margins = Float64Array.from({ length: rows }, () => 2 * random.normal());
    const labels = Int8Array.from(margins, (margin) =>
      random.uniform() < 1 / (1 + Math.exp(-margin)) ? 1 : 0,
    );
    const part = (from: number, to: number) => ({
      features: noise.subarray(from * 5, to * 5),
      labels: labels.subarray(from, to),
      margins: margins.subarray(from, to),
    });
    const model = await trainBoosting({
      ...part(0, 300),
      validation: part(300, 600),
      featureNames: ['a', 'b', 'c', 'd', 'e'],
      parameters: { objective: 'binary:logistic', rounds: 50, earlyStoppingRounds: 10, eta: 0.5 },
      seed: 1,
    });
    assert.equal(model.trees.length, 0);
    const [first] = predictBoosting(model, noise.subarray(0, 5), margins.subarray(0, 1));
    assert.ok(Math.abs(first! - 1 / (1 + Math.exp(-margins[0]!))) < 1e-6);
  });

  it('refuses rows that cannot be learned from, naming them', async () => {
    const labels = training.labels.slice();
    labels[7] = -1;
    await assert.rejects(train({ labels }), failsAt('LABEL_NOT_A_CLASS', 7));
    const features = training.features.slice();
    features[3 * 5 + 1] = Infinity;
    await assert.rejects(train({ features }), failsAt('FEATURE_INFINITE', 5));
    const weights = Array.from(training.labels, (_, row) => (row === 9 ? Number.NaN : 1));
    await assert.rejects(train({ weights }), failsAt('WEIGHT_INVALID', 9));
    const margins = Array.from({ length: 3 * training.labels.length }, (_, i) => (i === 13 ? Infinity : 0));
    await assert.rejects(train({ margins }), failsAt('MARGIN_INVALID', 4));
    await assert.rejects(train({ features: new Float64Array(0), labels: [] }), DataError);
    await assert.rejects(train({ labels: training.labels.subarray(1) }), /one row of features/);
  });
});
