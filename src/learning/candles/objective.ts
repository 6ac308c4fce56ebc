/**
 * One optimisation step of any loss on any inputs: forward, backward, clipping and AdamW as one model. The engine's own
 * `TrainStep` is for networks that classify every step of one sequence; here are two views, hidden steps, embeddings
 * and scores.
 */
import { InvariantError, type Random } from '../../domain/core/index.ts';
import {
  BATCH,
  type DropoutMask,
  type FloatTensor,
  Graph,
  LayoutRecorder,
  type Loss,
  type NamedTensors,
  type NetworkLayout,
  Scope,
  Session,
  type Shape,
  StepState,
  type Value,
  type Weights,
  concat,
  encodeModel,
  flatWeights,
  floatTensor,
  gradientsOf,
  initialise,
  reshape,
  scalarTensor,
  stateVectors,
  stepFactors,
  updateWeights,
} from '../neural/index.ts';

/**
 * What is minimised: makes its inputs on the graph, with `BATCH` as the name of the number of examples, and combines
 * them into a loss. Where the scope is not training, the loss is the one that judges: without penalties.
 */
export type Objective = (graph: Graph, scope: Scope) => Loss;

/** Which weights an objective has, found out by building it once. */
export function describeObjective(objective: Objective): NetworkLayout {
  const graph = new Graph();
  const parameters = new LayoutRecorder(graph);
  const buffers = new LayoutRecorder(graph);
  const sources = { parameters: parameters.source, buffers: buffers.source };
  objective(graph, new Scope({ graph, training: false, ...sources, updates: new Map(), masks: [] }));
  return { parameters: parameters.layout(), buffers: buffers.layout() };
}

export function drawWeights(layout: NetworkLayout, random: Random): Weights {
  return { parameters: initialise(layout.parameters, random), buffers: initialise(layout.buffers, random) };
}

/** Examples as the objective's inputs. */
export interface ObjectiveBatch {
  readonly feeds: NamedTensors;
  readonly size: number;
}

export interface ObjectiveStepOptions {
  readonly objective: Objective;
  readonly layout: NetworkLayout;
  readonly weights: Weights;
  readonly weightDecay: number;
  /** Draws the dropout masks. */
  readonly random: Random;
  readonly threads: number;
}

/** A mean over a batch with its weight, as `Loss`. */
export interface LossValue {
  readonly loss: number;
  readonly weight: number;
}

export class ObjectiveStep {
  readonly #session: Session;
  readonly #masks: readonly DropoutMask[];
  readonly #options: ObjectiveStepOptions;
  readonly #state: StepState;

  private constructor(session: Session, masks: readonly DropoutMask[], options: ObjectiveStepOptions) {
    this.#session = session;
    this.#masks = masks;
    this.#options = options;
    this.#state = new StepState(options.weights, recipeOf(options), options.random);
  }

  static async create(options: ObjectiveStepOptions): Promise<ObjectiveStep> {
    const { masks, ...model } = stepGraph(options);
    const session = await Session.create(encodeModel(model), { threads: options.threads });
    return new ObjectiveStep(session, masks, options);
  }

