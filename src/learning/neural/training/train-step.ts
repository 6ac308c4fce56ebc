/** One optimisation step as one model: forward, backward, clipping and optimiser run in a single call. */
import { Random } from '../../../domain/core/index.ts';
import { gradientsOf } from '../graph/differentiate.ts';
import { encodeModel } from '../graph/encode.ts';
import { Graph } from '../graph/graph.ts';
import { type FloatTensor, type Tensor, floatTensor, scalarTensor } from '../graph/tensor.ts';
import { type DropoutMask, flatWeights } from '../layers/scope.ts';
import { crossEntropy } from '../losses/cross-entropy.ts';
import { concat, reshape } from '../operations/layout.ts';
import { adamW, adamWFactors } from '../optimisers/adamw.ts';
import { clipByNorm } from '../optimisers/clip.ts';
import { Session } from '../runtime/session.ts';
import { BATCH, type NetworkLayout, type SequenceNetwork, type Weights, buildNetwork } from './network.ts';

const GRADIENT_NORM_LIMIT = 1;

export interface TrainStepOptions {
  readonly network: SequenceNetwork;
  readonly layout: NetworkLayout;
  readonly weights: Weights;
  /** Steps at the end of every sequence that carry labels. */
  readonly labelledSteps: number;
  readonly classWeights: readonly number[];
  readonly weightDecay: number;
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

/** Everything that a step changes. */
type State = Readonly<Record<'parameters' | 'firstMoments' | 'secondMoments' | 'buffers', FloatTensor>>;

/** Everything that the next step depends on, copied. */
export interface StepSnapshot extends Weights {
  readonly firstMoments: Float32Array;
  readonly secondMoments: Float32Array;
  /** Taken so far. */
  readonly steps: number;
  /** State of the generator of dropout masks. */
  readonly dropout: readonly number[];
}

export class TrainStep {
  readonly #session: Session;
  readonly #masks: readonly DropoutMask[];
  readonly #weightDecay: number;
  readonly #outcome = { loss: scalarTensor(0), weight: scalarTensor(0), gradientNorm: scalarTensor(0) };
  /** A step reads one and writes the other, then they change places: nothing is copied. */
  #state: State;
  #next: State;
  #steps = 0;
  #random: Random;

  private constructor(session: Session, masks: readonly DropoutMask[], options: TrainStepOptions) {
    this.#session = session;
    this.#masks = masks;
    this.#random = options.random;
    this.#weightDecay = options.weightDecay;
    const { parameters, buffers } = options.weights;
    this.#state = emptyState(parameters.length, buffers.length);
    this.#next = emptyState(parameters.length, buffers.length);
    this.#state.parameters.data.set(parameters);
    this.#state.buffers.data.set(buffers);
  }

  static async create(options: TrainStepOptions): Promise<TrainStep> {
    const { graph, outputs, masks } = trainStepGraph(options);
    const session = await Session.create(encodeModel({ graph, outputs }), { threads: options.threads });
    return new TrainStep(session, masks, options);
  }

