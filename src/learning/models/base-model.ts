/** A trained base model at work: raw bars in, probabilities of SELL, NEUTRAL and BUY out. */
import { CLASS_COUNT, DIRECTIONS, DataError } from '../../domain/core/index.ts';
import { type TrainingConfig, WindowScorer, readMetadata } from '../neural/index.ts';
import type { TcnLstmConfig } from './tcn-lstm-config.ts';

/** What the model file says about itself. */
export interface BaseModelDescription {
  /** In the order of the model's input. */
  readonly featureNames: readonly string[];
  readonly sequenceLength: number;
  readonly model: TcnLstmConfig;
  /** How, and the epoch whose weights these are; both absent from weights that were not trained here. */
  readonly training?: TrainingConfig;
  readonly best?: number;
}

const KIND = 'tcn-lstm';

/** What whoever runs the file needs to know: its inputs by name, and the classes of its outputs. */
export function baseModelMetadata(description: BaseModelDescription): Readonly<Record<string, string>> {
  return {
    'tidemark.kind': KIND,
    'tidemark.description': JSON.stringify({ ...description, classes: DIRECTIONS }),
  };
}

/** @throws {DataError} when the bytes are no base model */
export function describeBaseModel(onnx: Uint8Array): BaseModelDescription {
  const metadata = readMetadata(onnx);
  const text = metadata['tidemark.description'];
  if (metadata['tidemark.kind'] !== KIND || text === undefined) {
    throw new DataError(
      `model: no ${KIND} model of this project (its metadata say ${metadata['tidemark.kind']})`,
      {
        code: 'MODEL_KIND',
      },
    );
  }
  return JSON.parse(text) as BaseModelDescription;
}

export interface BaseModelOptions {
  readonly threads?: number;
  /** Refuses a model whose inputs are other features, or the same in another order. */
  readonly featureNames?: readonly string[];
}

/** @throws {DataError} when the model is for other features than the expected ones, or for another order */
export function requireFeatures({ featureNames }: BaseModelDescription, expected?: readonly string[]): void {
  if (expected !== undefined && expected.join() !== featureNames.join()) {
    throw new DataError(
      `model: it was trained on the features ${featureNames.join(', ')}; the data hold ${expected.join(', ')}`,
      { code: 'MODEL_FEATURES' },
    );
  }
}

export class BaseModel {
  readonly description: BaseModelDescription;
  readonly #scorer: WindowScorer;

  private constructor(description: BaseModelDescription, scorer: WindowScorer) {
    this.description = description;
    this.#scorer = scorer;
  }

  /** @throws {DataError} when the bytes are no base model, or one for other features */
  static async load(onnx: Uint8Array, options: BaseModelOptions = {}): Promise<BaseModel> {
    const description = describeBaseModel(onnx);
    requireFeatures(description, options.featureNames);
    const { featureNames, sequenceLength } = description;
    const shape = { sequenceLength, features: featureNames.length, classes: CLASS_COUNT };
    return new BaseModel(
      description,
      await WindowScorer.create(onnx, shape, { threads: options.threads ?? 1 }),
    );
  }

  get sequenceLength(): number {
    return this.description.sequenceLength;
  }

  /**
   * `[rows.length × 3]`: for each row the probabilities after its bar, from the `sequenceLength` bars that end with
   * it. `features` is `[· × featureNames.length]` raw. The caller sees to it that windows lie in one segment.
   * A row's result is the same to the bit whatever other rows are asked for.
   * @throws {InvariantError} when a row has fewer bars before it
   * @throws {DataError} when a value is not finite
   */
  async scoreRows(features: Float64Array, rows: Int32Array): Promise<Float64Array> {
    return this.#scorer.scoreRows(features, rows);
  }

  /** `[3]`, from one window `[sequenceLength × featureNames.length]`: equal to the bit to {@link scoreRows}. */
  async scoreWindow(window: Float64Array): Promise<Float64Array> {
    return this.#scorer.scoreRows(window, Int32Array.of(this.sequenceLength - 1));
  }

  async release(): Promise<void> {
    await this.#scorer.release();
  }
}
