/**
 * A network from scratch: an operation, a layer, a loss and a model of our own, trained on ONNX Runtime, exported and
 * scored. Explained in docs/guides/models.md.
 *
 *     node examples/tiny-classifier.ts
 *
 * The data is SYNTHETIC: it is generated below, and its result says nothing about any market.
 */
import { Random } from '../src/domain/core/index.ts';
import {
  type FloatTensor,
  Graph,
  type NetworkLayout,
  type Scope,
  type SequenceNetwork,
  Session,
  type Value,
  type Weights,
  adamW,
  adamWFactors,
  add,
  apply,
  buildNetwork,
  clipByNorm,
  crossEntropy,
  describeNetwork,
  encodeModel,
  encodeServingModel,
  exp,
  flatWeights,
  floatTensor,
  gradientsOf,
  gru,
  initialWeights,
  intTensor,
  linear,
  logSoftmax,
  mul,
  reduceMean,
  reduceSum,
  scalarTensor,
  sigmoid,
  standardise,
} from '../src/learning/neural/index.ts';

const [STEPS, FEATURES, CLASSES, BATCH_SIZE] = [24, 3, 3, 64];

// An operation: its ONNX operator, its shape, and one gradient formula for each input.

/** ln(1 + eˣ): dx = dy·σ(x) */
function softplus(x: Value): Value {
  return apply({
    operation: 'Softplus',
    inputs: [x],
    shape: x.shape,
    gradients: [(at) => mul(at.dy, sigmoid(at.input(0)))],
  });
}

// A layer: asks the scope for its weights and combines operations.

/** `[…, in] → […, size]`: (W₁·x + b₁)·softplus(W₂·x + b₂) */
function gatedLayer(scope: Scope, x: Value, size: number): Value {
  return mul(linear(scope.within('value'), x, size), softplus(linear(scope.within('gate'), x, size)));
}

// A loss: a scalar.

/** Cross-entropy minus β times the mean entropy of the predictions: dampens overconfidence (Pereyra et al. 2017). */
function confidencePenalty(logits: Value, labels: Value, beta: number): Value {
  const { loss } = crossEntropy(logits, labels, { classWeights: [1, 1, 1] });
  const logProbabilities = logSoftmax(logits);
  const negativeEntropy = reduceMean(reduceSum(mul(exp(logProbabilities), logProbabilities), [-1]));
  return add(loss, mul(beta, negativeEntropy));
}

// A model: raw features in order of time → logits of the last steps.

const network: SequenceNetwork = {
  features: FEATURES,
  classes: CLASSES,
  sequenceLength: STEPS,
  build: (scope, input, lastSteps) => {
    const x = gatedLayer(scope.within('mix'), standardise(scope, input), 8);
    const states = gru(scope.within('gru'), x, { hidden: 16, layers: 1, dropout: 0, lastSteps });
    return linear(scope.within('head'), states, CLASSES);
  },
};

// Training: forward, backward and optimiser are one ONNX model. It reads the state and writes the next.

function encodeTraining(layout: NetworkLayout): Uint8Array {
  const graph = new Graph();
  const vector = (name: string) => graph.input(name, 'float32', [layout.parameters.size]);
  const scalar = (name: string) => graph.input(name, 'float32', []);
  const parameters = vector('parameters');
  const { logits } = buildNetwork(network, graph.input('x', 'float32', [STEPS, BATCH_SIZE, FEATURES]), {
    training: true,
    lastSteps: 1,
    parameters: flatWeights(parameters, layout.parameters),
    buffers: flatWeights(graph.input('buffers', 'float32', [layout.buffers.size]), layout.buffers),
  });
  const loss = confidencePenalty(logits, graph.input('labels', 'int32', [1, BATCH_SIZE]), 0.1);
  const { gradient } = clipByNorm(gradientsOf(loss, [parameters])[0]!, 1);
  const next = adamW(
    { parameters, firstMoments: vector('firstMoments'), secondMoments: vector('secondMoments') },
    gradient,
    { stepSize: scalar('stepSize'), decay: scalar('decay'), rootCorrection: scalar('rootCorrection') },
  );
  const state = Object.entries(next).map(
    ([name, value]: [string, Value]) => [`next.${name}`, value] as const,
  );
  return encodeModel({ graph, outputs: { loss, ...Object.fromEntries(state) } });
}