  /** Afterwards {@link weights} holds the step's result; undefined if it was not finite and so was not taken. */
  async run({ feeds, size }: ObjectiveBatch, learningRate: number): Promise<LossValue | undefined> {
    const state = this.#state;
    const factors = Object.entries(stepFactors(recipeOf(this.#options), state.steps + 1, learningRate));
    const outcome = { loss: scalarTensor(0), weight: scalarTensor(0), gradientNorm: scalarTensor(0) };
    const next = Object.entries(state.next).filter(([, { data }]) => data.length > 0);
    await this.#session.run(
      {
        ...state.current,
        ...feeds,
        ...drawMasks(this.#masks, size, this.#options.random),
        ...Object.fromEntries(factors.map(([name, value]) => [name, scalarTensor(value)])),
      },
      { ...Object.fromEntries(next.map(([name, tensor]) => [`next.${name}`, tensor])), ...outcome },
    );
    const [loss, norm] = [outcome.loss.data[0]!, outcome.gradientNorm.data[0]!];
    const buffers = state.next['buffers']!.data;
    if (![loss, norm].every(Number.isFinite) || !buffers.every(Number.isFinite)) return undefined;
    state.advance();
    return { loss, weight: outcome.weight.data[0]! };
  }

  weights(): Weights {
    const { parameters, buffers } = this.#state.weights();
    return { parameters: parameters.slice(), buffers: buffers.slice() };
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

/** The objective without dropout, with running statistics. */
export class ObjectiveScore {
  readonly #session: Session;

  private constructor(session: Session) {
    this.#session = session;
  }

  static async create(objective: Objective, layout: NetworkLayout, threads: number): Promise<ObjectiveScore> {
    const { graph, loss, weight } = objectiveGraph(objective, layout, false);
    return new ObjectiveScore(
      await Session.create(encodeModel({ graph, outputs: { loss, weight } }), { threads }),
    );
  }

  /** The weighted mean over all batches. */
  async score(weights: Weights, batches: Iterable<ObjectiveBatch>): Promise<number> {
    const vectors = {
      parameters: floatTensor([weights.parameters.length], weights.parameters),
      buffers: floatTensor([weights.buffers.length], weights.buffers),
    };
    let [sum, total] = [0, 0];
    for (const { feeds } of batches) {
      const { loss, weight } = await this.#session.run({ ...vectors, ...feeds });
      sum += Number(loss!.data[0]) * Number(weight!.data[0]);
      total += Number(weight!.data[0]);
    }
    return sum / total;
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

const recipeOf = ({ weightDecay }: { readonly weightDecay: number }) => ({ classWeights: [], weightDecay });

function objectiveGraph(objective: Objective, layout: NetworkLayout, training: boolean) {
  const graph = new Graph();
  const parameters = graph.input('parameters', 'float32', [layout.parameters.size]);
  const buffers = flatWeights(graph.input('buffers', 'float32', [layout.buffers.size]), layout.buffers);
  const updates = new Map<string, Value>();
  const masks: DropoutMask[] = [];
  const sources = { parameters: flatWeights(parameters, layout.parameters), buffers };
  const loss = objective(graph, new Scope({ graph, training, ...sources, updates, masks }));
  return { graph, parameters, buffers, updates, masks, ...loss };
}

function stepGraph(options: ObjectiveStepOptions) {
  const { objective, layout } = options;
  const built = objectiveGraph(objective, layout, true);
  const { graph, parameters, loss, weight, masks } = built;
  const [gradient] = gradientsOf(loss, [parameters]);
  const recipe = recipeOf(options);
  const others = stateVectors(recipe).filter((name) => name !== 'parameters');
  const state = Object.fromEntries(
    others.map((name) => [name, graph.input(name, 'float32', [layout.parameters.size])]),
  );
  const pieces = layout.buffers.slots.map(({ name, shape, size, initialise }) =>
    reshape(built.updates.get(name) ?? built.buffers(name, shape, initialise), [size]),
  );
  const outputs = {
    ...updateWeights(graph, recipe, { parameters, ...state }, gradient!),
    ...(pieces.length === 0 ? {} : { 'next.buffers': concat(pieces, 0) }),
    loss,
    weight,
  };
  return { graph, outputs, masks };
}

function drawMasks(masks: readonly DropoutMask[], batch: number, random: Random): NamedTensors {
  const drawn: Record<string, FloatTensor> = {};
  for (const { name, shape, keep } of masks) {
    const tensor = floatTensor(sizesOf(shape, batch));
    random.fillDropoutMask(tensor.data, keep);
    drawn[name] = tensor;
  }
  return drawn;
}

/** A shape whose dimensions are numbers and multiples of the batch, for so many examples. */
function sizesOf(shape: Shape, batch: number): readonly number[] {
  return shape.map((dim) =>
    String(dim)
      .split('*')
      .reduce((size, factor) => size * (factor === BATCH ? batch : sizeOf(factor)), 1),
  );
}

function sizeOf(factor: string): number {
  const size = Number(factor);
  if (Number.isInteger(size)) return size;
  throw new InvariantError(`objective: a dropout mask has the unknown dimension ${factor}`, {
    code: 'OBJECTIVE_MASK',
  });
}
