import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../domain/core/index.ts';
import { floatTensor, intTensor } from '../graph/tensor.ts';
import { gru } from '../layers/gru.ts';
import { linear } from '../layers/linear.ts';
import { standardise } from '../layers/standardise.ts';
import { AccumulatedStep } from './accumulated-step.ts';
import { type SequenceNetwork, describeNetwork, initialWeights } from './network.ts';
import type { StepRecipe } from './recipe.ts';
import { TrainStep, type TrainStepOptions, type TrainingBatch } from './train-step.ts';

const STEPS = 6;
const LABELLED = 3;

/** Without batch norm and dropout, so that a batch in parts is the batch. */
const NETWORK: SequenceNetwork = {
  features: 2,
  classes: 3,
  sequenceLength: STEPS - LABELLED + 1,
  build: (scope, input, lastSteps) => {
    const options = { hidden: 5, layers: 1, dropout: 0, lastSteps };
    const states = gru(scope.within('gru'), standardise(scope, input), options);
    return linear(scope.within('head'), states, 3);
  },
};

function optionsOf(recipe: Partial<TrainStepOptions>): TrainStepOptions {
  const layout = describeNetwork(NETWORK);
  const scaling = { mean: Float64Array.of(0.5, 0), deviation: Float64Array.of(2, 1) };
  return {
    network: NETWORK,
    layout,
    weights: initialWeights(layout, scaling, Random.fromSeed(3)),
    labelledSteps: LABELLED,
    classWeights: [2, 1, 5],
    weightDecay: 0.1,
    random: Random.fromSeed(4),
    threads: 1,
    ...recipe,
  };
}

const random = Random.fromSeed(8);
const INPUT = Float32Array.from({ length: STEPS * 7 * 2 }, () => random.normal());
const LABELS = Int32Array.from({ length: LABELLED * 7 }, (_, i) => (i % 5 === 0 ? -1 : random.integer(3)));

/** Sequences `from … to − 1` of seven. */
function batch(from: number, to: number): TrainingBatch {
  const size = to - from;
  const input = floatTensor([STEPS, size, 2]);
  const labels = intTensor([LABELLED, size], new Int32Array(LABELLED * size));
  for (let t = 0; t < STEPS; t++) {
    input.data.set(INPUT.subarray((t * 7 + from) * 2, (t * 7 + to) * 2), t * size * 2);
  }
  for (let t = 0; t < LABELLED; t++) labels.data.set(LABELS.subarray(t * 7 + from, t * 7 + to), t * size);
  return { input, labels };
}

const RECIPES: readonly (Partial<StepRecipe> & { readonly threads?: number })[] = [
  { optimiser: 'adamw' },
  { optimiser: 'adamw', threads: 2 },
  { optimiser: 'sgd', momentum: 0.9, labelSmoothing: 0.1 },
  { optimiser: 'adamw', averageDecay: 0.8, focalGamma: 2 },
];

describe('a step in parts', () => {
  for (const recipe of RECIPES) {
    it(`is the step on the whole batch: ${JSON.stringify(recipe)}`, async () => {
      const whole = await TrainStep.create(optionsOf(recipe));
      const parts = await AccumulatedStep.create(optionsOf(recipe));
      for (const rate of [0.05, 0.04, 0.03]) {
        const expected = await whole.run(batch(0, 7), rate);
        const outcome = await parts.run([batch(0, 3), batch(3, 5), batch(5, 7)], rate);
        assert.ok(Math.abs(outcome.loss - expected.loss) < 1e-5);
        assert.ok(Math.abs(outcome.gradientNorm - expected.gradientNorm) < 1e-4);
        assert.equal(outcome.weight, expected.weight);
        assert.ok(outcome.finite);
      }
      const [expected, actual] = [whole.snapshot().vectors, parts.snapshot().vectors];
      assert.deepEqual(Object.keys(actual), Object.keys(expected));
      for (const [name, values] of Object.entries(expected)) {
        for (const [i, value] of values.entries())
          assert.ok(Math.abs(actual[name]![i]! - value) < 1e-4, name);
      }
      const start = optionsOf(recipe).weights.parameters;
      assert.ok(actual['parameters']!.some((value, i) => Math.abs(value - start[i]!) > 0.01));
      await whole.release();
      await parts.release();
    });
  }

  it('leaves everything as it was when one part is not finite', async () => {
    const step = await AccumulatedStep.create(optionsOf({}));
    await step.run([batch(0, 3), batch(3, 7)], 0.05);
    const before = step.snapshot();
    const broken = batch(3, 7);
    broken.input.data[5] = Number.POSITIVE_INFINITY;
    const outcome = await step.run([batch(0, 3), broken], 0.05);
    assert.equal(outcome.finite, false);
    assert.deepEqual(step.snapshot(), before);
    await step.release();
  });
});

describe('the moving average of the weights', () => {
  it('is what the step gives, and follows its definition', async () => {
    const step = await TrainStep.create(optionsOf({ averageDecay: 0.75 }));
    assert.deepEqual(step.weights().parameters, optionsOf({}).weights.parameters);
    let expected: number[] = [];
    for (const [i, rate] of [0.1, 0.1, 0.1].entries()) {
      await step.run(batch(0, 7), rate);
      const parameters = [...step.snapshot().vectors['parameters']!];
      expected = i === 0 ? parameters : expected.map((value, k) => 0.75 * value + 0.25 * parameters[k]!);
    }
    const { parameters } = step.weights();
    for (const [k, value] of expected.entries()) assert.ok(Math.abs(parameters[k]! - value) < 1e-6);
    assert.notDeepEqual(parameters, step.snapshot().vectors['parameters']);
    await step.release();
  });
});
