/** A calibrated model as the engine wants it: one window at a time. */
import type { FeatureSet } from '../../domain/features/index.ts';
import { decide } from '../../domain/validation/index.ts';
import type { StoredModel } from '../../platform/storage/index.ts';
import type { Probabilities, Scores, SetRule, SignalModel } from '../../trading/engine/index.ts';
import { CalibratedModel, type ServingOptions } from './calibrated-model.ts';

export class ServedModel implements SignalModel {
  readonly featureSet: FeatureSet;
  readonly sets: SetRule;
  readonly #model: CalibratedModel;

  private constructor(model: CalibratedModel) {
    this.#model = model;
    this.featureSet = model.featureSet;
    this.sets = model.sets;
  }

  /** @throws as {@link CalibratedModel.load} */
  static async load(stored: StoredModel, options: ServingOptions = {}): Promise<ServedModel> {
    return new ServedModel(await CalibratedModel.load(stored, options));
  }

  get sequenceLength(): number {
    return this.#model.sequenceLength;
  }

  async score(window: Float64Array): Promise<Scores> {
    const { base, audited, probabilities } = await this.#model.scoreWindow(window);
    return { base: triple(base), audited: triple(audited), probabilities: triple(probabilities) };
  }

  decide(probabilities: Probabilities): number {
    return decide(Float64Array.from(probabilities), this.#model.calibration.audited.decision)[0]!;
  }

  async release(): Promise<void> {
    await this.#model.release();
  }
}

const triple = (values: Float64Array): Probabilities => [values[0]!, values[1]!, values[2]!];
