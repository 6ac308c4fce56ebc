export type { Account } from './account.ts';
export { Exchange, type ExchangeOptions } from './exchange.ts';
export type { MoneyScale } from './money.ts';
export * from './orders.ts';
export type { QueueModel } from './queue.ts';
export {
  type ExchangeSettings,
  type Fees,
  type Latency,
  type LatencyMs,
  limitTicks,
  lotsWithin,
  type OrderRules,
} from './settings.ts';
