/** Base model and auditor as one judge: what is shipped, replayed and, later, run live. */
import { CLASS_COUNT, DataError } from '../../domain/core/index.ts';
import { metaFeatureNames, metaFeatures, metaFeatureSetOf } from '../../domain/features/index.ts';
import type { MetaFeatureSet } from '../../domain/features/index.ts';
import { boostingFromXgboostJson, needsRowMargins, predictBoosting } from '../boosting/index.ts';
import type { BoostedTrees } from '../boosting/index.ts';
import { BaseModel, describeBaseModel } from './base-model.ts';
import type { BaseModelOptions } from './base-model.ts';

/** A network may be certain; a margin is finite. */
const LEAST_PROBABILITY = 1e-9;

/** Probabilities `[rows × 3]` of SELL, NEUTRAL, BUY. */
export interface AuditedProbabilities {
  /** The network's own softmax. */
  readonly base: Float64Array;
  /** What the auditor was shown of it: see {@link AuditedModelOptions.probabilitiesOf}. */
  readonly network: Float64Array;
  readonly audited: Float64Array;
}

export interface AuditedModelOptions extends BaseModelOptions {
  /** Softmax of the network `[rows × 3]` → the probabilities that its auditor has learned to judge; default: the same. */
  readonly probabilitiesOf?: (softmax: Float64Array) => Float64Array;
}

interface Auditor {
  readonly trees: BoostedTrees;
  readonly metaSet: MetaFeatureSet;
}

export class AuditedModel {
  readonly base: BaseModel;
  readonly #auditor: Auditor;
  readonly #probabilitiesOf: (softmax: Float64Array) => Float64Array;

  private constructor(
    base: BaseModel,
    auditor: Auditor,
    probabilitiesOf: (softmax: Float64Array) => Float64Array = (softmax) => softmax,
  ) {
    this.base = base;
    this.#auditor = auditor;
    this.#probabilitiesOf = probabilitiesOf;
  }

  /**
   * @param files `model.onnx` and `auditor.json` of one artifact
   * @throws DataError when either is not what its name says, or they do not fit together
   */
  static async load(
    files: { readonly onnx: Uint8Array; readonly auditorJson: string },
    { probabilitiesOf, ...options }: AuditedModelOptions = {},
  ): Promise<AuditedModel> {
    const auditor = boostingFromXgboostJson(files.auditorJson);
    const { featureNames } = describeBaseModel(files.onnx);
    const metaSet = metaFeatureSetOf(auditor.featureNames, featureNames);
    if (auditor.outputs !== CLASS_COUNT || metaSet === null) {
      throw new DataError(
        `auditor: expects ${auditor.featureNames.join(', ')} and has ${auditor.outputs} outputs; it must take ${metaFeatureNames(featureNames).join(', ')} (or these and recent means) and give ${CLASS_COUNT}`,
        { code: 'AUDITOR_FEATURES' },
      );
    }
    const base = await BaseModel.load(files.onnx, options);
    return new AuditedModel(base, { trees: auditor, metaSet }, probabilitiesOf);
  }

  get sequenceLength(): number {
    return this.base.sequenceLength;
  }

  /**
   * For each row, from the `sequenceLength` bars that end with it; the same to the bit whatever other rows are asked
   * for, and whether they come from history or one at a time.
   * @param features `[· × features]` raw, row-major; the caller sees to it that windows lie in one segment
   */
  async scoreRows(features: Float64Array, rows: Int32Array): Promise<AuditedProbabilities> {
    const base = await this.base.scoreRows(features, rows);
    const network = this.#probabilitiesOf(base);
    const { trees, metaSet } = this.#auditor;
    const meta = metaFeatures({
      probabilities: network,
      features,
      featureNames: this.base.description.featureNames,
      rows,
      sequenceLength: this.base.sequenceLength,
      set: metaSet,
    });
    return { base, network, audited: predictAuditor(trees, meta) };
  }

  /** One window `[sequenceLength × features]`; probabilities `[3]`. */
  async scoreWindow(window: Float64Array): Promise<AuditedProbabilities> {
    return await this.scoreRows(window, Int32Array.of(this.sequenceLength - 1));
  }

  async release(): Promise<void> {
    await this.base.release();
  }
}

/** What an auditor's trees add to: logarithms of the network's probabilities `[rows × 3]`. */
export function auditorMargins(probabilities: Float64Array): Float64Array {
  return probabilities.map((p) => Math.log(Math.max(p, LEAST_PROBABILITY)));
}

/**
 * The auditor's probabilities `[rows × 3]`; one that begins at the network's takes them from its own input.
 * @param meta `[rows × inputs]`, see `metaFeatures`
 */
export function predictAuditor(auditor: BoostedTrees, meta: Float64Array): Float64Array {
  if (!needsRowMargins(auditor)) return predictBoosting(auditor, meta);
  const width = auditor.featureNames.length;
  const rows = meta.length / width;
  const probabilities = new Float64Array(rows * CLASS_COUNT);
  // The first three meta-features are prob_sell, prob_neutral, prob_buy.
  for (let row = 0; row < rows; row++) {
    probabilities.set(meta.subarray(row * width, row * width + CLASS_COUNT), row * CLASS_COUNT);
  }
  return predictBoosting(auditor, meta, auditorMargins(probabilities));
}
