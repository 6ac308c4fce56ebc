/** Settings of the event engine: those of the account and its exits as on candles, those of the exchange as it has them. */
import { ConfigError, type ConfigProblem } from '../../domain/core/index.ts';
import type { ExchangeSettings } from '../exchange/index.ts';
import { type BacktestSettings, type Plan, planOf } from './settings.ts';

export interface EventSettings
  extends
    Omit<ExchangeSettings, 'initialCash'>,
    Pick<BacktestSettings, 'initialCash' | 'maxLeverage' | 'exits' | 'sizing'> {
  /**
   * Share of `maxLeverage · equity` that entries leave alone, so that an order which meets a worse price than it was sized at
   * still finds its margin. Default 0.01.
   */
  readonly reserve?: number;
}

export interface EventPlan {
  /** Sizing and exits; its leverage is less the reserve. */
  readonly plan: Plan;
  readonly exchange: ExchangeSettings;
}

const DEFAULT_RESERVE = 0.01;

/** @throws ConfigError with all problems of the plan at once; the exchange looks at its own */
export function eventPlanOf(settings: EventSettings): EventPlan {
  const { initialCash, maxLeverage, exits, sizing, reserve = DEFAULT_RESERVE, ...exchange } = settings;
  const problems: ConfigProblem[] = [];
  if (!(reserve >= 0 && reserve < 1)) {
    problems.push({ path: 'backtest.reserve', message: `${reserve} is not a share from 0 to below 1` });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const { taker = 0, maker = taker } = exchange.fees ?? {};
  const plan = planOf({
    ...(initialCash === undefined ? {} : { initialCash }),
    ...(maxLeverage === undefined ? {} : { maxLeverage }),
    ...(exits === undefined ? {} : { exits }),
    ...(sizing === undefined ? {} : { sizing }),
    costs: { takerFee: taker, makerFee: maker },
  });
  return {
    plan: { ...plan, maxLeverage: plan.maxLeverage * (1 - reserve) },
    exchange: {
      leverage: Math.max(1, plan.maxLeverage),
      ...exchange,
      initialCash: plan.initialCash,
    },
  };
}
