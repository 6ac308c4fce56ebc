/**
 * Several symbols on one account: one sum of money, valued together at every close.
 *
 * Within one candle of the common grid, and in each step one symbol after the other in the order given:
 * 1. funding is settled on the positions carried in, at the open;
 * 2. under `next-open`, what the closes before ordered is executed at the open; then the levels of the exits are watched;
 * 3. under `close`, the levels are watched first; what these closes order is executed at the close, except for symbols whose
 *    level was hit;
 * 4. the account is valued at the closes. At or below 0, or below what its positions must keep (`maintenanceMargin`), all of
 *    them are closed there; one whose candle is halted follows at its next close if that still holds. Without equity nothing
 *    is entered any more.
 * An exit thus makes room for the entries of later symbols, not of earlier ones; what an exit by level frees can be used from
 * the next open on. With one symbol all of it is `backtest`, to the last bit.
 */
import { ConfigError } from '../../domain/core/index.ts';
import { alignCandles, onGrid } from './align.ts';
import { type SignalInput, spanOf, volatilityFor } from './backtest.ts';
import type { CheckedCandles } from './candles.ts';
import { Ledger } from './ledger.ts';
import {
  dailyReturns,
  type Metrics,
  metricsOf,
  type ReturnMetrics,
  returnMetrics,
  returnsOf,
} from './metrics.ts';
import { type BacktestSettings, type Plan, planOf } from './settings.ts';
import { type Execution, scheduleOrders } from './signals.ts';
import { Stepper } from './simulate.ts';
import type { OtherPositions } from './sizing.ts';
import { type AccountSums, accountOf, pathOf, type RunSummary } from './summary.ts';
import type { Trade } from './trade-log.ts';

export interface PortfolioSymbol extends SignalInput {
  /** In place of the account's settings of the same names. */
  readonly own?: Pick<BacktestSettings, 'costs' | 'exits' | 'rules' | 'sizing'>;
}

/** What one symbol did on the shared account. */
export interface PortfolioShare {
  /** Closed trades in order of their end; the last may be open. Rows are those of the grid. */
  readonly trades: readonly Trade[];
  readonly account: AccountSums;
}

export interface PortfolioResult {
  /** `[grid]` every opening time that any symbol has. */
  readonly openTimeMs: Float64Array;
  /** `[grid]` of the whole account at each close. */
  readonly equity: Float64Array;
  /** In the order given. */
  readonly symbols: readonly PortfolioShare[];
  readonly summary: RunSummary;
  readonly metrics: Metrics & ReturnMetrics;
}

/**
 * Runs signals on symbols that share their money. Entries are sized on the equity of the whole account as it stands when
 * their turn comes; `maxLeverage` bounds the sum of all positions, without their signs, over that equity, at entries alone:
 * what the market makes of it later is not cut. Kelly's sizing goes by the closed trades of its own symbol. Candles are
 * counted on the grid, a position of `holdCandles` too.
 *
 * @param settings hold for every symbol that has none of its own; `initialCash` is that of the account
 * @throws ConfigError for bad settings, no symbol, or symbols with recorded books, which only one symbol can walk; DataError for signals that do not fit their candles, or symbols of
 * different intervals
 */
export function backtestPortfolio(
  symbols: readonly PortfolioSymbol[],
  settings: BacktestSettings = {},
): PortfolioResult {
  const { initialCash, execution } = planOf(settings);
  if (symbols.length === 0)
    throw new ConfigError([{ path: 'backtest.symbols', message: 'a portfolio needs a symbol, or several' }]);
  if (symbols.some(({ candles }) => candles.depth !== undefined))
    throw new ConfigError([{ path: 'backtest.symbols', message: 'a portfolio cannot walk recorded books' }]);
  const aligned = alignCandles(symbols.map(({ candles }) => candles));
  const members = aligned.map(({ checked, gridRows }, index) =>
    memberOf(symbols[index]!, { checked, gridRows, plan: planOf({ ...settings, ...symbols[index]!.own }) }),
  );
  const { checked } = aligned[0]!;
  const { openTimeMs } = checked.candles;
  const account = new SharedAccount(members, initialCash, execution);
  const equity = openTimeMs.map((_, row) => account.step(row));
  const lastRow = openTimeMs.length - 1;
  for (const { ledger, candles } of members) ledger.recordOpenTrade(lastRow, candles.close[lastRow]!);
  const summary: RunSummary = {
    initialCash,
    ...spanOf(checked),
    ...pathOf(equity, initialCash),
    ...sumOf(members.map(({ ledger }) => accountOf(ledger))),
    candlesInPosition: account.rowsInPosition,
    candles: equity.length,
  };
  return {
    openTimeMs,
    equity,
    symbols: members.map(({ ledger }) => ({
      trades: Array.from({ length: ledger.trades.count }, (_, i) => ledger.trades.at(i, openTimeMs)),
      account: accountOf(ledger),
    })),
    summary,
    metrics: {
      ...metricsOf(summary),
      ...returnMetrics(returnsOf(equity, initialCash), dailyReturns(equity, openTimeMs, initialCash)),
    },
  };
}

