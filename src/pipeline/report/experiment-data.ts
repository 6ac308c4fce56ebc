/** What an experiment's page shows: the whole result as plain data, also written as `report.json`. */

/** Percentile interval of a statistic. */
export interface ReportedInterval {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

export type MetricId = 'hitRatio' | 'sharpe' | 'maxDrawdown' | 'precision' | 'reconstruction';

/** One question asked of the data: treatment minus control. */
export interface TestedDifference extends ReportedInterval {
  readonly metric: MetricId;
  /** All symbols together, or one. */
  readonly scope: string;
  readonly isPooled: boolean;
  readonly better: 'higher' | 'lower';
  /** Of treatment and control, means over the seeds. */
  readonly treatment: ReportedInterval;
  readonly control: ReportedInterval;
  /** Smallest difference that would matter, above 0. */
  readonly margin: number;
  readonly pValue: number;
  /** Holm's, within the family. */
  readonly adjustedPValue: number;
  readonly outcome: DifferenceOutcome;
  /** Of treatment minus control by seed. */
  readonly seeds: readonly number[];
}

export type DifferenceOutcome =
  /** Corrected p below 0.05, in the direction wanted, and as large as the margin. */
  | 'criterion met'
  /** Corrected p below 0.05, in the direction wanted, smaller than the margin. */
  | 'effect below the criterion'
  /** Corrected p below 0.05, in the other direction. */
  | 'opposite effect'
  /** The interval holds 0 and nothing as large as the margin that would be a finding. */
  | 'no effect found'
  /** The interval holds both 0 and the margin, or the correction leaves too little. */
  | 'cannot be concluded';

/** Of all symbols together, means over the seeds; NaN where it has no meaning. */
export interface StandingFigures {
  readonly id: string;
  readonly name: string;
  readonly note: string;
  readonly hitRatio: number;
  readonly precision: number;
  /** Share of the judged rows with a signal. */
  readonly signalShare: number;
  readonly tradesPerDay: number;
  /** Annualised, from daily returns: after and before costs. */
  readonly sharpe: number;
  readonly grossSharpe: number;
  /** Of the whole test time. */
  readonly netReturn: number;
  readonly grossReturn: number;
  readonly maxDrawdown: number;
}

export interface EquityLine {
  readonly id: string;
  readonly name: string;
  /** `[days]` cumulative return after costs, mean over the seeds. */
  readonly cumulative: readonly number[];
}

export interface ExperimentResult {
  readonly runId: string;
  readonly experiment: string;
  readonly title: string;
  readonly hypothesis: string;
  /** The seed's words, and how they are read here. */
  readonly criterion: string;
  readonly reading: string;
  readonly venue: string;
  readonly symbols: readonly string[];
  readonly interval: string;
  readonly synthetic: boolean;
  /** For people: which market, if it is generated. */
  readonly market: string;
  readonly treatment: string;
  readonly control: string;
  readonly seeds: readonly number[];
  readonly folds: readonly {
    readonly stoppingStartMs: number;
    readonly validationStartMs: number;
    readonly validationEndMs: number;
  }[];
  readonly days: number;
  readonly judgedRows: number;
  readonly costBps: number;
  readonly embargoMinutes: number;
  readonly blockDays: number;
  readonly replicates: number;
  /** Tests that the correction counts. */
  readonly familySize: number;
  readonly family: string;
  readonly differences: readonly TestedDifference[];
  readonly standings: readonly StandingFigures[];
  readonly dayMs: readonly number[];
  readonly lines: readonly EquityLine[];
  readonly trainings: { readonly made: number; readonly reused: number };
  readonly trials: {
    /** Sharpe records of exactly this setting, these included. */
    readonly recorded: number;
    /** Probability that the treatment's Sharpe ratio is above 0, the trials counted; null where it has none. */
    readonly deflatedSharpe: number | null;
  };
}

export interface ExperimentReport {
  readonly result: ExperimentResult;
  readonly verdict: readonly string[];
  readonly createdAt: string;
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly config: unknown;
}
