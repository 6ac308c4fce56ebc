/** One optimisation step as one model: forward, backward, clipping and optimiser run in a single call. */
import type { Random } from '../../../domain/core/index.ts';
import { gradientsOf } from '../graph/differentiate.ts';
import { encodeModel } from '../graph/encode.ts';
import { Graph, type Value } from '../graph/graph.ts';
import { type FloatTensor, type Tensor, scalarTensor } from '../graph/tensor.ts';
import { type DropoutMask, flatWeights } from '../layers/scope.ts';
import { crossEntropy } from '../losses/cross-entropy.ts';
import { allReduce } from '../operations/all-reduce.ts';
import { div } from '../operations/arithmetic.ts';
import { concat, reshape } from '../operations/layout.ts';
import { Session } from '../runtime/session.ts';
import { ShardedSession } from '../runtime/sharded-session.ts';
import { BATCH, type NetworkLayout, type SequenceNetwork, type Weights, buildNetwork } from './network.ts';
import { type StepRecipe, stateVectors, stepFactors, updateWeights } from './recipe.ts';
import { type StepSnapshot, StepState } from './step-state.ts';

/** What a step is of. */
export interface TrainStepPlan extends StepRecipe {
  readonly network: SequenceNetwork;
  readonly layout: NetworkLayout;
  /** Steps at the end of every sequence that carry labels. */
  readonly labelledSteps: number;
}

export interface TrainStepOptions extends TrainStepPlan {
  readonly weights: Weights;
  /** Draws the dropout masks. */
  readonly random: Random;
  readonly threads: number;
}

export interface TrainingBatch {
  /** Raw features `[sequenceLength − 1 + labelledSteps, B, features]`. */
  readonly input: FloatTensor;
  /** int32 `[labelledSteps, B]`, −1 = no label. */
  readonly labels: Extract<Tensor, { type: 'int32' }>;
}

export interface StepOutcome {
  /** Weighted mean over the batch's labels, before the step. */
  readonly loss: number;
  /** Sum of the labels' class weights. */
  readonly weight: number;
  readonly gradientNorm: number;
  /** Whether the step was taken: loss, gradient and running statistics are finite. */
  readonly finite: boolean;
}

export class TrainStep {
  readonly #session: Session | ShardedSession;
  readonly #masks: readonly DropoutMask[];
  readonly #recipe: StepRecipe;
  readonly #state: StepState;
  readonly #outcome = { loss: scalarTensor(0), weight: scalarTensor(0), gradientNorm: scalarTensor(0) };

  private constructor(
    session: Session | ShardedSession,
    masks: readonly DropoutMask[],
    options: TrainStepOptions,
  ) {
    this.#session = session;
    this.#masks = masks;
    this.#recipe = options;
    this.#state = new StepState(options.weights, options, options.random);
  }

  static async create(options: TrainStepOptions): Promise<TrainStep> {
    const { graph, outputs, masks } = trainStepGraph(options);
    return new TrainStep(await batchSession({ graph, outputs }, options.threads), masks, options);
  }

