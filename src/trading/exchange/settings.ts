/** What an exchange is told about itself, and its checks. */
import {
  ConfigError,
  type ConfigProblem,
  DataError,
  NOT_NEGATIVE,
  type NumberRule,
  POSITIVE,
} from '../../domain/core/index.ts';
import {
  continuousTiers,
  type Funding,
  type Instrument,
  type InstrumentRules,
  type MarginTier,
  priceOf,
  sizeOf,
} from '../../domain/market/index.ts';
import { MoneyScale } from './money.ts';
import type { QueueModel } from './queue.ts';

/** Milliseconds, or what they are for a message sent at a time. */
export type LatencyMs = number | ((sentMs: number) => number);

export interface Latency {
  /** From the client's sending to the exchange's matching. Default 0. */
  readonly entryMs?: LatencyMs;
  /** From the exchange's matching to the client's knowing. Default 0. */
  readonly responseMs?: LatencyMs;
}

export interface Fees {
  /** Shares of the notional. Default 0. */
  readonly taker?: number;
  /** Below 0: a rebate. Default: the taker's. */
  readonly maker?: number;
  /** Of a liquidation, beside the taker's. Default 0. */
  readonly liquidation?: number;
}

/**
 * What orders must keep to, such as an `InstrumentRules`; what is absent, or null, does not bind. Reduce-only orders are free
 * of the minima. The notional is taken at the limit, or at the mark price for a market order.
 */
export interface OrderRules extends Partial<
  Pick<InstrumentRules, 'minQtyLots' | 'maxQtyLots' | 'maxMarketQtyLots' | 'minNotional'>
> {
  /** Farthest that a limit, or a fill of a market order, may be from the mark price, as a share of it. */
  readonly priceBand?: number;
}

export interface ExchangeSettings {
  /** Default 10,000. */
  readonly initialCash?: number;
  readonly latency?: Latency;
  readonly fees?: Fees;
  readonly rules?: OrderRules;
  /** Notional over the isolated margin that backs it. Default 1. */
  readonly leverage?: number;
  /** Default one tier of 0.5 %; with none at all nothing is liquidated. */
  readonly marginTiers?: readonly MarginTier[];
  /** Default risk-averse. */
  readonly queue?: QueueModel;
  /** Ascending in time; at the mark price. Default none. */
  readonly funding?: Funding;
}

/** Settings with their defaults, in ticks, lots and money steps. */
export interface ExchangePlan {
  readonly money: MoneyScale;
  readonly initialSteps: number;
  readonly entryMs: LatencyMs;
  readonly responseMs: LatencyMs;
  readonly takerFee: number;
  readonly makerFee: number;
  readonly liquidationFee: number;
  readonly minLots: number;
  readonly maxLots: number;
  readonly maxMarketLots: number;
  readonly minTickLots: number;
  readonly priceBand: number;
  readonly leverage: number;
  readonly tiers: readonly MarginTier[];
  readonly queue: QueueModel;
  readonly funding: Funding;
}

const DEFAULT_CASH = 10_000;
const DEFAULT_TIERS = continuousTiers([{ upToNotional: null, maintenanceRate: 0.005 }]);
const NO_FUNDING: Funding = { timeMs: new Float64Array(0), rate: new Float64Array(0) };

/** @throws ConfigError with all problems at once; DataError for funding that is out of order or no number */
export function exchangePlan(instrument: Instrument, settings: ExchangeSettings): ExchangePlan {
  const problems = problemsOf(settings);
  if (problems.length > 0) throw new ConfigError(problems);
  const { latency = {}, fees = {}, rules = {}, marginTiers = DEFAULT_TIERS, funding = NO_FUNDING } = settings;
  checkFunding(funding);
  const money = new MoneyScale(instrument);
  const lot = sizeOf(instrument, 1);
  return {
    money,
    initialSteps: money.stepsOf(settings.initialCash ?? DEFAULT_CASH, 'exchange.initialCash'),
    entryMs: latency.entryMs ?? 0,
    responseMs: latency.responseMs ?? 0,
    takerFee: fees.taker ?? 0,
    makerFee: fees.maker ?? fees.taker ?? 0,
    liquidationFee: fees.liquidation ?? 0,
    minLots: rules.minQtyLots ?? 0,
    maxLots: rules.maxQtyLots ?? Infinity,
    maxMarketLots: rules.maxMarketQtyLots ?? rules.maxQtyLots ?? Infinity,
    minTickLots: Math.ceil((rules.minNotional ?? 0) / (lot * priceOf(instrument, 1)) - GRID_TOLERANCE),
    priceBand: rules.priceBand ?? Infinity,
    leverage: settings.leverage ?? 1,
    tiers: marginTiers,
    queue: settings.queue ?? { kind: 'risk-averse' },
    funding,
  };
}

