/** Everything about a backtest that is not data, and its checks. */
import { ConfigError, type ConfigProblem } from '../../domain/core/index.ts';
import type { Execution } from './signals.ts';

/** All as shares of the notional or of the price; a cost of 5 basis points is 0.0005. */
export interface Costs {
  /** Fee of a market order: entries, exits by signal, by time, by stop. Default 0. */
  readonly takerFee?: number;
  /** Fee of a resting order: take-profits. Default `takerFee`. */
  readonly makerFee?: number;
  /** How much worse than the candle's price a market order is filled. Take-profits have none. Default 0. */
  readonly slippage?: number;
  /** Where a book is walked: how many times farther from the market's price than recorded it fills. Default 1. */
  readonly impactMultiple?: number;
}

/** What an exchange does not accept, and when it closes an account's position. */
export interface Rules {
  /** Sizes of entries are cut to whole multiples of it. Default 0: any size. */
  readonly lotSize?: number;
  /** Entries below so much money are refused and counted. Default 0. */
  readonly minNotional?: number;
  /** Share of the position's value below which the equity may not fall at a close. Default 0. */
  readonly maintenanceMargin?: number;
}

/**
 * What closes a position beside a signal. Distances are shares of the entry's fill price; levels are watched within each
 * candle from `open` on, the stop before the take-profit; a level that the open has passed already is filled at the open.
 */
export interface Exits {
  /** Loss at which a market order closes the position. */
  readonly stopLoss?: number;
  /** Gain at which a resting order closes it. */
  readonly takeProfit?: number;
  /** Distance from the best price since entry; a candle's own extreme moves the level for the next candle. */
  readonly trailingStop?: number;
  /** Closed by a market order this many candles after the entry. */
  readonly holdCandles?: number;
}

/**
 * How much an entry buys or sells. Every entry is besides cut to `maxLeverage` times the equity, fee included, and is
 * refused (and counted) when nothing is left.
 */
export type Sizing =
  /** Units of the asset. */
  | { readonly kind: 'quantity'; readonly quantity: number }
  /** Money, at the price before slippage. */
  | { readonly kind: 'notional'; readonly notional: number }
  /** Share of the equity after an opposite position is closed, fee included: 1 is all of it. */
  | { readonly kind: 'fraction'; readonly fraction: number }
  /**
   * Share `min(cap, annualVolatility / realised)`, realised over the last `windowCandles` log returns known at the signal and
   * annualised; an entry during its warm-up is refused.
   */
  | {
      readonly kind: 'volatility';
      readonly annualVolatility: number;
      readonly windowCandles: number;
      readonly cap: number;
    }
  /**
   * Share `min(cap, share · mean / variance)` of the returns of this run's closed trades (Kelly's criterion for small bets:
   * Thorp, The Kelly Criterion in Blackjack, Sports Betting, and the Stock Market, 1997), never below `floor`; `initial`
   * before `minTrades` have closed. With a floor of 0 a strategy that has lost on average never trades again.
   */
  | {
      readonly kind: 'kelly';
      readonly share: number;
      readonly cap: number;
      readonly floor: number;
      readonly initial: number;
      readonly minTrades: number;
    };

export interface BacktestSettings {
  /** Default `next-open`. */
  readonly execution?: Execution;
  /** Candles from the signal's close to its execution; default 1 under `next-open`, 0 under `close`. */
  readonly delayCandles?: number;
  /** Money at the start, one account a symbol. Default 10,000. */
  readonly initialCash?: number;
  /** Default 1: no position is larger than the equity. */
  readonly maxLeverage?: number;
  readonly costs?: Costs;
  readonly rules?: Rules;
  readonly exits?: Exits;
  /** Default: all of the equity. */
  readonly sizing?: Sizing;
}

/** Settings with their defaults; an exit that is not used is NaN, an endless holding time Infinity. */
export interface Plan {
  readonly execution: Execution;
  readonly delayCandles: number;
  readonly initialCash: number;
  readonly maxLeverage: number;
  readonly takerFee: number;
  readonly makerFee: number;
  readonly slippage: number;
  readonly impactMultiple: number;
  readonly lotSize: number;
  readonly minNotional: number;
  readonly maintenanceMargin: number;
  readonly stopLoss: number;
  readonly takeProfit: number;
  readonly trailingStop: number;
  readonly holdCandles: number;
  readonly sizing: Sizing;
}

