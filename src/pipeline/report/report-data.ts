/**
 * What a trust report holds: the one structure behind the HTML page, `report.json` and `evaluate --json`.
 * Every interval is 95 % and comes from the stationary block bootstrap unless it says otherwise.
 */
import type { Direction } from '../../domain/core/index.ts';

export type Bounds = readonly [lower: number, upper: number];

export interface ClassScore {
  readonly direction: Direction;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly support: number;
}

export interface ReliabilityBin {
  /** Mean probability that the model gave to its most probable class, and how often that class was right. */
  readonly confidence: number;
  readonly accuracy: number;
  readonly count: number;
}

export interface PrecisionRecallCurve {
  readonly direction: Direction;
  /** Area under the curve as a step function; the share of the class for one who knows nothing. */
  readonly averagePrecision: number;
  readonly prevalence: number;
  /** From the highest threshold to the lowest: recall rises. */
  readonly points: readonly { readonly recall: number; readonly precision: number }[];
}

export type JudgeId =
  | 'audited'
  | 'uncalibrated'
  | 'base'
  | 'micro'
  | 'adaptive'
  | 'network'
  | 'logistic'
  | 'boosting'
  | 'persistence'
  | 'prior';

/** One judge of the same test rows. */
export interface ModelScore {
  readonly id: JudgeId;
  readonly name: string;
  readonly macroF1: number;
  readonly macroF1Interval: Bounds;
  readonly mcc: number;
  readonly mccInterval: Bounds;
  readonly logLoss: number;
  readonly logLossInterval: Bounds;
  /** Sum over the classes, 0 to 2. */
  readonly brier: number;
  readonly brierInterval: Bounds;
  readonly ece: number;
  readonly eceInterval: Bounds;
  /**
   * Among rows that became SELL or BUY: how often a BUY row had the greater share `p(BUY) / (p(BUY) + p(SELL))` than a
   * SELL row; 0.5 is chance. Unlike macro-F1 it cannot be won by knowing volatility alone.
   */
  readonly directionAuc: number;
  readonly directionAucInterval: Bounds;
  readonly classes: readonly ClassScore[];
  /** `[truth][predicted]` counts in the order SELL, NEUTRAL, BUY. */
  readonly confusion: readonly (readonly number[])[];
  readonly reliability: readonly ReliabilityBin[];
  readonly precisionRecall: readonly PrecisionRecallCurve[];
}

/** Macro-F1 of the model on trial minus that of another judge, on the same rows and the same resampled blocks. */
export interface ScoreDifference {
  readonly against: JudgeId;
  readonly macroF1: number;
  readonly interval: Bounds;
  /** Nats a row; below 0 where the model on trial is better. */
  readonly logLoss: number;
  readonly logLossInterval: Bounds;
  /** Below 0 where the model on trial is better. */
  readonly ece: number;
  readonly eceInterval: Bounds;
}

/** The model on trial on a part of the test rows. */
export interface SliceScore {
  readonly by: 'month' | 'volatility' | 'confidence';
  readonly name: string;
  readonly rows: number;
  /** Too few for a conclusion below 30. */
  readonly independentOutcomes: number;
  readonly macroF1: number;
  readonly macroF1Interval: Bounds;
  readonly mcc: number;
  /** Share of SELL and BUY decisions that came true, and how many there were. */
  readonly precision: number;
  readonly decisions: number;
  /** Mean probability of the most probable class, and how often that class was right. */
  readonly confidence: number;
  readonly accuracy: number;
}

export interface SeedScore {
  readonly seed: number;
  readonly macroF1: number;
  readonly mcc: number;
  readonly logLoss: number;
  readonly directionAuc: number;
}

/** What the model on trial is better by than a part of itself, over trainings with other seeds on the same rows. */
export interface SeedGain {
  readonly against: string;
  readonly figure: 'macro-F1' | 'log loss' | 'ECE';
  /** Mean difference, and its 95 % interval by Student's t: of another training, not of another market. */
  readonly mean: number;
  readonly interval: Bounds;
  /** In how many of the seeds it is better. */
  readonly better: number;
}

