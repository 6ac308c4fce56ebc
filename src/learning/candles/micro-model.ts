/** A trained MicroNet at work: the last raw candles and the day's context in, a score or probabilities out. */
import { CLASS_COUNT, DataError, invariant } from '../../domain/core/index.ts';
import {
  BATCH,
  Graph,
  type NetworkLayout,
  Scope,
  Session,
  type Weights,
  bakedWeights,
  copyToFloat32,
  encodeModel,
  floatTensor,
  pick,
  softmax,
  transpose,
} from '../neural/index.ts';
import { scaled } from './encoder.ts';
import { LEAST_ROWS } from './macro-model.ts';
import type { MicroConfig, MicroTrainingConfig } from './micro-config.ts';
import type { DayContext } from './micro-data.ts';
import { microLogits, scoreOf } from './micro-net.ts';
import { candleModelMetadata, describeCandleModel } from './model-file.ts';

export interface MicroDescription {
  /** In the order of the model's input. */
  readonly featureNames: readonly string[];
  /** Candles ahead that its labels looked at. */
  readonly horizonCandles: number;
  readonly model: MicroConfig;
  readonly training: MicroTrainingConfig;
  /** The epoch whose weights these are. */
  readonly best: number;
}

/**
 * The network with its weights and the arithmetic of the scaler inside: `window [batch, T, F]` raw, `centre` and
 * `scale [batch, F]`, and `embedding [batch, D]` if it takes one → `answer`: a score `[batch, 1]` or probabilities of
 * SELL, NEUTRAL and BUY `[batch, 3]`.
 */
export function encodeMicroModel(trained: {
  readonly layout: NetworkLayout;
  readonly weights: Weights;
  readonly description: MicroDescription;
}): Uint8Array<ArrayBuffer> {
  const { layout, weights, description } = trained;
  const { model, featureNames } = description;
  const width = featureNames.length;
  const graph = new Graph();
  const scope = new Scope({
    graph,
    training: false,
    parameters: bakedWeights(graph, weights.parameters, layout.parameters),
    buffers: bakedWeights(graph, weights.buffers, layout.buffers),
    updates: new Map(),
    masks: [],
  });
  const window = graph.input('window', 'float32', [BATCH, model.sequenceLength, width]);
  const centre = graph.input('centre', 'float32', [BATCH, width]);
  const scale = graph.input('scale', 'float32', [BATCH, width]);
  const embedding =
    model.embedding === 0 ? undefined : graph.input('embedding', 'float32', [BATCH, model.embedding]);
  const x = scaled(transpose(window, [1, 0, 2]), centre, scale);
  const logits = microLogits(scope, { x, embedding }, { config: model, lastSteps: 1 });
  const answer = model.output === 'score' ? transpose(scoreOf(logits)) : softmax(pick(logits, 0, 0));
  return encodeModel({
    graph,
    outputs: { answer },
    metadata: candleModelMetadata('micro-net', description),
  });
}

/** Windows in one run. */
const BATCH_SIZE = 64;

export class MicroModel {
  readonly description: MicroDescription;
  readonly #session: Session;

  private constructor(description: MicroDescription, session: Session) {
    this.description = description;
    this.#session = session;
  }

  /** @throws {DataError} when the bytes are no MicroNet, or one for other features */
  static async load(
    onnx: Uint8Array,
    {
      threads = 1,
      featureNames,
    }: { readonly threads?: number; readonly featureNames?: readonly string[] } = {},
  ): Promise<MicroModel> {
    const description = describeCandleModel<MicroDescription>(onnx, 'micro-net', featureNames);
    return new MicroModel(description, await Session.create(onnx, { threads }));
  }

  /** Numbers in an answer: 1 (a score) or 3 (probabilities). */
  get outputs(): number {
    return this.description.model.output === 'score' ? 1 : CLASS_COUNT;
  }

  /**
   * `[rows.length × outputs]`: for each row the answer after its candle, from the `sequenceLength` candles that end
   * with it. `features` is `[· × features]` raw. The caller sees to it that windows lie in one segment. A row's answer
   * is the same to the bit whatever other rows are asked for.
   * @throws {DataError} when a value is not finite, or a context does not fit the model
   */
  async scoreRows(
    features: Float64Array,
    rows: Int32Array,
    contextOf: (row: number) => DayContext,
  ): Promise<Float64Array> {
    const { model, featureNames } = this.description;
    const width = featureNames.length;
    const size = model.sequenceLength * width;
    const answers = new Float64Array(rows.length * this.outputs);
    for (let from = 0; from < rows.length; from += BATCH_SIZE) {
      const count = Math.min(BATCH_SIZE, rows.length - from);
      const batch = Math.max(count, LEAST_ROWS);
      const window = floatTensor([batch, model.sequenceLength, width]);
      const centre = floatTensor([batch, width]);
      const scale = floatTensor([batch, width]);
      const embedding = floatTensor([batch, model.embedding]);
      for (let i = 0; i < batch; i++) {
        const row = rows[from + Math.min(i, count - 1)]!;
        const end = (row + 1) * width;
        invariant(end >= size && end <= features.length, `scoreRows: row ${row} does not end a window`);
        copyToFloat32(features, end - size, end, window.data, i * size);
        const context = contextOf(row);
        this.#requireFitting(context);
        centre.data.set(context.centre, i * width);
        scale.data.set(context.scale, i * width);
        if (model.embedding > 0) embedding.data.set(context.embedding!, i * model.embedding);
      }
      const { answer } = await this.#session.run({ window, centre, scale, embedding });
      answers.set((answer!.data as Float32Array).subarray(0, count * this.outputs), from * this.outputs);
    }
    return answers;
  }

  /** `[outputs]`, from one window `[sequenceLength × features]`: equal to the bit to {@link scoreRows}. */
  async scoreWindow(window: Float64Array, context: DayContext): Promise<Float64Array> {
    const last = Int32Array.of(this.description.model.sequenceLength - 1);
    return await this.scoreRows(window, last, () => context);
  }

  #requireFitting({ embedding, centre, scale }: DayContext): void {
    const { model, featureNames } = this.description;
    const width = featureNames.length;
    if (
      centre.length === width &&
      scale.length === width &&
      (model.embedding === 0 || embedding?.length === model.embedding)
    ) {
      return;
    }
    throw new DataError(
      `micro-net: a day's context needs ${width} centres and scales and an embedding of ${model.embedding}, ` +
        `has ${centre.length}, ${scale.length} and ${embedding?.length ?? 0}`,
      { code: 'MODEL_CONTEXT' },
    );
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}
