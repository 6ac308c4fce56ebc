/** What a rehearsal's page shows: the whole result as plain data, also written as `report.json`. Returns are shares. */
import type { Bounds } from './report-data.ts';

/** One day of one symbol. */
export interface RehearsalDay {
  readonly dayMs: number;
  readonly model: string;
  /** The model has learned from this day or from later ones: no evidence. */
  readonly inTraining: boolean;
  readonly missingCandles: number;
  readonly scored: number;
  readonly decided: number;
  readonly buys: number;
  readonly sells: number;
  readonly buyAbove: number | null;
  readonly sellBelow: number | null;
  readonly trades: number;
  readonly return: number;
  readonly grossReturn: number;
  readonly equity: number;
  readonly grossEquity: number;
  readonly marketReturn: number | null;
  /** Signals whose outcome became known today, and hits among them. */
  readonly signals: number;
  readonly hits: number;
  /** Distance of the embedding to yesterday's, and to the middle of the training days, each over the typical one. */
  readonly step: number | null;
  readonly distance: number | null;
  readonly isFar: boolean;
  /** Of the last scores from those with which the model took its post (Kolmogorov–Smirnov). */
  readonly scoreDistance: number | null;
  readonly callsForRetraining: boolean;
  readonly reason: string;
}

/** Over days that are evidence; null where a figure does not exist. */
export interface RehearsalFigures {
  readonly days: number;
  readonly netReturn: number;
  readonly grossReturn: number;
  /** Of holding the symbols themselves, in equal parts, rebalanced daily, without costs. */
  readonly marketReturn: number;
  readonly meanDailyReturn: number;
  readonly meanDailyInterval: Bounds | null;
  readonly meanDailyGross: number;
  readonly meanDailyGrossInterval: Bounds | null;
  /** Annualised, after costs. */
  readonly sharpe: number | null;
  readonly sharpeInterval: Bounds | null;
  readonly sortino: number | null;
  readonly maxDrawdown: number;
  readonly trades: number;
  readonly tradesPerDay: number;
  /** Signals of all decisions. */
  readonly signalRate: number | null;
  /** Of signals whose outcome is known. */
  readonly signals: number;
  readonly hitRatio: number | null;
  /** What signals that know nothing, BUY as often, would reach on the same outcomes. */
  readonly chance: number | null;
  /** Of hit ratio minus chance. */
  readonly excessInterval: Bounds | null;
  /** Signals whose move came, and moves that were signalled. */
  readonly precision: number | null;
  readonly recall: number | null;
}

export interface RehearsalMonth {
  /** `2025-03` */
  readonly month: string;
  readonly days: number;
  readonly trainingDays: number;
  /** Of all days of the month, those in training included. */
  readonly netReturn: number;
  readonly grossReturn: number;
  readonly marketReturn: number;
  readonly trades: number;
  readonly signalRate: number | null;
  readonly hitRatio: number | null;
  readonly farDays: number;
  readonly calls: number;
}

export interface RetrainingRow {
  readonly dayMs: number;
  readonly reason: string;
  /** The model that serves from the next day on; null where the decision was noted alone. */
  readonly model: string | null;
}

export interface RehearsalResult {
  readonly runId: string;
  /** `name@version` */
  readonly model: string;
  readonly venue: string;
  readonly symbols: readonly string[];
  readonly interval: string;
  readonly synthetic: boolean;
  readonly fromMs: number;
  readonly toMs: number;
  readonly trainedUntilMs: number;
  readonly costBps: number;
  readonly positionShare: number;
  /** Candles that a position is held, and that an outcome takes. */
  readonly horizonCandles: number;
  readonly signalTarget: number;
  readonly mode: 'never' | 'policy';
  readonly trainingDays: number;
  readonly figures: RehearsalFigures;
  readonly months: readonly RehearsalMonth[];
  readonly retrainings: readonly RetrainingRow[];
  /** One a symbol, in their order. */
  readonly days: readonly (readonly RehearsalDay[])[];
  /** Other models that were judged on these days before; null where nobody counts. */
  readonly earlierOpenings: number | null;
}

export interface RehearsalPage {
  readonly result: RehearsalResult;
  readonly verdict: readonly string[];
  readonly createdAt: string;
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly settings: unknown;
}