/** Adaptive conformal prediction sets over the test rows, outcomes told when they became known. */
export interface PredictionSetScore {
  /** Share of the sets that shall hold the truth, and that did. */
  readonly promised: number;
  readonly covered: number;
  readonly coveredInterval: Bounds;
  /** `[4]` sets of no, one, two and all three classes. */
  readonly sizes: readonly number[];
  /** Sets of exactly one direction: signals that do not abstain. */
  readonly signals: number;
  readonly signalShare: number;
  /** Share of these that came true; NaN without any. */
  readonly precision: number;
  readonly precisionInterval: Bounds;
}

/** A model's answer as one number, the greater the more it says BUY. */
export interface ScoreFigures {
  /** Pearson's, of score and return over the label's horizon, 95 % from blocks of 288 candles, a day of 5 minutes. */
  readonly correlation: { readonly estimate: number; readonly lower: number; readonly upper: number };
  /** What adaptive thresholds make of it. */
  readonly signals: {
    /** Decisions after warm-up, and the BUY and SELL among them. */
    readonly decisions: number;
    readonly signals: number;
    /** Share of signals after which the price moved their way, however little. */
    readonly hitRatio: number;
    /** Share of signals whose label is theirs. */
    readonly precision: number;
    /** Share of all directional labels that were signalled as what they are. */
    readonly recall: number;
  };
}

/** A check by its name. A failed one stands above everything else on the page. */
export interface Check {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'not made';
  /** What was compared, with counts; or what is wrong; or why it was not made. */
  readonly detail: string;
  /** Single comparisons that were made. */
  readonly comparisons: number;
}

/** A model retrained on labels that have nothing to do with its features. */
export interface NullTest {
  readonly name: string;
  readonly labels: 'permuted' | 'shifted';
  readonly model: string;
  /** How many times the labels were drawn and the model retrained. */
  readonly draws: number;
  /** Means over the draws: macro-F1, and what independent decisions of the same shares would have. */
  readonly macroF1: number;
  readonly chance: number;
  /** Mean difference, and its 95 % interval by Student's t over the draws. */
  readonly difference: number;
  readonly interval: Bounds;
  /** One-sided probability of such a difference by chance. */
  readonly pValue: number;
  readonly failed: boolean;
}

/** A stretch of time and what it was used for. */
export interface SplitPart {
  readonly use: 'train' | 'purged' | 'stopping' | 'calibration' | 'judged' | 'test';
  readonly fromMs: number;
  readonly toMs: number;
  readonly rows: number;
}

export interface SplitLane {
  readonly name: string;
  readonly parts: readonly SplitPart[];
}

export interface Trials {
  /** Training runs on this data before and with this one, seeds counted one by one. */
  readonly count: number;
  readonly before: number;
  /** Trials whose returns on exactly this test period are stored: what variance and overfitting are taken from. */
  readonly compared: number;
}

/** A sketch beside what `backtest` finds: one position at a time, held for the label's horizon, flat costs. */
export interface Economics {
  readonly costBps: number;
  readonly periodMinutes: number;
  readonly periods: number;
  readonly positions: number;
  /** Share of the positions that earned more than their costs; NaN without positions. */
  readonly hitRatio: number;
  /** Sum of log returns before and after costs. */
  readonly grossReturn: number;
  readonly netReturn: number;
  readonly netReturnInterval: Bounds;
  /** Per period, and times the root of the periods in a year. NaN when returns do not vary. */
  readonly sharpe: number;
  readonly sharpeInterval: Bounds;
  readonly annualSharpe: number;
  readonly skewness: number;
  readonly kurtosis: number;
  /** Probability that the true Sharpe ratio is above zero: for this series alone, and for the best of all trials. */
  readonly probabilisticSharpe: number;
  readonly deflatedSharpe: number;
  /** Sharpe ratio per period that the best of so many trials reaches without skill, and the variance behind it. */
  readonly expectedMaximumSharpe: number;
  readonly trialVariance: number;
  readonly varianceFrom: 'trials' | 'sampling error';
  /** Periods until the Sharpe ratio is above zero with 95 % confidence; null when it never would be. */
  readonly minimumTrackRecord: number | null;
  /** Probability of backtest overfitting; null with fewer than two trials or too few periods. */
  readonly overfitting: {
    readonly probability: number;
    readonly lossProbability: number;
    readonly trials: number;
    readonly pieces: number;
  } | null;
  /** Cumulated log return after costs at the end of each period. */
  readonly equity: { readonly timeMs: readonly number[]; readonly net: readonly number[] };
}