  /** Afterwards {@link weights} holds the step's result; if something was not finite, what was there before. */
  async run(batch: TrainingBatch, learningRate: number): Promise<StepOutcome> {
    const factors = adamWFactors(this.#steps + 1, learningRate, this.#weightDecay);
    await this.#session.run(
      {
        ...this.#state,
        input: batch.input,
        labels: batch.labels,
        ...this.#drawMasks(batch.labels.shape[1]!),
        stepSize: scalarTensor(factors.stepSize),
        decay: scalarTensor(factors.decay),
        rootCorrection: scalarTensor(factors.rootCorrection),
      },
      {
        'next.parameters': this.#next.parameters,
        'next.firstMoments': this.#next.firstMoments,
        'next.secondMoments': this.#next.secondMoments,
        'next.buffers': this.#next.buffers,
        ...this.#outcome,
      },
    );
    const loss = this.#outcome.loss.data[0]!;
    const gradientNorm = this.#outcome.gradientNorm.data[0]!;
    // An infinite activation may vanish in the loss, because its batch norm divides by an infinite deviation.
    const finite =
      Number.isFinite(loss) &&
      Number.isFinite(gradientNorm) &&
      this.#next.buffers.data.every(Number.isFinite);
    if (finite) {
      [this.#state, this.#next] = [this.#next, this.#state];
      this.#steps += 1;
    }
    return { loss, gradientNorm, weight: this.#outcome.weight.data[0]!, finite };
  }

  /** The present weights: valid until the next step. */
  weights(): Weights {
    return { parameters: this.#state.parameters.data, buffers: this.#state.buffers.data };
  }

  snapshot(): StepSnapshot {
    const { parameters, firstMoments, secondMoments, buffers } = this.#state;
    return {
      parameters: parameters.data.slice(),
      firstMoments: firstMoments.data.slice(),
      secondMoments: secondMoments.data.slice(),
      buffers: buffers.data.slice(),
      steps: this.#steps,
      dropout: this.#random.state(),
    };
  }

  /** Goes back or forward to where a step of the same network stood. */
  restore(snapshot: StepSnapshot): void {
    this.#state.parameters.data.set(snapshot.parameters);
    this.#state.firstMoments.data.set(snapshot.firstMoments);
    this.#state.secondMoments.data.set(snapshot.secondMoments);
    this.#state.buffers.data.set(snapshot.buffers);
    this.#steps = snapshot.steps;
    this.#random = Random.fromState(snapshot.dropout);
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  #drawMasks(batch: number): Record<string, FloatTensor> {
    const tensors: Record<string, FloatTensor> = {};
    for (const { name, shape, keep } of this.#masks) {
      const tensor = floatTensor(shape.map((dim) => (dim === BATCH ? batch : Number(dim))));
      this.#random.fillDropoutMask(tensor.data, keep);
      tensors[name] = tensor;
    }
    return tensors;
  }
}

function emptyState(parameters: number, buffers: number): State {
  return {
    parameters: floatTensor([parameters]),
    firstMoments: floatTensor([parameters]),
    secondMoments: floatTensor([parameters]),
    buffers: floatTensor([buffers]),
  };
}

export type TrainStepPlan = Omit<TrainStepOptions, 'random' | 'weights' | 'threads'>;

/** The step as a graph, and the masks that it is fed. */
export function trainStepGraph(options: TrainStepPlan) {
  const { network, layout, labelledSteps, classWeights } = options;
  const graph = new Graph();
  const vector = (name: string, size: number) => graph.input(name, 'float32', [size]);
  const parameters = vector('parameters', layout.parameters.size);
  const firstMoments = vector('firstMoments', layout.parameters.size);
  const secondMoments = vector('secondMoments', layout.parameters.size);
  const buffers = vector('buffers', layout.buffers.size);
  const steps = network.sequenceLength - 1 + labelledSteps;
  const input = graph.input('input', 'float32', [steps, BATCH, network.features]);
  const labels = graph.input('labels', 'int32', [labelledSteps, BATCH]);
  const factors = {
    stepSize: graph.input('stepSize', 'float32', []),
    decay: graph.input('decay', 'float32', []),
    rootCorrection: graph.input('rootCorrection', 'float32', []),
  };

  const bufferSource = flatWeights(buffers, layout.buffers);
  const { logits, updates, masks } = buildNetwork(network, input, {
    training: true,
    lastSteps: labelledSteps,
    parameters: flatWeights(parameters, layout.parameters),
    buffers: bufferSource,
  });
  const { loss, weight } = crossEntropy(logits, labels, { classWeights });
  const [raw] = gradientsOf(loss, [parameters]);
  const { gradient, norm } = clipByNorm(raw!, GRADIENT_NORM_LIMIT);
  const next = adamW({ parameters, firstMoments, secondMoments }, gradient, factors);
  const nextBuffers = concat(
    layout.buffers.slots.map(({ name, shape, size, initialise }) =>
      reshape(updates.get(name) ?? bufferSource(name, shape, initialise), [size]),
    ),
    0,
  );
  return {
    graph,
    outputs: {
      'next.parameters': next.parameters,
      'next.firstMoments': next.firstMoments,
      'next.secondMoments': next.secondMoments,
      'next.buffers': nextBuffers,
      loss,
      weight,
      gradientNorm: norm,
    },
    masks,
  };
}
