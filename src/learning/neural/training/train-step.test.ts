/** A step that several threads take together is the step that one takes, besides the order of its sums. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../domain/core/index.ts';
import { floatTensor, intTensor } from '../graph/tensor.ts';
import { linear } from '../layers/linear.ts';
import { lstm } from '../layers/lstm.ts';
import { tcnBlock } from '../layers/tcn-block.ts';
import { type SequenceNetwork, describeNetwork, initialWeights } from './network.ts';
import { TrainStep, type TrainingBatch } from './train-step.ts';

const NETWORK: SequenceNetwork = {
  features: 2,
  classes: 3,
  sequenceLength: 6,
  build: (scope, input, lastSteps) => {
    const x = tcnBlock(scope.within('tcn'), input, { channels: 3, kernel: 3, dilation: 2, dropout: 0.3 });
    const states = lstm(scope.within('lstm'), x, { hidden: 4, layers: 2, dropout: 0.3, lastSteps });
    return linear(scope.within('head'), states, 3);
  },
};

function randomBatch(random: Random, sequences: number): TrainingBatch {
  const input = floatTensor([7, sequences, 2]);
  for (let i = 0; i < input.data.length; i++) input.data[i] = 3 + random.normal();
  const labels = intTensor(
    [2, sequences],
    // The first sequence, which is one thread's only one, has no label.
    Int32Array.from({ length: 2 * sequences }, (_, i) => (i % sequences === 0 ? -1 : random.integer(3))),
  );
  return { input, labels };
}

/** Weights and outcomes after a step on each batch. */
async function train(threads: number, sizes: readonly number[]) {
  const layout = describeNetwork(NETWORK);
  const scaling = { mean: new Float64Array(2), deviation: new Float64Array(2).fill(1) };
  const step = await TrainStep.create({
    network: NETWORK,
    layout,
    weights: initialWeights(layout, scaling, Random.fromSeed(1)),
    labelledSteps: 2,
    classWeights: [2, 1, 2],
    weightDecay: 0.01,
    // AdamW divides rounding by its own size where a gradient is zero but for that.
    optimiser: 'sgd',
    momentum: 0.9,
    random: Random.fromSeed(2),
    threads,
  });
  const random = Random.fromSeed(3);
  const outcomes = [];
  for (const size of sizes) outcomes.push(await step.run(randomBatch(random, size), 0.01));
  const { vectors } = step.snapshot();
  await step.release();
  return { outcomes, vectors };
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
}

describe('a step on several threads', () => {
  const sizes = [5, 4, 2, 5];

  for (const threads of [2, 3]) {
    it(`is the step of one: ${threads} threads, batches of ${sizes.join(', ')}`, async () => {
      const one = await train(1, sizes);
      const several = await train(threads, sizes);
      for (const [i, outcome] of one.outcomes.entries()) {
        const other = several.outcomes[i]!;
        assert.equal(other.weight, outcome.weight);
        assert.ok(Math.abs(other.loss - outcome.loss) < 1e-5);
        assert.ok(Math.abs(other.gradientNorm - outcome.gradientNorm) < 1e-5);
      }
      for (const [name, vector] of Object.entries(one.vectors)) {
        const away = distance(vector, several.vectors[name]!);
        assert.ok(away < 1e-5, `${name}: ${away} away`);
      }
    });
  }

  it('repeats bit for bit', async () => {
    assert.deepEqual(await train(2, sizes), await train(2, sizes));
  });

  it('says what is wrong with a batch', async () => {
    const layout = describeNetwork(NETWORK);
    const scaling = { mean: new Float64Array(2), deviation: new Float64Array(2).fill(1) };
    const step = await TrainStep.create({
      network: NETWORK,
      layout,
      weights: initialWeights(layout, scaling, Random.fromSeed(1)),
      labelledSteps: 2,
      classWeights: [2, 1, 2],
      weightDecay: 0.01,
      random: Random.fromSeed(2),
      threads: 2,
    });
    const { labels } = randomBatch(Random.fromSeed(3), 4);
    await assert.rejects(step.run({ input: floatTensor([3, 4, 2]), labels }, 0.01), /input/);
    await step.release();
  });
});
