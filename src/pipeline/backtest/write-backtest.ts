/** A backtest on disk: `<dataDir>/reports/<runId>/{report.html, report.json, trades.*, equity.*}`, tables as Parquet and CSV. */
import path from 'node:path';
import {
  type TableColumn,
  writeFileAtomic,
  writeJsonAtomic,
  writeTable,
} from '../../platform/storage/index.ts';
import { renderBacktest, type TradeRow } from '../report/index.ts';
import type { BacktestOutcome } from './run-backtest.ts';

export interface WrittenBacktest {
  readonly html: string;
  readonly json: string;
  readonly trades: { readonly parquet: string; readonly csv: string };
  readonly equity: { readonly parquet: string; readonly csv: string };
}

export async function writeBacktest({
  backtest,
  page,
  run,
  prepared,
}: BacktestOutcome): Promise<WrittenBacktest> {
  const folder = path.join(prepared.config.dataDir, 'reports', backtest.runId);
  const html = path.join(folder, 'report.html');
  const json = path.join(folder, 'report.json');
  const trades = await writeTable(folder, 'trades', {
    columns: tradeColumns(page.trades),
    rows: page.trades.length,
  });
  let peak = run.summary.initialCash;
  const drawdown = run.equity.map((value) => {
    peak = Math.max(peak, value);
    return 1 - value / peak;
  });
  const equity = await writeTable(folder, 'equity', {
    columns: [
      { name: 'datetime', kind: 'time', at: (row) => run.openTimeMs[row]! },
      { name: 'equity', kind: 'double', at: (row) => run.equity[row]! },
      { name: 'drawdown', kind: 'double', at: (row) => drawdown[row]! },
    ],
    rows: run.equity.length,
  });
  await writeJsonAtomic(json, { ...backtest, settings: page.settings });
  // The page comes last: it is there when everything is.
  await writeFileAtomic(html, renderBacktest(page));
  return { html, json, trades, equity };
}

function tradeColumns(trades: readonly TradeRow[]): readonly TableColumn[] {
  const text = (name: string, of: (trade: TradeRow) => string): TableColumn => ({
    name,
    kind: 'text',
    at: (row) => of(trades[row]!),
  });
  const time = (name: string, of: (trade: TradeRow) => number): TableColumn => ({
    name,
    kind: 'time',
    at: (row) => of(trades[row]!),
  });
  const double = (name: string, of: (trade: TradeRow) => number): TableColumn => ({
    name,
    kind: 'double',
    at: (row) => of(trades[row]!),
  });
  return [
    text('symbol', (trade) => trade.symbol),
    text('side', (trade) => trade.side),
    time('entry_time', (trade) => trade.entryTimeMs),
    time('exit_time', (trade) => trade.exitTimeMs),
    double('entry_price', (trade) => trade.entryPrice),
    double('exit_price', (trade) => trade.exitPrice),
    double('size', (trade) => trade.size),
    double('fees', (trade) => trade.fees),
    double('funding', (trade) => trade.funding),
    double('pnl', (trade) => trade.pnl),
    double('return', (trade) => trade.return),
    text('exit_reason', (trade) => trade.exitReason),
  ];
}
