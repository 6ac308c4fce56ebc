/** The knobs of gradient boosting, under XGBoost's meanings. */
import { ConfigError, type ConfigProblem } from '../../domain/core/index.ts';

export const BOOSTING_OBJECTIVES = ['multi:softprob', 'binary:logistic', 'reg:squarederror'] as const;

/** Softmax over classes, logistic of two classes, or least squares. */
export type BoostingObjective = (typeof BOOSTING_OBJECTIVES)[number];

export const GROW_POLICIES = ['depthwise', 'lossguide'] as const;
export type GrowPolicy = (typeof GROW_POLICIES)[number];

export interface BoostingParameters {
  readonly objective: BoostingObjective;
  /** Classes of `multi:softprob`; the other objectives have one output and do not read it. */
  readonly classes: number;
  /** Most rounds, of one tree an output each. */
  readonly rounds: number;
  /** Whether trees grow level by level, or always where the gain is greatest. */
  readonly growPolicy: GrowPolicy;
  /** Depth of the deepest leaf; a single split is depth 1. 0: no limit, if there is one on leaves. */
  readonly maxDepth: number;
  /** Most leaves of a tree; 0: no limit, if there is one on depth. */
  readonly maxLeaves: number;
  /** Learning rate: every leaf is scaled by it. */
  readonly eta: number;
  /** Share of rows drawn anew for each tree. */
  readonly subsample: number;
  /** Share of features drawn anew for each tree; at least one is. */
  readonly columnSampleByTree: number;
  /** L1 and L2 penalties on leaf weights. */
  readonly alpha: number;
  readonly lambda: number;
  /** Least gain of a split. */
  readonly gamma: number;
  /** Least sum of second derivatives on either side of a split. */
  readonly minChildWeight: number;
  /**
   * One number a feature: predictions may not fall as it rises (1), not rise (−1), or are free (0); of a multi-class
   * model this holds for each class's margin. Empty: all are free.
   */
  readonly monotone: readonly number[];
  /** Most bins a feature is cut into, 2 to 255; missing values have one of their own besides. */
  readonly maxBins: number;
  /** Stop after this many rounds without a better loss on the validation rows, and keep the best round. 0: never. */
  readonly earlyStoppingRounds: number;
}

/** The auditor's recipe. Source: QuantGod; 30 rounds of patience and what is not named there as in XGBoost. */
export const DEFAULT_BOOSTING: BoostingParameters = {
  objective: 'multi:softprob',
  classes: 3,
  rounds: 500,
  growPolicy: 'depthwise',
  maxDepth: 6,
  maxLeaves: 0,
  eta: 0.05,
  subsample: 0.8,
  columnSampleByTree: 0.8,
  alpha: 0.1,
  lambda: 1,
  gamma: 0,
  minChildWeight: 1,
  monotone: [],
  maxBins: 255,
  earlyStoppingRounds: 30,
};

/** Trees a round, and columns of the prediction. */
export function outputCount({
  objective,
  classes,
}: Pick<BoostingParameters, 'objective' | 'classes'>): number {
  return objective === 'multi:softprob' ? classes : 1;
}

/** `[columns]`, or undefined when nothing is bound. */
export function monotoneDirections(monotone: readonly number[], columns: number): Int8Array | undefined {
  if (monotone.every((direction) => direction === 0)) return undefined;
  return Int8Array.from({ length: columns }, (_, column) => monotone[column]!);
}

type NumberName = {
  [Name in keyof BoostingParameters]: BoostingParameters[Name] extends number ? Name : never;
}[keyof BoostingParameters];

/** @throws ConfigError listing every parameter that is out of range, as `boosting.<name>` */
export function checkBoostingParameters(parameters: BoostingParameters, columns: number): void {
  const problems: ConfigProblem[] = [];
  const within = (
    name: NumberName,
    range: { readonly least: number; readonly most?: number; readonly whole?: boolean },
  ): void => {
    const { least, most = Number.MAX_SAFE_INTEGER, whole = false } = range;
    const value = parameters[name];
    if (value >= least && value <= most && (!whole || Number.isInteger(value))) return;
    const kind = whole ? 'a whole number' : 'a number';
    const limit = range.most === undefined ? `${least} or more` : `${least} to ${most}`;
    problems.push({ path: `boosting.${name}`, message: `must be ${kind}, ${limit}, not ${value}` });
  };
  if (!BOOSTING_OBJECTIVES.includes(parameters.objective)) {
    problems.push({
      path: 'boosting.objective',
      message: `must be one of ${BOOSTING_OBJECTIVES.join(', ')}, not ${parameters.objective}`,
    });
  }
  if (parameters.objective === 'multi:softprob') within('classes', { least: 2, whole: true });
  within('rounds', { least: 1, whole: true });
  if (!GROW_POLICIES.includes(parameters.growPolicy)) {
    problems.push({
      path: 'boosting.growPolicy',
      message: `must be one of ${GROW_POLICIES.join(', ')}, not ${parameters.growPolicy}`,
    });
  }
  within('maxDepth', { least: parameters.maxLeaves > 0 ? 0 : 1, most: 20, whole: true });
  within('maxLeaves', { least: 0, whole: true });
  within('eta', { least: Number.MIN_VALUE, most: 1 });
  within('subsample', { least: Number.MIN_VALUE, most: 1 });
  within('columnSampleByTree', { least: Number.MIN_VALUE, most: 1 });
  within('alpha', { least: 0 });
  within('lambda', { least: 0 });
  within('gamma', { least: 0 });
  within('minChildWeight', { least: 0 });
  within('maxBins', { least: 2, most: 255, whole: true });
  within('earlyStoppingRounds', { least: 0, whole: true });
  const { monotone } = parameters;
  if (monotone.length > 0 && monotone.length !== columns) {
    problems.push({
      path: 'boosting.monotone',
      message: `must be empty or one number for each of the ${columns} features, not ${monotone.length}`,
    });
  }
  if (!monotone.every((direction) => [-1, 0, 1].includes(direction))) {
    problems.push({
      path: 'boosting.monotone',
      message: `must hold -1, 0 and 1 only, not ${monotone.join()}`,
    });
  }
  if (problems.length > 0) throw new ConfigError(problems);
}
