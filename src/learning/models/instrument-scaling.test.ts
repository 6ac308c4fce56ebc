import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DataError, Random } from '../../domain/core/index.ts';
import { BaseModel, TRAINING_DEFAULTS, type TrainTcnLstmOptions, trainTcnLstm } from './index.ts';

const ROWS = 700;
const MODEL = { sequenceLength: 12, channels: 5, hidden: 8, layers: 1, dropout: 0 };

/** Two instruments of 700 rows each with one rule, the second with features of another scale. */
function options(scale: number, offset: number): TrainTcnLstmOptions {
  const random = Random.fromSeed(2);
  const features = new Float64Array(4 * ROWS);
  const labels = new Int8Array(2 * ROWS);
  for (let row = 0; row < 2 * ROWS; row++) {
    const [noise, signal] = [random.normal(), random.normal()];
    const [by, from] = row < ROWS ? [1, 0] : [scale, offset];
    features.set([from + by * noise, from + by * signal], 2 * row);
    labels[row] = signal > 0.5 ? 2 : signal < -0.5 ? 0 : 1;
  }
  const rows = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
  return {
    dataset: {
      featureNames: ['noise', 'signal'],
      rows: 2 * ROWS,
      features,
      labels,
      segments: [
        { start: 0, end: ROWS },
        { start: ROWS, end: 2 * ROWS },
      ],
    },
    instruments: [
      { name: 'A', start: 0, end: ROWS },
      { name: 'B', start: ROWS, end: 2 * ROWS },
    ],
    trainRows: Int32Array.from([...rows(0, 500), ...rows(ROWS, ROWS + 500)]),
    validationRows: Int32Array.from([...rows(520, ROWS), ...rows(ROWS + 520, 2 * ROWS)]),
    model: MODEL,
    training: {
      ...TRAINING_DEFAULTS.dense,
      labelledSteps: 12,
      batchSize: 8,
      learningRate: 0.05,
      epochs: 12,
      patience: 12,
      threads: 1,
    },
  };
}

describe('one network for several instruments', () => {
  const given = options(0.001, 5);
  const trained = trainTcnLstm(given);

  async function scoresOf(name: string, rows: Int32Array): Promise<Float64Array> {
    const model = await BaseModel.load((await trained).onnxOf.get(name)!);
    const scores = await model.scoreRows(given.dataset.features, rows);
    await model.release();
    return scores;
  }

  it('learns from all, and serves each with its own scaling exactly as it was judged', async () => {
    const { best, onnx, onnxOf } = await trained;
    assert.ok(best.macroF1 > 0.8, `macro-F1 ${best.macroF1}`);
    assert.deepEqual([...onnxOf.keys()], ['A', 'B']);
    assert.equal(onnx, onnxOf.get('A'));
    const rows = given.validationRows!;
    const [a, b] = [rows.filter((row) => row < ROWS), rows.filter((row) => row >= ROWS)];
    const probabilities = [...(await scoresOf('A', a)), ...(await scoresOf('B', b))];
    let [loss, weights] = [0, 0];
    for (const [i, row] of rows.entries()) {
      const label = given.dataset.labels[row]!;
      const weight = given.training.classWeights[label]!;
      loss -= weight * Math.log(probabilities[3 * i + label]!);
      weights += weight;
    }
    assert.equal(loss / weights, best.validationLoss);
  });

  it('would be wrong with the scaling of another', async () => {
    const rows = given.validationRows!.filter((row) => row >= ROWS);
    const [own, foreign] = [await scoresOf('B', rows), await scoresOf('A', rows)];
    const hits = (scores: Float64Array): number =>
      rows.filter((row, i) => {
        const three = scores.subarray(3 * i, 3 * i + 3);
        return three.indexOf(Math.max(...three)) === given.dataset.labels[row];
      }).length / rows.length;
    assert.ok(hits(own) > 0.8 && hits(foreign) < 0.6, `${hits(own)} and ${hits(foreign)}`);
  });

  it('does not notice in which units an instrument is quoted', async () => {
    // A power of two changes no digit.
    const trainAt = async (scale: number) => {
      const at = options(scale, 0);
      return await trainTcnLstm({ ...at, training: { ...at.training, epochs: 2 } });
    };
    const [plain, doubled] = [await trainAt(1), await trainAt(1024)];
    assert.deepEqual(doubled.onnxOf.get('A'), plain.onnxOf.get('A'));
    assert.notDeepEqual(doubled.onnxOf.get('B'), plain.onnxOf.get('B'));
    assert.equal(doubled.best.validationLoss, plain.best.validationLoss);
  });

  it('names the instrument that has nothing to learn from', async () => {
    const trainRows = given.trainRows.filter((row) => row < ROWS);
    await assert.rejects(
      trainTcnLstm({ ...given, trainRows }),
      (error) => error instanceof DataError && /B has no training row/.test(error.message),
    );
  });
});
