/** Base model and auditor as one judge: what is shipped, replayed and, later, run live. */
import { CLASS_COUNT, DataError } from '../../domain/core/index.ts';
import { metaFeatureNames, metaFeatures } from '../../domain/features/index.ts';
import { boostingFromXgboostJson, predictBoosting } from '../boosting/index.ts';
import type { BoostedTrees } from '../boosting/index.ts';
import { BaseModel, describeBaseModel } from './base-model.ts';
import type { BaseModelOptions } from './base-model.ts';

/** Probabilities `[rows × 3]` of SELL, NEUTRAL, BUY: the network's own, and the auditor's. */
export interface AuditedProbabilities {
  readonly base: Float64Array;
  readonly audited: Float64Array;
}

export class AuditedModel {
  readonly base: BaseModel;
  readonly #auditor: BoostedTrees;

  private constructor(base: BaseModel, auditor: BoostedTrees) {
    this.base = base;
    this.#auditor = auditor;
  }

  /**
   * @param files `model.onnx` and `auditor.json` of one artifact
   * @throws DataError when either is not what its name says, or they do not fit together
   */
  static async load(
    files: { readonly onnx: Uint8Array; readonly auditorJson: string },
    options: BaseModelOptions = {},
  ): Promise<AuditedModel> {
    const auditor = boostingFromXgboostJson(files.auditorJson);
    const expected = metaFeatureNames(describeBaseModel(files.onnx).featureNames);
    if (auditor.outputs !== CLASS_COUNT || auditor.featureNames.join() !== expected.join()) {
      throw new DataError(
        `auditor: expects ${auditor.featureNames.join(', ')} and has ${auditor.outputs} outputs; it must take ${expected.join(', ')} and give ${CLASS_COUNT}`,
        { code: 'AUDITOR_FEATURES' },
      );
    }
    return new AuditedModel(await BaseModel.load(files.onnx, options), auditor);
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
    const meta = auditorInput(this.base, { probabilities: base, features, rows });
    return { base, audited: predictBoosting(this.#auditor, meta) };
  }

  /** One window `[sequenceLength × features]`; probabilities `[3]`. */
  async scoreWindow(window: Float64Array): Promise<AuditedProbabilities> {
    return await this.scoreRows(window, Int32Array.of(this.sequenceLength - 1));
  }

  async release(): Promise<void> {
    await this.base.release();
  }
}

/** The auditor's 14 features for rows whose base probabilities are known, `[rows × 14]`. */
function auditorInput(
  base: BaseModel,
  scored: {
    readonly probabilities: Float64Array;
    readonly features: Float64Array;
    readonly rows: Int32Array;
  },
): Float64Array {
  return metaFeatures({
    ...scored,
    featureNames: base.description.featureNames,
    sequenceLength: base.sequenceLength,
  });
}
