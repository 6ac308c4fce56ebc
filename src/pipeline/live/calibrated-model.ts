/** An audited model whose probabilities mean what they say: what evaluation, replay and, later, live ask. */
import { CLASS_COUNT, ConfigError } from '../../domain/core/index.ts';
import { type FeatureSet, featureSetOfModel } from '../../domain/features/index.ts';
import { correctForClassWeights } from '../../domain/validation/index.ts';
import { calibrate, networkProbabilities } from '../../learning/calibration/index.ts';
import { AuditedModel, type AuditedProbabilities } from '../../learning/models/index.ts';
import type { BaseModelOptions } from '../../learning/models/index.ts';
import type { StoredModel } from '../../platform/storage/index.ts';
import type { SetRule } from '../../trading/engine/index.ts';
import { type CalibrationFile, judgeCount, readJudge } from './judge-files.ts';

/** Probabilities `[rows × 3]` of SELL, NEUTRAL, BUY. */
export interface CalibratedProbabilities extends AuditedProbabilities {
  /** The auditor's, calibrated: what decisions and prediction sets go by. */
  readonly probabilities: Float64Array;
  /** The network's, calibrated on the same rows. */
  readonly calibratedBase: Float64Array;
}

export type ServingOptions = Pick<BaseModelOptions, 'threads'>;

export class CalibratedModel {
  readonly featureSet: FeatureSet;
  readonly calibration: CalibrationFile;
  readonly sets: SetRule;
  readonly #model: AuditedModel;

  private constructor(
    model: AuditedModel,
    facts: Pick<CalibratedModel, 'featureSet' | 'calibration' | 'sets'>,
  ) {
    this.#model = model;
    this.featureSet = facts.featureSet;
    this.calibration = facts.calibration;
    this.sets = facts.sets;
  }

  /**
   * @param judge which seed's; 0 is the shipped one
   * @throws ConfigError when the artifact has no auditor, was audited without calibration, or has an unknown feature
   * set; DataError when its features are not those of the set, or its files do not fit together
   */
  static async load(
    stored: StoredModel,
    { threads, judge = 0 }: ServingOptions & { readonly judge?: number } = {},
  ): Promise<CalibratedModel> {
    const { manifest } = stored;
    const featureSet = featureSetOfModel(manifest);
    requireAudited(stored);
    const { onnx, auditorJson, calibration, conformal } = readJudge(stored, judge);
    const options = {
      featureNames: featureSet.columns,
      probabilitiesOf: (softmax: Float64Array) => networkProbabilities(softmax, calibration.network),
      ...(threads !== undefined && { threads }),
    };
    const { coverage, rate, level, scores, outcome } = conformal;
    const sets = { conformal: { coverage, rate, level, scores: Float64Array.from(scores) }, outcome };
    const model = await AuditedModel.load({ onnx, auditorJson }, options);
    return new CalibratedModel(model, { featureSet, calibration, sets });
  }

  get sequenceLength(): number {
    return this.#model.sequenceLength;
  }

  /** As {@link AuditedModel.scoreRows}: a row's result does not depend on the others. */
  async scoreRows(features: Float64Array, rows: Int32Array): Promise<CalibratedProbabilities> {
    const { base, network, audited } = await this.#model.scoreRows(features, rows);
    return {
      base,
      network,
      audited,
      probabilities: calibrated(this.calibration.audited, audited),
      calibratedBase: calibrate(this.calibration.base.calibrator, network, CLASS_COUNT),
    };
  }

  /** One window `[sequenceLength × features]`; probabilities `[3]`. */
  async scoreWindow(window: Float64Array): Promise<CalibratedProbabilities> {
    return await this.scoreRows(window, Int32Array.of(this.sequenceLength - 1));
  }

  async release(): Promise<void> {
    await this.#model.release();
  }
}

/** Class weights taken out, then the calibration. @param probabilities `[rows × 3]`; not changed */
export function calibrated(
  { classWeights, calibrator }: Pick<CalibrationFile['audited'], 'classWeights' | 'calibrator'>,
  probabilities: Float64Array,
): Float64Array {
  return calibrate(calibrator, correctForClassWeights(probabilities, classWeights), CLASS_COUNT);
}

export interface SeedJudge {
  readonly seed: number;
  readonly model: CalibratedModel;
}

/** The judges of every seed that was audited, the shipped one first. The caller releases them. */
export async function loadJudges(
  stored: StoredModel,
  options: ServingOptions = {},
): Promise<readonly SeedJudge[]> {
  const judges: SeedJudge[] = [];
  for (let judge = 0; judge < Math.max(judgeCount(stored), 1); judge++) {
    const model = await CalibratedModel.load(stored, { ...options, judge });
    judges.push({ seed: model.calibration.seed, model });
  }
  return judges;
}

function requireAudited({ manifest, files }: StoredModel): void {
  const problem =
    files['auditor.json'] === undefined
      ? 'has no auditor'
      : files['calibration.json'] === undefined
        ? 'was audited before there was a calibration'
        : null;
  if (problem === null) return;
  const { name, version } = manifest;
  throw new ConfigError([
    {
      path: '--model',
      message: `${name}@${version} ${problem}: run \`tidemark audit --model ${name}\` first`,
    },
  ]);
}
