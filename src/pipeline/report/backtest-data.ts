/** What a backtest's page is made of; also what `--json` gives. Money is in the quote currency, returns are shares. */
import type { Bounds } from './report-data.ts';

/** Figures of one run; null where a figure does not exist, and `reasons` says why. */
export interface RunFigures {
  readonly trades: number;
  readonly totalReturn: number | null;
  readonly cagr: number | null;
  readonly volatility: number | null;
  readonly sharpe: number | null;
  readonly sortino: number | null;
  readonly calmar: number | null;
  readonly omega: number | null;
  readonly maxDrawdown: number | null;
  readonly longestDrawdownMs: number | null;
  readonly hitRatio: number | null;
  readonly profitFactor: number | null;
  readonly expectancy: number | null;
  readonly turnover: number | null;
  readonly exposure: number | null;
  readonly tailRatio: number | null;
  readonly valueAtRisk: number | null;
  readonly conditionalValueAtRisk: number | null;
  readonly meanDailyReturn: number | null;
}

export interface RunSignificance {
  /** What returns are taken over: the longest of a day, 4 h, 1 h, 15 min and a bar of which there are 30. */
  readonly periodMs: number;
  readonly periods: number;
  /** Annualised, from the returns of the periods. */
  readonly sharpe: number | null;
  readonly sharpeInterval: Bounds | null;
  readonly totalReturnInterval: Bounds | null;
  readonly probabilisticSharpe: number | null;
  readonly deflatedSharpe: number | null;
  /** Everything that was tried on this data: trainings, and backtests of other settings. */
  readonly trials: number;
  readonly varianceFrom: 'trials' | 'sampling error';
  /** Periods until such a Sharpe ratio is above 0 with 95 % confidence; null: never. */
  readonly minimumPeriods: number | null;
  /** Of the trials whose returns are stored; null with too few of them. */
  readonly overfitting: {
    readonly probability: number;
    readonly lossProbability: number;
    readonly trials: number;
    readonly pieces: number;
  } | null;
}

export interface TradeRow {
  readonly symbol: string;
  readonly side: 'long' | 'short';
  readonly entryTimeMs: number;
  readonly exitTimeMs: number;
  readonly entryPrice: number;
  readonly exitPrice: number;
  readonly size: number;
  readonly fees: number;
  readonly funding: number;
  readonly pnl: number;
  readonly return: number;
  /** Why it ended; `open`: it had not, and is valued at the last close. */
  readonly exitReason: string;
}

export interface CostBreakdown {
  readonly initialCash: number;
  readonly finalEquity: number;
  readonly fees: number;
  /** Between the market's prices and those of the fills: half spread, impact, or the share that was assumed. */
  readonly slippage: number;
  readonly funding: number;
  readonly tradedNotional: number;
  /** Entries without money, below the minimum, or of unknown size. */
  readonly refusedEntries: number;
  /** Orders for which the recorded levels did not suffice. */
  readonly cutOrders: number;
  /** Total return of the same signals when nothing is charged. */
  readonly returnBeforeCosts: number | null;
}

/** One row of a stress table. */
export interface StressRow {
  readonly name: string;
  readonly totalReturn: number | null;
  readonly sharpe: number | null;
  readonly maxDrawdown: number | null;
  readonly trades: number;
}

export interface CapacityRow extends StressRow {
  readonly capital: number;
  /** Money lost to the books, as a share of what was traded. */
  readonly impact: number | null;
  readonly cutOrders: number;
}

/** Resampled paths of the equity, as multiples of the initial cash. */
export interface PathFan {
  readonly paths: number;
  readonly expectedBlock: number;
  /** `[points]` */
  readonly timeMs: readonly number[];
  /** `[points]` of each quantile, in the order of {@link FAN_LEVELS}. */
  readonly quantiles: readonly (readonly number[])[];
  readonly lossProbability: number;
  /** 5th, 50th and 95th percentile. */
  readonly maxDrawdown: readonly [number, number, number];
}

export const FAN_LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95] as const;

export interface Benchmark {
  readonly id: 'buy-and-hold' | 'sma-crossover' | 'random';
  readonly name: string;
  readonly totalReturn: number | null;
  readonly sharpe: number | null;
  readonly maxDrawdown: number | null;
  readonly trades: number;
  /** Of many draws: their median stands above, and where 95 % of them lie. */
  readonly draws: {
    readonly count: number;
    readonly totalReturn: Bounds;
    readonly sharpe: Bounds;
    /** Share of the draws, one added, that did as well as the run or better. */
    readonly pValue: number;
  } | null;
}

/** What a model's signals were worth as predictions. */
export interface SignalQuality {
  readonly direction: 'SELL' | 'BUY';
  readonly signals: number;
  readonly precision: number | null;
  readonly precisionInterval: Bounds | null;
  readonly recall: number | null;
  readonly recallInterval: Bounds | null;
  /** Share of the class among the judged rows: the precision of knowing nothing. */
  readonly prevalence: number;
}

export interface PriceSeries {
  readonly symbol: string;
  readonly timeMs: readonly number[];
  readonly close: readonly number[];
}

/** A calendar month of the account, UTC. */
export interface MonthReturn {
  readonly month: string;
  readonly return: number;
}

export interface Backtest {
  readonly runId: string;
  /** What was traded by: `model nexo@1, prediction sets`. */
  readonly name: string;
  /** Name and version of the audited model; null for built-in strategies and files. */
  readonly model: string | null;
  readonly venue: string;
  readonly symbols: readonly string[];
  readonly interval: string;
  readonly source: 'candles' | 'bars';
  /** What executed the orders: `events` is message by message. */
  readonly engine: 'candles' | 'events';
  readonly fromMs: number;
  readonly toMs: number;
  readonly bars: number;
  readonly synthetic: boolean;
  readonly costLabel: 'ZERO COST' | 'NO FEES' | null;
  /** Other models that were judged on this test period before; null where there is no test period. */
  readonly earlierOpenings: number | null;
  /** When and at what price orders are filled, in words. */
  readonly execution: readonly string[];
  readonly figures: RunFigures;
  readonly reasons: Readonly<Record<string, string>>;
  readonly significance: RunSignificance;
  readonly costs: CostBreakdown;
  readonly benchmarks: readonly Benchmark[];
  readonly stress: {
    readonly costs: readonly StressRow[];
    readonly delays: readonly StressRow[];
    /** Empty without recorded books. */
    readonly capacity: readonly CapacityRow[];
    readonly starts: readonly StressRow[];
    readonly paths: PathFan | null;
  };
  readonly signalQuality: readonly SignalQuality[];
  readonly months: readonly MonthReturn[];
  /** Things about the input that a reader must know. */
  readonly notes: readonly string[];
  readonly verdict: readonly string[];
}

export interface BacktestPage {
  readonly backtest: Backtest;
  readonly createdAt: string;
  readonly trades: readonly TradeRow[];
  readonly equity: { readonly timeMs: readonly number[]; readonly equity: readonly number[] };
  readonly prices: readonly PriceSeries[];
  readonly settings: unknown;
}

/** Fewer closed trades than this prove nothing; a convention, not a theorem. */
export const FEWEST_TRADES = 30;