/** @throws ConfigError with all problems at once */
export function planOf(settings: BacktestSettings): Plan {
  const { costs = {}, exits = {}, rules = {}, execution = 'next-open' } = settings;
  const plan: Plan = {
    execution,
    delayCandles: settings.delayCandles ?? (execution === 'close' ? 0 : 1),
    initialCash: settings.initialCash ?? 10_000,
    maxLeverage: settings.maxLeverage ?? 1,
    takerFee: costs.takerFee ?? 0,
    makerFee: costs.makerFee ?? costs.takerFee ?? 0,
    slippage: costs.slippage ?? 0,
    impactMultiple: costs.impactMultiple ?? 1,
    lotSize: rules.lotSize ?? 0,
    minNotional: rules.minNotional ?? 0,
    maintenanceMargin: rules.maintenanceMargin ?? 0,
    stopLoss: exits.stopLoss ?? Number.NaN,
    takeProfit: exits.takeProfit ?? Number.NaN,
    trailingStop: exits.trailingStop ?? Number.NaN,
    holdCandles: exits.holdCandles ?? Infinity,
    sizing: settings.sizing ?? { kind: 'fraction', fraction: 1 },
  };
  const problems = [...problemsOf(settings, plan), ...sizingProblems(plan.sizing)];
  if (problems.length > 0) throw new ConfigError(problems);
  return plan;
}

const isPositive = (value: number): boolean => value > 0 && value < Infinity;
const isShare = (value: number): boolean => value > 0 && value < 1;
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;

type Check = readonly [
  path: string,
  value: number | undefined,
  isGood: (value: number) => boolean,
  wanted: string,
];

function failed(checks: readonly Check[]): ConfigProblem[] {
  return checks.flatMap(([path, value, isGood, wanted]) =>
    value === undefined || isGood(value)
      ? []
      : [{ path: `backtest.${path}`, message: `${value} is not ${wanted}` }],
  );
}

function problemsOf({ exits = {} }: BacktestSettings, plan: Plan): ConfigProblem[] {
  // A maker's fee may be a rebate.
  const isFee = (value: number): boolean => value > -1 && value < 1;
  const isCost = (value: number): boolean => value >= 0 && value < 1;
  const isAmount = (value: number): boolean => value >= 0 && value < Infinity;
  const leastDelay = plan.execution === 'next-open' ? 1 : 0;
  return [
    ...(plan.execution === 'close' || plan.execution === 'next-open'
      ? []
      : [{ path: 'backtest.execution', message: 'is neither next-open nor close' }]),
    ...failed([
      [
        'delayCandles',
        plan.delayCandles,
        (value) => Number.isSafeInteger(value) && value >= leastDelay,
        `a whole number of candles from ${leastDelay} on`,
      ],
      ['initialCash', plan.initialCash, isPositive, 'an amount above 0'],
      ['maxLeverage', plan.maxLeverage, isPositive, 'a number above 0'],
      ['costs.takerFee', plan.takerFee, isCost, 'a share from 0 to 1'],
      ['costs.makerFee', plan.makerFee, isFee, 'a share between −1 and 1'],
      ['costs.slippage', plan.slippage, isCost, 'a share from 0 to 1'],
      ['costs.impactMultiple', plan.impactMultiple, isAmount, 'a number from 0 on'],
      ['rules.lotSize', plan.lotSize, isAmount, 'a size from 0 on'],
      ['rules.minNotional', plan.minNotional, isAmount, 'an amount from 0 on'],
      ['rules.maintenanceMargin', plan.maintenanceMargin, isCost, 'a share from 0 to 1'],
      ['exits.stopLoss', exits.stopLoss, isShare, 'a share between 0 and 1'],
      ['exits.takeProfit', exits.takeProfit, isPositive, 'a share above 0'],
      ['exits.trailingStop', exits.trailingStop, isShare, 'a share between 0 and 1'],
      ['exits.holdCandles', exits.holdCandles, isCount, 'a whole number of candles from 1 on'],
    ]),
  ];
}

function sizingProblems(sizing: Sizing): ConfigProblem[] {
  const positive = (path: string, value: number): Check => [`sizing.${path}`, value, isPositive, 'above 0'];
  const count = (path: string, value: number, least: number): Check => [
    `sizing.${path}`,
    value,
    (n) => Number.isSafeInteger(n) && n >= least,
    `a whole number from ${least} on`,
  ];
  const notNegative = (path: string, value: number): Check => [
    `sizing.${path}`,
    value,
    (n) => n >= 0 && n < Infinity,
    'a share from 0 on',
  ];
  switch (sizing.kind) {
    case 'quantity':
      return failed([positive('quantity', sizing.quantity)]);
    case 'notional':
      return failed([positive('notional', sizing.notional)]);
    case 'fraction':
      return failed([positive('fraction', sizing.fraction)]);
    case 'volatility':
      return failed([
        positive('annualVolatility', sizing.annualVolatility),
        positive('cap', sizing.cap),
        count('windowCandles', sizing.windowCandles, 2),
      ]);
    case 'kelly':
      return failed([
        positive('share', sizing.share),
        positive('cap', sizing.cap),
        notNegative('floor', sizing.floor),
        positive('initial', sizing.initial),
        count('minTrades', sizing.minTrades, 2),
      ]);
  }
}
