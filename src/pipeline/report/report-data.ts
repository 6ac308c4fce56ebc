/** What a trust report holds: the one structure behind the HTML page, `report.json` and `evaluate --json`. */
import type { Direction } from '../../domain/core/index.ts';

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

/** One judge of the same test rows. Intervals are 95 %, by stationary block bootstrap. */
export interface ModelScore {
  readonly id: 'audited' | 'base' | 'logistic' | 'prior';
  readonly name: string;
  readonly macroF1: number;
  readonly macroF1Interval: readonly [number, number];
  readonly mcc: number;
  readonly logLoss: number;
  readonly brier: number;
  readonly ece: number;
  readonly classes: readonly ClassScore[];
  /** `[truth][predicted]` counts in the order SELL, NEUTRAL, BUY. */
  readonly confusion: readonly (readonly number[])[];
  readonly reliability: readonly ReliabilityBin[];
}

/** Macro-F1 of the audited model minus that of another judge, on the same rows and the same resampled blocks. */
export interface ScoreDifference {
  readonly against: ModelScore['id'];
  readonly macroF1: number;
  readonly interval: readonly [number, number];
}

export interface Ceiling {
  /** Macro-F1 of the oracle that knows the simulator's hidden state, on the same rows: no model can expect more. */
  readonly macroF1: number;
  readonly logLoss: number;
  /** Macro-F1 of one who knows the path of volatility but not the hidden state: what needs no forecast of direction. */
  readonly floor: number;
  /** Macro-F1 of the audited model as a share of the ceiling. */
  readonly share: number;
}

export interface Evaluation {
  readonly runId: string;
  readonly model: string;
  readonly venue: string;
  readonly symbol: string;
  readonly synthetic: boolean;
  readonly label: {
    readonly name: string;
    readonly thresholdShort: number;
    readonly thresholdLong: number;
    readonly lookaheadMinutes: number;
  };
  readonly sequenceLength: number;
  readonly test: {
    readonly fromMs: number;
    readonly toMs: number;
    readonly rows: number;
    /** Label horizons that fit side by side into the test rows: the honest count of independent outcomes. */
    readonly independentOutcomes: number;
    /** Other models that had looked at this period before. Above zero, the period is no longer unseen. */
    readonly earlierOpenings: number;
  };
  readonly scores: readonly ModelScore[];
  readonly differences: readonly ScoreDifference[];
  readonly ceiling: Ceiling | null;
  /** What can and what cannot be concluded, in words; first sentence first. */
  readonly verdict: readonly string[];
}

/** Columns over the minutes of the test period, for the charts. */
export interface TestSeries {
  readonly minuteMs: readonly number[];
  readonly close: readonly number[];
  /** Audited probabilities of SELL, NEUTRAL, BUY. */
  readonly probabilities: readonly (readonly [number, number, number])[];
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
