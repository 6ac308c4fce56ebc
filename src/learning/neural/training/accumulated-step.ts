/**
 * One optimisation step from a batch that does not fit into memory: its parts run one after the other, their gradients
 * add up to the batch's, and a second model takes the step. Batch norm sees each part by itself, and its running
 * statistics move once a part: the one difference to a step on the whole batch besides rounding.
 */
import { encodeModel } from '../graph/encode.ts';
import { Graph } from '../graph/graph.ts';
import { floatTensor, scalarTensor } from '../graph/tensor.ts';
import type { DropoutMask } from '../layers/scope.ts';
import { accumulateGradient, meanGradient } from '../optimisers/accumulate.ts';
import { Session } from '../runtime/session.ts';
import type { ShardedSession } from '../runtime/sharded-session.ts';
import type { Weights } from './network.ts';
import { updateWeights } from './recipe.ts';
import { type StepSnapshot, StepState } from './step-state.ts';
import {
  type StepOutcome,
  type TrainStepOptions,
  type TrainStepPlan,
  type TrainingBatch,
  batchSession,
  factorTensors,
  gradientGraph,
  stepIsFinite,
  nextOutputs,
  stateInputs,
} from './train-step.ts';

export class AccumulatedStep {
  readonly #gradients: Session | ShardedSession;
  readonly #update: Session;
  readonly #masks: readonly DropoutMask[];
  readonly #options: TrainStepOptions;
  readonly #state: StepState;

  private constructor(
    sessions: { readonly gradients: Session | ShardedSession; readonly update: Session },
    masks: readonly DropoutMask[],
    options: TrainStepOptions,
  ) {
    this.#gradients = sessions.gradients;
    this.#update = sessions.update;
    this.#masks = masks;
    this.#options = options;
    this.#state = new StepState(options.weights, options, options.random);
  }

  static async create(options: TrainStepOptions): Promise<AccumulatedStep> {
    const { masks, ...model } = partGraph(options);
    const { threads } = options;
    const gradients = await batchSession(model, threads);
    const update = await Session.create(encodeModel(updateGraph(options)), { threads });
    return new AccumulatedStep({ gradients, update }, masks, options);
  }

  /**
   * Takes one step from all parts of a batch, each of which has a label. Afterwards {@link weights} holds the result;
   * if something was not finite, what was there before.
   */
  async run(parts: Iterable<TrainingBatch>, learningRate: number): Promise<StepOutcome> {
    const state = this.#state;
    const size = this.#options.layout.parameters.size;
    let [sum, nextSum] = [floatTensor([size]), floatTensor([size])];
    let [weight, nextWeight] = [scalarTensor(0), scalarTensor(0)];
    let buffers = state.current['buffers']!;
    let nextBuffers = floatTensor(buffers.shape);
    const loss = scalarTensor(0);
    let lossSum = 0;
    for (const { input, labels } of parts) {
      await this.#gradients.run(
        {
          parameters: state.current['parameters']!,
          buffers,
          input,
          labels,
          ...state.drawMasks(this.#masks, labels.shape[1]!),
          sum,
          weight,
        },
        { 'next.sum': nextSum, 'next.weight': nextWeight, 'next.buffers': nextBuffers, loss },
      );
      lossSum += loss.data[0]! * (nextWeight.data[0]! - weight.data[0]!);
      [sum, nextSum] = [nextSum, sum];
      [weight, nextWeight] = [nextWeight, weight];
      // Never into the current buffers: a step that is not finite leaves them as they are.
      const spare = buffers === state.current['buffers'] ? floatTensor(buffers.shape) : buffers;
      [buffers, nextBuffers] = [nextBuffers, spare];
    }
    const { 'next.buffers': target, ...outputs } = nextOutputs(state);
    target!.data.set(buffers.data);
    const gradientNorm = scalarTensor(0);
    const { buffers: _, ...vectors } = state.current;
    await this.#update.run(
      { ...vectors, sum, weight, ...factorTensors(this.#options, state.steps + 1, learningRate) },
      { ...outputs, gradientNorm },
    );
    const outcome = { loss: lossSum / weight.data[0]!, gradientNorm: gradientNorm.data[0]! };
    const finite = stepIsFinite({ ...outcome, buffers });
    if (finite) state.advance();
    return { ...outcome, weight: weight.data[0]!, finite };
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
    await this.#gradients.release();
    await this.#update.release();
  }
}

/** Adds the gradient of one part to what the parts before it left. */
function partGraph(plan: TrainStepPlan) {
  const { graph, gradient, loss, weight, nextBuffers, masks } = gradientGraph(plan);
  const before = {
    sum: graph.input('sum', 'float32', [plan.layout.parameters.size]),
    weight: graph.input('weight', 'float32', []),
  };
  const after = accumulateGradient(before, gradient, weight);
  const outputs = {
    'next.sum': after.sum,
    'next.weight': after.weight,
    'next.buffers': nextBuffers,
    loss,
  };
  return { graph, outputs, masks };
}

/** Divides the sum and steps. */
function updateGraph(plan: TrainStepPlan) {
  const { size } = plan.layout.parameters;
  const graph = new Graph();
  const state = { parameters: graph.input('parameters', 'float32', [size]), ...stateInputs(graph, plan) };
  const sum = graph.input('sum', 'float32', [size]);
  const gradient = meanGradient({ sum, weight: graph.input('weight', 'float32', []) });
  return { graph, outputs: updateWeights(graph, plan, state, gradient) };
}