async function train(layout: NetworkLayout, random: Random): Promise<Weights> {
  const scaling = { mean: new Float64Array(FEATURES), deviation: new Float64Array(FEATURES).fill(1) };
  const { parameters, buffers } = initialWeights(layout, scaling, random);
  const size = [layout.parameters.size];
  let state = {
    parameters: floatTensor(size, parameters),
    firstMoments: floatTensor(size),
    secondMoments: floatTensor(size),
  };
  const session = await Session.create(encodeTraining(layout));
  for (let step = 1; step <= 300; step++) {
    const factors = Object.entries(adamWFactors(step, 0.01, 0.01));
    const results = await session.run({
      ...state,
      ...Object.fromEntries(factors.map(([name, value]: [string, number]) => [name, scalarTensor(value)])),
      buffers: floatTensor([layout.buffers.size], buffers),
      ...syntheticBatch(random),
    });
    const next = (name: string) => results[`next.${name}`] as FloatTensor;
    state = {
      parameters: next('parameters'),
      firstMoments: next('firstMoments'),
      secondMoments: next('secondMoments'),
    };
    if (step % 60 === 0) console.log(`step ${step}: loss ${Number(results['loss']!.data[0]).toFixed(3)}`);
  }
  await session.release();
  return { parameters: state.parameters.data, buffers };
}

/** The label says whether the product of the first two features, slowly averaged, is low, middling or high. */
function syntheticBatch(random: Random) {
  const x = floatTensor([STEPS, BATCH_SIZE, FEATURES]);
  const labels = intTensor([1, BATCH_SIZE], new Int32Array(BATCH_SIZE));
  for (let i = 0; i < x.data.length; i++) x.data[i] = random.normal();
  for (let row = 0; row < BATCH_SIZE; row++) {
    let average = 0;
    for (let step = 0; step < STEPS; step++) {
      const at = (step * BATCH_SIZE + row) * FEATURES;
      average = 0.8 * average + 0.2 * x.data[at]! * x.data[at + 1]!;
    }
    labels.data[row] = average < -0.14 ? 0 : average > 0.14 ? 2 : 1;
  }
  return { x, labels };
}

/** Share of right answers of the exported model, whose windows are `[batch, steps, features]`. */
async function accuracyOf(onnx: Uint8Array, random: Random): Promise<number> {
  const session = await Session.create(onnx);
  let right = 0;
  const batches = 20;
  for (let i = 0; i < batches; i++) {
    const { x, labels } = syntheticBatch(random);
    const window = floatTensor([BATCH_SIZE, STEPS, FEATURES]);
    for (let row = 0; row < BATCH_SIZE; row++) {
      for (let step = 0; step < STEPS; step++) {
        const from = (step * BATCH_SIZE + row) * FEATURES;
        window.data.set(x.data.subarray(from, from + FEATURES), (row * STEPS + step) * FEATURES);
      }
    }
    const probabilities = (await session.run({ window }))['probabilities'] as FloatTensor;
    for (const [row, label] of labels.data.entries()) {
      const scores = probabilities.data.subarray(row * CLASSES, (row + 1) * CLASSES);
      if (scores.indexOf(Math.max(...scores)) === label) right += 1;
    }
  }
  await session.release();
  return right / (batches * BATCH_SIZE);
}

const layout = describeNetwork(network);
console.log(`SYNTHETIC data, ${layout.parameters.size} parameters`);
const weights = await train(layout, Random.fromSeed(1));
const onnx = encodeServingModel(network, layout, weights, { data: 'SYNTHETIC' });
const accuracy = await accuracyOf(onnx, Random.fromSeed(2));
console.log(`accuracy on unseen SYNTHETIC data: ${accuracy.toFixed(2)} (guessing: about 0.33)`);
