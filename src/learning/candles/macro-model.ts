/** A pre-trained MacroNet at work: windows of raw candle features in, one embedding each out. */
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
  transpose,
} from '../neural/index.ts';
import { embed, encodeSteps, scaled } from './encoder.ts';
import type { MacroConfig, PretrainingConfig } from './macro-config.ts';
import { candleModelMetadata, describeCandleModel } from './model-file.ts';
import { ENCODER_SCOPE } from './pretraining.ts';
import { type WindowSet, checkWindows } from './windows.ts';

export interface MacroDescription {
  /** In the order of the model's input. */
  readonly featureNames: readonly string[];
  readonly model: MacroConfig;
  readonly pretraining: PretrainingConfig;
  /** The epoch whose weights these are; 0 = untrained. */
  readonly best: number;
}

/** How many learned numbers of a pre-training are served. */
export function macroParameters({ parameters }: NetworkLayout): number {
  return parameters.slots
    .filter(({ name }) => name.startsWith(`${ENCODER_SCOPE}.`))
    .reduce((sum, { size }) => sum + size, 0);
}

/**
 * The encoder with its weights and the arithmetic of the scaler inside: `window [batch, T, F]` raw, `centre` and
 * `scale [batch, F]` → `embedding [batch, D]`. The statistics are inputs because they are each symbol's and day's own.
 */
export function encodeMacroModel(trained: {
  readonly layout: NetworkLayout;
  readonly weights: Weights;
  readonly description: MacroDescription;
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
  }).within(ENCODER_SCOPE);
  const window = graph.input('window', 'float32', [BATCH, model.sequenceLength, width]);
  const centre = graph.input('centre', 'float32', [BATCH, width]);
  const scale = graph.input('scale', 'float32', [BATCH, width]);
  const x = scaled(transpose(window, [1, 0, 2]), centre, scale);
  const embedding = embed(scope, encodeSteps(scope, x, model), model);
  const metadata = candleModelMetadata('macro-net', description);
  return encodeModel({ graph, outputs: { embedding }, metadata });
}

/** Windows in one run. */
const BATCH_SIZE = 16;

/**
 * A window alone runs together with a copy of itself: from two rows on, a row's result does not depend on the rows
 * beside it (see the engine's `WindowScorer`).
 */
export const LEAST_ROWS = 2;

export class MacroModel {
  readonly description: MacroDescription;
  readonly #session: Session;

  private constructor(description: MacroDescription, session: Session) {
    this.description = description;
    this.#session = session;
  }

  /** @throws {DataError} when the bytes are no MacroNet, or one for other features */
  static async load(
    onnx: Uint8Array,
    {
      threads = 1,
      featureNames,
    }: { readonly threads?: number; readonly featureNames?: readonly string[] } = {},
  ): Promise<MacroModel> {
    const description = describeCandleModel<MacroDescription>(onnx, 'macro-net', featureNames);
    return new MacroModel(description, await Session.create(onnx, { threads }));
  }

  /** Numbers in an embedding. */
  get size(): number {
    return this.description.model.embedding;
  }

  /**
   * `[windows × size]`, row-major. A window's embedding is the same to the bit whatever others are asked for.
   * @throws {DataError} when a window cannot be used: see {@link checkWindows}
   */
  async embed(windows: WindowSet): Promise<Float64Array> {
    const { sequenceLength } = this.description.model;
    const { features, ends, scales } = windows;
    const width = this.description.featureNames.length;
    checkWindows(windows, sequenceLength);
    const embeddings = new Float64Array(ends.length * this.size);
    for (let from = 0; from < ends.length; from += BATCH_SIZE) {
      const count = Math.min(BATCH_SIZE, ends.length - from);
      const rows = Math.max(count, LEAST_ROWS);
      const window = floatTensor([rows, sequenceLength, width]);
      const centre = floatTensor([rows, width]);
      const scale = floatTensor([rows, width]);
      for (let row = 0; row < rows; row++) {
        const index = from + Math.min(row, count - 1);
        const end = (ends[index]! + 1) * width;
        copyToFloat32(features, end - sequenceLength * width, end, window.data, row * sequenceLength * width);
        centre.data.set(scales[index]!.centre, row * width);
        scale.data.set(scales[index]!.scale, row * width);
      }
      const { embedding } = await this.#session.run({ window, centre, scale });
      const data = embedding!.data as Float32Array;
      embeddings.set(data.subarray(0, count * this.size), from * this.size);
    }
    return embeddings;
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}