export interface Ceiling {
  /** Macro-F1 of the oracle that knows the simulator's hidden state, on the same rows: no model can expect more. */
  readonly macroF1: number;
  readonly logLoss: number;
  /** Macro-F1 of one who knows the path of volatility but not the hidden state: what needs no forecast of direction. */
  readonly floor: number;
  /** Macro-F1 of the model on trial as a share of the ceiling. */
  readonly share: number;
}

export interface Evaluation {
  readonly runId: string;
  /** An audited model of minute bars, or a MicroNet of candles. */
  readonly kind: 'audited' | 'micro';
  readonly model: string;
  readonly venue: string;
  readonly symbol: string;
  readonly synthetic: boolean;
  readonly label: {
    readonly name: string;
    /** Log returns, where they are the same at all times. */
    readonly thresholdShort?: number;
    readonly thresholdLong?: number;
    readonly lookaheadMinutes: number;
  };
  /** What is asked at the close of every bar or candle, in words. */
  readonly question: string;
  /** Bars or candles that the model sees, and how long one is. */
  readonly sequenceLength: number;
  readonly rowMinutes: number;
  readonly test: {
    readonly fromMs: number;
    readonly toMs: number;
    readonly rows: number;
    /** Sum of the test labels' average uniqueness: the honest count of independent outcomes. */
    readonly independentOutcomes: number;
    /** Other models that had looked at this period before. Above zero, the period is no longer unseen. */
    readonly earlierOpenings: number;
  };
  readonly scores: readonly ModelScore[];
  readonly differences: readonly ScoreDifference[];
  /** Null for a model that gives none. */
  readonly predictionSets: PredictionSetScore | null;
  /** Null for a model that gives probabilities alone. */
  readonly scoreFigures: ScoreFigures | null;
  readonly slices: readonly SliceScore[];
  readonly seeds: readonly SeedScore[];
  /** Empty with one seed, or a model without parts. */
  readonly seedGains: readonly SeedGain[];
  readonly checks: readonly Check[];
  readonly nulls: readonly NullTest[];
  readonly trials: Trials;
  readonly economics: Economics;
  readonly splits: readonly SplitLane[];
  readonly ceiling: Ceiling | null;
  /** What can and what cannot be concluded, in words; first sentence first. */
  readonly verdict: readonly string[];
}

/** Columns over the rows of the test period, for the charts. */
export interface TestSeries {
  readonly minuteMs: readonly number[];
  readonly close: readonly number[];
  /** The model's probabilities of SELL, NEUTRAL, BUY. */
  readonly probabilities: readonly (readonly [number, number, number])[];
  /** Of the judge that positions follow. */
  readonly decisions: readonly number[];
}

export interface TrainingCurve {
  readonly name: string;
  readonly epochs: readonly {
    readonly epoch: number;
    readonly trainLoss: number;
    readonly validationLoss: number | null;
    readonly macroF1: number | null;
  }[];
}

export interface Report {
  readonly title: string;
  readonly createdAt: string;
  readonly evaluation: Evaluation;
  readonly series: TestSeries;
  readonly curves: readonly TrainingCurve[];
  /** Facts in the order in which they are shown: what was ingested, trained, how long it took. */
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly config: unknown;
}

/** Fewer seeds than this, and their spread is not known. */
export const SEEDS_FOR_SPREAD = 10;

/** Fewer independent outcomes than this, and no interval deserves belief. A convention, not a theorem. */
export const FEWEST_OUTCOMES = 30;
