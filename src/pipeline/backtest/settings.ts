/** From the configuration to what the simulation is told, and what may honestly be said about its costs. */
import { ConfigError } from '../../domain/core/index.ts';
import type { BacktestSettings, Rules, Sizing } from '../../trading/backtest/index.ts';
import type { BacktestConfig } from './backtest-config.ts';
import type { BacktestMarket } from './markets.ts';

const BPS = 1e-4;

/** How a run differs from the one that the configuration asks for. */
export interface Variation {
  /** Times the fees, the slippage, and the distance of walked prices from the close. */
  readonly costs?: number;
  readonly delayBars?: number;
  /** On recorded events: from sending to matching, and back. */
  readonly latencyMs?: number;
  /** Times the initial cash, and the money of each position. */
  readonly capital?: number;
}

export function settingsOf(
  config: BacktestConfig,
  markets: readonly BacktestMarket[],
  { costs = 1, delayBars, capital = 1 }: Variation = {},
): BacktestSettings {
  const execution = hasDepth(markets) ? 'close' : config.execution;
  const exits = {
    ...(config.stopLoss === undefined ? {} : { stopLoss: config.stopLoss }),
    ...(config.takeProfit === undefined ? {} : { takeProfit: config.takeProfit }),
    ...(config.trailingStop === undefined ? {} : { trailingStop: config.trailingStop }),
    ...(config.holdBars === undefined ? {} : { holdCandles: config.holdBars }),
  };
  return {
    execution,
    delayCandles: delayBars ?? delayOf(config, markets),
    initialCash: config.initialCash * capital,
    maxLeverage: config.maxLeverage,
    costs: {
      takerFee: config.takerFeeBps * BPS * costs,
      makerFee: config.makerFeeBps * BPS * costs,
      slippage: config.slippageBps * BPS * costs,
      impactMultiple: costs,
    },
    rules: rulesOf(config, markets[0]),
    exits,
    sizing: sizingOf(config, capital),
  };
}

/** What flags say goes before what the exchange says. */
export function rulesOf(
  { lotSize, minNotional, maintenanceMargin }: BacktestConfig,
  market: BacktestMarket | undefined,
): Rules {
  return {
    lotSize: lotSize ?? market?.rules?.lotSize ?? 0,
    minNotional: minNotional ?? market?.rules?.minNotional ?? 0,
    maintenanceMargin: maintenanceMargin ?? market?.rules?.maintenanceMargin ?? 0,
  };
}

/**
 * Bars from a signal to its execution.
 * @throws ConfigError for a book that would have to be met at the very close that the signal was made from
 */
export function delayOf(config: BacktestConfig, markets: readonly BacktestMarket[]): number {
  if (!hasDepth(markets)) return config.delayBars ?? (config.execution === 'close' ? 0 : 1);
  if (config.delayBars === 0 || config.execution === 'close') {
    throw new ConfigError([
      {
        path: config.execution === 'close' ? '--execution' : '--delay-bars',
        message:
          'an order cannot meet the book that its own signal was made from; leave it, or give --no-depth',
      },
    ]);
  }
  return config.delayBars ?? 1;
}

export const hasDepth = (markets: readonly BacktestMarket[]): boolean =>
  markets.some(({ checked }) => checked.depth !== undefined);

function sizingOf(config: BacktestConfig, capital: number): Sizing {
  const { size, sizeCap: cap } = config;
  switch (config.sizing) {
    case 'fraction':
      return { kind: 'fraction', fraction: size ?? 1 };
    case 'notional':
      return { kind: 'notional', notional: (size ?? 1_000) * capital };
    case 'volatility':
      return { kind: 'volatility', annualVolatility: size ?? 0.3, windowCandles: config.sizeWindow, cap };
    case 'kelly':
      // A tenth of the cap until there is a record, and a hundredth when the record is bad: it may recover.
      return { kind: 'kelly', share: size ?? 0.5, cap, floor: cap / 100, initial: cap / 10, minTrades: 20 };
  }
}

export type CostLabel = 'ZERO COST' | 'NO FEES' | null;

/** What every page, table and result says of a run that pays less than anybody does. */
export function costLabelOf(config: BacktestConfig, markets: readonly BacktestMarket[]): CostLabel {
  if (config.takerFeeBps > 0) return null;
  return config.slippageBps > 0 || hasDepth(markets) ? 'NO FEES' : 'ZERO COST';
}