interface Member {
  readonly candles: CheckedCandles['candles'];
  readonly halted: Uint8Array | null;
  readonly plan: Plan;
  /** `[grid]` from `scheduleOrders` */
  readonly orders: Uint8Array;
  readonly ledger: Ledger;
  readonly stepper: Stepper;
}

interface Place {
  readonly checked: CheckedCandles;
  readonly gridRows: Uint32Array;
  readonly plan: Plan;
}

function memberOf(input: SignalInput, { checked, gridRows, plan }: Place): Member {
  const own = new Uint8Array(gridRows.length);
  // The checks of the signals name the symbol's own rows.
  scheduleOrders(input.signals, input.candles, plan.delayCandles, own);
  const { candles, halted } = checked;
  const length = candles.openTimeMs.length;
  const signals = new Uint8Array(length);
  gridRows.forEach((at, row) => (signals[at] = input.signals[row]!));
  const orders = new Uint8Array(length);
  scheduleOrders(signals, checked, plan.delayCandles, orders);
  const known = volatilityFor(plan, input.candles);
  const volatility = known === null ? null : onGrid(known, length, gridRows, Number.NaN);
  const ledger = new Ledger();
  ledger.reset(plan.initialCash);
  return { candles, halted, plan, orders, ledger, stepper: new Stepper(checked, volatility, plan, ledger) };
}

const isHalted = ({ halted }: Member, row: number): boolean => halted?.[row] === 1;

/** The money goes from hand to hand: whoever trades holds it in their ledger meanwhile. */
class SharedAccount {
  /** Candles at whose close there was a position. */
  rowsInPosition = 0;
  readonly #members: readonly Member[];
  readonly #execution: Execution;
  #cash: number;

  constructor(members: readonly Member[], initialCash: number, execution: Execution) {
    this.#members = members;
    this.#execution = execution;
    this.#cash = initialCash;
  }

  /** The equity at the close of the row. */
  step(row: number): number {
    this.#each(({ stepper }) => stepper.settleFunding(row));
    if (this.#execution === 'next-open') {
      this.#each((member) => this.#execute(member, row, 'open'));
      this.#each((member) => this.#watch(member, row));
    } else {
      const hit = new Set<Member>();
      this.#each((member) => {
        if (this.#watch(member, row)) hit.add(member);
      });
      this.#each((member) => {
        if (!hit.has(member)) this.#execute(member, row, 'close');
      });
    }
    return this.#valued(row);
  }

  #each(act: (member: Member) => void): void {
    for (const member of this.#members) {
      member.ledger.cash = this.#cash;
      act(member);
      this.#cash = member.ledger.cash;
    }
  }

  #execute(member: Member, row: number, at: 'open' | 'close'): void {
    const { candles, orders, ledger, stepper } = member;
    const order = orders[row]!;
    if (isHalted(member, row) || (order === 0 && ledger.position === 0)) return;
    stepper.execute(row, order, candles[at][row]!, this.#others(member, row, at));
  }

  #watch(member: Member, row: number): boolean {
    return !isHalted(member, row) && member.stepper.watchLevels(row);
  }

  #others(self: Member, row: number, at: 'open' | 'close'): OtherPositions {
    let value = 0;
    let gross = 0;
    for (const member of this.#members) {
      const { position } = member.ledger;
      if (member === self || position === 0) continue;
      const price = member.candles[at][row]!;
      value += position * price;
      gross += Math.abs(position) * price;
    }
    return { value, gross };
  }

  #valued(row: number): number {
    const value = this.#equity(row);
    let least = 0;
    let held = 0;
    for (const { ledger, candles, plan } of this.#members) {
      if (ledger.position === 0) continue;
      held++;
      ledger.rowsInPosition++;
      least += plan.maintenanceMargin * Math.abs(ledger.position) * candles.close[row]!;
    }
    if (held === 0) return value;
    this.rowsInPosition++;
    if (value > least) return value;
    this.#each((member) => {
      if (member.ledger.position !== 0 && !isHalted(member, row))
        member.stepper.leave(row, member.candles.close[row]!, 'ruin');
    });
    return this.#equity(row);
  }

  #equity(row: number): number {
    let value = this.#cash;
    for (const { ledger, candles } of this.#members) {
      if (ledger.position !== 0) value += ledger.position * candles.close[row]!;
    }
    return value;
  }
}

function sumOf(accounts: readonly AccountSums[]): AccountSums {
  const sum = { ...accounts[0]! };
  for (const account of accounts.slice(1)) {
    for (const field of Object.keys(sum) as (keyof AccountSums)[]) sum[field] += account[field];
  }
  return sum;
}