  /** Afterwards {@link weights} holds the step's result; if something was not finite, what was there before. */
  async run(batch: TrainingBatch, learningRate: number): Promise<StepOutcome> {
    const state = this.#state;
    await this.#session.run(
      {
        ...state.current,
        input: batch.input,
        labels: batch.labels,
        ...state.drawMasks(this.#masks, batch.labels.shape[1]!),
        ...factorTensors(this.#recipe, state.steps + 1, learningRate),
      },
      { ...nextOutputs(state), ...this.#outcome },
    );
    const loss = this.#outcome.loss.data[0]!;
    const gradientNorm = this.#outcome.gradientNorm.data[0]!;
    const finite = stepIsFinite({ loss, gradientNorm, buffers: state.next['buffers']! });
    if (finite) state.advance();
    return { loss, gradientNorm, weight: this.#outcome.weight.data[0]!, finite };
  }

  weights(): Weights {
    return this.#state.weights();
  }

  snapshot(): StepSnapshot {
    return this.#state.snapshot();
  }

  /** Goes back or forward to where a step of the same network stood. */
  restore(snapshot: StepSnapshot): void {
    this.#state.restore(snapshot);
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

/** Runs a model whose inputs hold a batch, each thread with sequences of its own. */
export async function batchSession(
  model: { readonly graph: Graph; readonly outputs: Readonly<Record<string, Value>> },
  threads: number,
): Promise<Session | ShardedSession> {
  return threads === 1
    ? await Session.create(encodeModel(model))
    : await ShardedSession.create(model, { dimension: BATCH, shards: threads });
}

/** The scalars of a step as tensors. */
export function factorTensors(
  recipe: StepRecipe,
  step: number,
  learningRate: number,
): Readonly<Record<string, FloatTensor>> {
  const factors = Object.entries(stepFactors(recipe, step, learningRate));
  return Object.fromEntries(factors.map(([name, value]) => [name, scalarTensor(value)]));
}

/** Where a step's outputs `next.…` are written. */
export function nextOutputs({ next }: StepState): Readonly<Record<string, FloatTensor>> {
  return Object.fromEntries(Object.entries(next).map(([name, tensor]) => [`next.${name}`, tensor]));
}

/** An infinite activation may vanish in the loss, because its batch norm divides by an infinite deviation. */
export function stepIsFinite(outcome: {
  readonly loss: number;
  readonly gradientNorm: number;
  readonly buffers: FloatTensor;
}): boolean {
  return (
    Number.isFinite(outcome.loss) &&
    Number.isFinite(outcome.gradientNorm) &&
    outcome.buffers.data.every(Number.isFinite)
  );
}

/** The loss of a batch as a graph with the weights as inputs, its gradient, and the buffers that it leaves. */
export function gradientGraph(options: TrainStepPlan) {
  const { network, layout, labelledSteps } = options;
  const graph = new Graph();
  const parameters = graph.input('parameters', 'float32', [layout.parameters.size]);
  const buffers = graph.input('buffers', 'float32', [layout.buffers.size]);
  const steps = network.sequenceLength - 1 + labelledSteps;
  const input = graph.input('input', 'float32', [steps, BATCH, network.features]);
  const labels = graph.input('labels', 'int32', [labelledSteps, BATCH]);
  const bufferSource = flatWeights(buffers, layout.buffers);
  const { logits, updates, masks } = buildNetwork(network, input, {
    training: true,
    lastSteps: labelledSteps,
    parameters: flatWeights(parameters, layout.parameters),
    buffers: bufferSource,
  });
  // Shards of a batch know the weight of all only at the end, so what they differentiate is not divided by it yet.
  const { sum, weight: ownWeight } = crossEntropy(logits, labels, options);
  const [gradient] = gradientsOf(sum, [parameters]);
  const nextBuffers = concat(
    layout.buffers.slots.map(({ name, shape, size, initialise }) =>
      reshape(updates.get(name) ?? bufferSource(name, shape, initialise), [size]),
    ),
    0,
  );
  const [gradientSum, lossSum, weight] = [allReduce(gradient!), allReduce(sum), allReduce(ownWeight)];
  const means = { gradient: div(gradientSum, weight), loss: div(lossSum, weight) };
  return { graph, parameters, ...means, weight, nextBuffers, masks };
}

/** The optimiser's state as inputs, besides the parameters. */
export function stateInputs(
  graph: Graph,
  plan: StepRecipe & Pick<TrainStepPlan, 'layout'>,
): Record<string, Value> {
  const others = stateVectors(plan).filter((name) => name !== 'parameters');
  return Object.fromEntries(
    others.map((name) => [name, graph.input(name, 'float32', [plan.layout.parameters.size])]),
  );
}

/** The step as a graph, and the masks that it is fed. */
export function trainStepGraph(options: TrainStepPlan) {
  const { graph, parameters, gradient, loss, weight, nextBuffers, masks } = gradientGraph(options);
  const state = { parameters, ...stateInputs(graph, options) };
  const outputs = updateWeights(graph, options, state, gradient);
  return { graph, outputs: { ...outputs, 'next.buffers': nextBuffers, loss, weight }, masks };
}
