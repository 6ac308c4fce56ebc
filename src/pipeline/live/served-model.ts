/** An audited model as the engine wants it: one window at a time. */
import { type FeatureSet, featureSetOfModel } from '../../domain/features/index.ts';
import { AuditedModel } from '../../learning/models/index.ts';
import type { BaseModelOptions } from '../../learning/models/index.ts';
import { decide } from '../../domain/validation/index.ts';
import type { Probabilities, SignalModel } from '../../trading/engine/index.ts';
import type { StoredModel } from '../../platform/storage/index.ts';
import { ConfigError } from '../../domain/core/index.ts';

export class ServedModel implements SignalModel {
  readonly featureSet: FeatureSet;
  readonly #model: AuditedModel;

  private constructor(model: AuditedModel, featureSet: FeatureSet) {
    this.#model = model;
    this.featureSet = featureSet;
  }

  /**
   * @throws ConfigError when the artifact has no auditor or an unknown feature set; DataError when its features are not
   * those of the set, or its files do not fit together
   */
  static async load(
    { manifest, files }: StoredModel,
    { threads }: Pick<BaseModelOptions, 'threads'> = {},
  ): Promise<ServedModel> {
    const onnx = files['model.onnx'];
    const auditor = files['auditor.json'];
    if (onnx === undefined || auditor === undefined) {
      throw new ConfigError([
        {
          path: '--model',
          message: `${manifest.name}@${manifest.version} has no auditor: run \`tidemark audit --model ${manifest.name}\` first`,
        },
      ]);
    }
    const auditorJson = Buffer.from(auditor).toString('utf8');
    const featureSet = featureSetOfModel(manifest);
    const options = { featureNames: featureSet.columns, ...(threads !== undefined && { threads }) };
    return new ServedModel(await AuditedModel.load({ onnx, auditorJson }, options), featureSet);
  }

  get sequenceLength(): number {
    return this.#model.sequenceLength;
  }

  async score(
    window: Float64Array,
  ): Promise<{ readonly base: Probabilities; readonly audited: Probabilities }> {
    const { base, audited } = await this.#model.scoreWindow(window);
    return { base: triple(base), audited: triple(audited) };
  }

  decide(audited: Probabilities): number {
    return decide(Float64Array.from(audited))[0]!;
  }

  async release(): Promise<void> {
    await this.#model.release();
  }
}

const triple = (values: Float64Array): Probabilities => [values[0]!, values[1]!, values[2]!];
