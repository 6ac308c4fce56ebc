import type { AnyModelManifest } from '../../platform/storage/index.ts';
import type { Config } from '../config.ts';
import type { Evaluation, TestSeries, TrainingCurve } from '../report/index.ts';

export interface ReportFacts {
  readonly name: string;
  readonly value: string;
}

export interface EvaluateOutcome {
  readonly evaluation: Evaluation;
  readonly series: TestSeries;
  readonly curves: readonly TrainingCurve[];
  /** How the model was made. */
  readonly facts: readonly ReportFacts[];
  readonly manifest: AnyModelManifest;
  /** The configuration in force: the model's recipe with this run's places. */
  readonly config: Config;
}
