/** A trained base model that takes one bar at a time and remembers, instead of looking at a whole window again. */
import { CLASS_COUNT, DataError, invariant } from '../../domain/core/index.ts';
import {
  type FloatTensor,
  Graph,
  Scope,
  Session,
  bakedWeights,
  copyToFloat32,
  describeNetwork,
  encodeModel,
  floatTensor,
  pick,
  readWeights,
  softmax,
} from '../neural/index.ts';
import {
  type BaseModelDescription,
  type BaseModelOptions,
  describeBaseModel,
  requireFeatures,
} from './base-model.ts';
import { tcnLstmNetwork, tcnLstmStateSize, tcnLstmStep } from './tcn-lstm.ts';

/**
 * The cost of a bar does not depend on how many there were. The answers are **not** those of {@link BaseModel}: the
 * window form starts from a state of zeros `sequenceLength` bars ago, this one carries its state on from the first bar
 * after the start or the last {@link reset}. The first answer is the same up to rounding; later ones differ by what
 * the LSTM remembers of bars that have left the window. An auditor that was trained on one form judges that form.
 */
export class StreamingModel {
  readonly description: BaseModelDescription;
  readonly #session: Session;
  readonly #bar: FloatTensor;
  readonly #probabilities = floatTensor([CLASS_COUNT]);
  /** A bar reads one and writes the other, then they change places. */
  #state: FloatTensor;
  #next: FloatTensor;
  #bars = 0;
  #busy = false;

  private constructor(description: BaseModelDescription, session: Session) {
    const features = description.featureNames.length;
    const size = tcnLstmStateSize(description.model, features);
    this.description = description;
    this.#session = session;
    this.#bar = floatTensor([1, 1, features]);
    this.#state = floatTensor([size]);
    this.#next = floatTensor([size]);
  }

  /** @throws {DataError} when the bytes are no base model, or one for other features */
  static async from(onnx: Uint8Array, options: BaseModelOptions = {}): Promise<StreamingModel> {
    const description = describeBaseModel(onnx);
    requireFeatures(description, options.featureNames);
    const session = await Session.create(encodeStep(onnx, description), { threads: options.threads ?? 1 });
    return new StreamingModel(description, session);
  }

  /** Since the start or the last reset. */
  get bars(): number {
    return this.#bars;
  }

  /**
   * `[3]` probabilities after `bar [featureNames.length]` (raw), or undefined before the `sequenceLength`-th bar, when
   * the model has seen less than it has learned to decide by. Wait for one bar's answer before pushing the next.
   * @throws {DataError} when a value is not finite; the state is then what it was
   */
  async push(bar: Float64Array): Promise<Float64Array | undefined> {
    const { data } = this.#bar;
    if (bar.length !== data.length) {
      throw new DataError(`streaming model: a bar of ${bar.length} features, not ${data.length}`, {
        code: 'MODEL_FEATURES',
      });
    }
    invariant(!this.#busy, 'streaming model: a bar came before the answer to the last one');
    copyToFloat32(bar, 0, bar.length, data, 0);
    this.#busy = true;
    try {
      await this.#session.run(
        { bar: this.#bar, state: this.#state },
        { probabilities: this.#probabilities, 'next.state': this.#next },
      );
    } finally {
      this.#busy = false;
    }
    [this.#state, this.#next] = [this.#next, this.#state];
    this.#bars += 1;
    return this.#bars < this.description.sequenceLength
      ? undefined
      : Float64Array.from(this.#probabilities.data);
  }

  /** Forgets everything: for the first bar after a gap. */
  reset(): void {
    invariant(!this.#busy, 'streaming model: reset before the answer to the last bar');
    this.#state.data.fill(0);
    this.#bars = 0;
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

function encodeStep(onnx: Uint8Array, { model, featureNames }: BaseModelDescription): Uint8Array {
  const features = featureNames.length;
  const layout = describeNetwork(tcnLstmNetwork(model, features, CLASS_COUNT));
  const weights = readWeights(onnx, layout);
  const graph = new Graph();
  const scope = new Scope({
    graph,
    training: false,
    parameters: bakedWeights(graph, weights.parameters, layout.parameters),
    buffers: bakedWeights(graph, weights.buffers, layout.buffers),
    updates: new Map(),
    masks: [],
  });
  const bar = graph.input('bar', 'float32', [1, 1, features]);
  const state = graph.input('state', 'float32', [tcnLstmStateSize(model, features)]);
  const next = tcnLstmStep(scope, { bar, state }, { config: model, classes: CLASS_COUNT });
  const probabilities = softmax(pick(pick(next.logits, 0, 0), 0, 0));
  return encodeModel({ graph, outputs: { probabilities, 'next.state': next.state } });
}
