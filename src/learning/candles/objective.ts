/**
 * One optimisation step of any loss on any inputs: forward, backward, clipping and AdamW as one model. The engine's own
 * `TrainStep` is for networks that classify every step of one sequence; here are two views, hidden steps, embeddings
 * and scores.
 */
import { createHash } from 'node:crypto';
import type { Random } from '../../domain/core/index.ts';
import {
  type DropoutMask,
  Graph,
  LayoutRecorder,
  type Loss,
  type NamedTensors,
  type NetworkLayout,
  Scope,
  Session,
  type StepRecipe,
  type StepSnapshot,
  StepState,
  type Value,
  type Weights,
  concat,
  encodeModel,
  factorTensors,
  flatWeights,
  floatTensor,
  gradientsOf,
  initialise,
  nextOutputs,
  reshape,
  scalarTensor,
  stateInputs,
  stepIsFinite,
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

/** SHA-256 of what the objective computes in training, whatever its weights. */
export function fingerprintOfObjective(objective: Objective): string {
  const { graph, loss, weight, masks } = objectiveGraph(objective, describeObjective(objective), true);
  return createHash('sha256')
    .update(JSON.stringify(masks))
    .update(encodeModel({ graph, outputs: { loss, weight } }))
    .digest('hex');
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
  readonly #recipe: StepRecipe;
  readonly #state: StepState;

  private constructor(session: Session, masks: readonly DropoutMask[], options: ObjectiveStepOptions) {
    this.#session = session;
    this.#masks = masks;
    this.#recipe = recipeOf(options);
    this.#state = new StepState(options.weights, this.#recipe, options.random);
  }

  static async create(options: ObjectiveStepOptions): Promise<ObjectiveStep> {
    const { masks, ...model } = stepGraph(options);
    const session = await Session.create(encodeModel(model), { threads: options.threads });
    return new ObjectiveStep(session, masks, options);
  }

  /** Afterwards {@link weights} holds the step's result; undefined if it was not finite and so was not taken. */
  async run({ feeds, size }: ObjectiveBatch, learningRate: number): Promise<LossValue | undefined> {
    const state = this.#state;
    const outcome = { loss: scalarTensor(0), weight: scalarTensor(0), gradientNorm: scalarTensor(0) };
    const next = Object.entries(nextOutputs(state)).filter(([, { data }]) => data.length > 0);
    await this.#session.run(
      {
        ...state.current,
        ...feeds,
        ...state.drawMasks(this.#masks, size),
        ...factorTensors(this.#recipe, state.steps + 1, learningRate),
      },
      { ...Object.fromEntries(next), ...outcome },
    );
    const [loss, gradientNorm] = [outcome.loss.data[0]!, outcome.gradientNorm.data[0]!];
    if (!stepIsFinite({ loss, gradientNorm, buffers: state.next['buffers']! })) return undefined;
    state.advance();
    return { loss, weight: outcome.weight.data[0]! };
  }

  weights(): Weights {
    const { parameters, buffers } = this.#state.weights();
    return { parameters: parameters.slice(), buffers: buffers.slice() };
  }

  snapshot(): StepSnapshot {
    return this.#state.snapshot();
  }

  /** Goes back or forward to where a step of the same objective stood. */
  restore(snapshot: StepSnapshot): void {
    this.#state.restore(snapshot);
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

const recipeOf = ({ weightDecay }: ObjectiveStepOptions): StepRecipe => ({ classWeights: [], weightDecay });

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
  const state = { parameters, ...stateInputs(graph, { ...recipe, layout }) };
  const pieces = layout.buffers.slots.map(({ name, shape, size, initialise }) =>
    reshape(built.updates.get(name) ?? built.buffers(name, shape, initialise), [size]),
  );
  const outputs = {
    ...updateWeights(graph, recipe, state, gradient!),
    ...(pieces.length === 0 ? {} : { 'next.buffers': concat(pieces, 0) }),
    loss,
    weight,
  };
  return { graph, outputs, masks };
}
