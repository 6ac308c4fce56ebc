/**
 * The account of one UTC day by the backtest's rules. Nothing is held over midnight: a day begins flat, with what the day
 * before left, and what is held is left at the open of its last candle; so a day is a whole backtest of its own.
 */
import type { Candle } from '../../domain/candles/index.ts';
import { BUY, DAY_MS, SELL } from '../../domain/core/index.ts';
import {
  backtest,
  type BacktestSettings,
  checkCandles,
  ENTER_LONG,
  ENTER_SHORT,
  EXIT_LONG,
  EXIT_SHORT,
  type Trade,
} from '../backtest/index.ts';

export interface AccountRule {
  readonly initialCash: number;
  /** Fee and slippage of one fill, as a share of what is traded. */
  readonly costShare: number;
  /** Share of the account that a position takes. */
  readonly positionShare: number;
}

/** What was said at the close of each candle, in the order of the candles. */
export interface SaidCandle extends Pick<
  Candle,
  'openTimeMs' | 'open' | 'high' | 'low' | 'close' | 'volume'
> {
  /** SELL 0, NEUTRAL 1, BUY 2. */
  readonly direction: number;
}

interface DayRules {
  readonly account: AccountRule;
  readonly dayMs: number;
  readonly intervalMs: number;
  /** Candles after which a position is left. */
  readonly holdCandles: number;
}

export interface DayAccount {
  /** What is left of the money, with everything sold. */
  readonly equity: number;
  /** Closed trades, and what was still held when the candles ended. */
  readonly trades: number;
  readonly wins: number;
  /** Held at the last close; below 0 when short. */
  readonly position: number;
}

export function dayAccount(
  candles: readonly SaidCandle[],
  equity: number,
  { account, dayMs, intervalMs, holdCandles }: DayRules,
): DayAccount {
  const nothing = { equity, trades: 0, wins: 0, position: 0 };
  if (candles.length < 2 || !(equity > 0)) return nothing;
  const column = (of: (candle: SaidCandle) => number): Float64Array => Float64Array.from(candles, of);
  const checked = checkCandles({
    openTimeMs: column(({ openTimeMs }) => openTimeMs),
    open: column(({ open }) => open),
    high: column(({ high }) => high),
    low: column(({ low }) => low),
    close: column(({ close }) => close),
    volume: column(({ volume }) => volume),
  });
  const leaveMs = dayMs + DAY_MS - 2 * intervalMs;
  const signals = Uint8Array.from(candles, ({ openTimeMs, direction }) =>
    openTimeMs >= leaveMs ? EXIT_LONG | EXIT_SHORT : signalOf(direction),
  );
  const settings: BacktestSettings = {
    initialCash: equity,
    costs: { takerFee: account.costShare },
    sizing: { kind: 'fraction', fraction: account.positionShare },
    exits: { holdCandles },
  };
  const [result] = backtest([{ candles: checked, signals }], settings);
  const { trades } = result!;
  const open = trades.findLast(({ exitReason }) => exitReason === 'open');
  return {
    equity: result!.equity.at(-1)! - leavingCosts(open, account),
    trades: trades.length,
    wins: trades.filter(({ pnl }) => pnl > 0).length,
    position: open === undefined ? 0 : open.side === 'long' ? open.size : -open.size,
  };
}

const signalOf = (direction: number): number =>
  direction === BUY ? ENTER_LONG : direction === SELL ? ENTER_SHORT : 0;

/** A day whose last candles are missing, or did not trade, ends at its last close. */
const leavingCosts = (open: Trade | undefined, { costShare }: AccountRule): number =>
  open === undefined ? 0 : open.size * open.exitPrice * costShare;