/** How far beside the grid, in steps, a double may lie and still mean the step: 0.3 / 0.1 is 2.9999999999999996. */
const GRID_TOLERANCE = 1e-6;

/** Whole lots of a size, rounded down: never more than was asked for. */
export function lotsWithin(instrument: Instrument, size: number): number {
  return Math.floor(size / sizeOf(instrument, 1) + GRID_TOLERANCE);
}

/** Ticks of a limit price, rounded away from the market (purchases down, sales up): never worse than was asked for. */
export function limitTicks(instrument: Instrument, side: 'buy' | 'sell', price: number): number {
  const ticks = price / priceOf(instrument, 1);
  return side === 'buy' ? Math.floor(ticks + GRID_TOLERANCE) : Math.ceil(ticks - GRID_TOLERANCE);
}

const SHARE: NumberRule = { holds: (v) => v >= 0 && v < 1, message: 'a share from 0 to below 1' };
const FEE: NumberRule = { holds: (v) => v > -1 && v < 1, message: 'a share between −1 and 1' };

type Check = readonly [path: string, value: number | undefined, rule: NumberRule];

function problemsOf(settings: ExchangeSettings): ConfigProblem[] {
  const { latency = {}, fees = {}, rules = {}, marginTiers = DEFAULT_TIERS, queue } = settings;
  const constant = (value: LatencyMs | undefined) => (typeof value === 'function' ? undefined : value);
  const checks: readonly Check[] = [
    ['initialCash', settings.initialCash, POSITIVE],
    ['leverage', settings.leverage, POSITIVE],
    ['latency.entryMs', constant(latency.entryMs), NOT_NEGATIVE],
    ['latency.responseMs', constant(latency.responseMs), NOT_NEGATIVE],
    ['fees.taker', fees.taker, SHARE],
    ['fees.maker', fees.maker, FEE],
    ['fees.liquidation', fees.liquidation, SHARE],
    ['rules.minQtyLots', rules.minQtyLots, NOT_NEGATIVE],
    ['rules.maxQtyLots', rules.maxQtyLots ?? undefined, POSITIVE],
    ['rules.maxMarketQtyLots', rules.maxMarketQtyLots ?? undefined, POSITIVE],
    ['rules.minNotional', rules.minNotional, NOT_NEGATIVE],
    ['rules.priceBand', rules.priceBand, POSITIVE],
    ['queue.exponent', queue?.kind === 'power' ? queue.exponent : undefined, POSITIVE],
  ];
  return [
    ...checks.flatMap(([path, value, rule]) =>
      value === undefined || rule.holds(value)
        ? []
        : [{ path: `exchange.${path}`, message: `must be ${rule.message}, is ${value}` }],
    ),
    ...tierProblems(marginTiers),
  ];
}

function tierProblems(tiers: readonly MarginTier[]): ConfigProblem[] {
  const isSound = tiers.every(({ upToNotional, maintenanceRate, deduction }, i) => {
    const from = tiers[i - 1]?.upToNotional ?? 0;
    const follows = upToNotional === null ? i === tiers.length - 1 : upToNotional > from;
    return follows && SHARE.holds(maintenanceRate) && Number.isFinite(deduction);
  });
  if (isSound) return [];
  const message = 'notionals must ascend, the last may be null, and rates be shares from 0 to below 1';
  return [{ path: 'exchange.marginTiers', message }];
}

function checkFunding({ timeMs, rate }: Funding): void {
  const rows = Math.max(timeMs.length, rate.length);
  for (let i = 0; i < rows; i++) {
    const time = timeMs[i];
    const isAfter = Number.isSafeInteger(time) && (i === 0 || time! > timeMs[i - 1]!);
    if (isAfter && Number.isFinite(rate[i])) continue;
    throw new DataError(
      `funding, row ${i} (time ${time}, rate ${rate[i]}): times are whole milliseconds that ascend, rates are numbers`,
      { code: 'FUNDING_INVALID', context: { row: i } },
    );
  }
}
