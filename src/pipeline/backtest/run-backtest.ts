/** `backtest`: what signals would have earned, under stress, beside benchmarks, and how much of it chance explains. */
import { MINUTE_MS } from '../../domain/core/index.ts';
import { type Backtest, type BacktestPage, backtestVerdict, type TradeRow } from '../report/index.ts';
import type { AccountRun } from './account.ts';
import { benchmarksOf } from './benchmarks.ts';
import { onBars, onEvents } from './execute.ts';
import { figuresOf, periodReturns, runSignificance } from './figures.ts';
import { type BacktestRequest, type Prepared, prepare } from './prepare.ts';
import { costLabelOf, delayOf, hasDepth } from './settings.ts';
import { signalsFor } from './signal-source.ts';
import { pathsOf, pointsOf, startsOf, stressed } from './stress.ts';
import { recordTrial } from './trials.ts';

export interface BacktestOutcome {
  readonly backtest: Backtest;
  readonly page: BacktestPage;
  readonly run: AccountRun;
  readonly prepared: Prepared;
}

/** Most points of a line on the page. */
const LINE_POINTS = 3_000;

export async function runBacktest(
  request: BacktestRequest & { readonly onProgress?: (share: number, text: string) => void },
): Promise<BacktestOutcome> {
  const { signal, onProgress } = request;
  const prepared = await prepare(request);
  const { markets, inputs, config } = prepared;
  const signals = markets.map((market, i) => signalsFor(inputs[i]!, market, config.backtest, config.seed));
  onProgress?.(0.1, 'trading');
  const plan = { markets, signals, config: config.backtest, seed: config.seed };
  const { recording } = request;
  const engine: Backtest['engine'] = recording === null ? 'candles' : 'events';
  const execute = recording === null ? onBars(plan) : onEvents(plan, { inputs: recording, signal });
  const { run, notes, returnBeforeCosts, tables } = await stressed(execute, plan, engine);
  const periods = periodReturns(run);
  const trials = recordTrial(request.store, {
    prepared,
    settings: config.backtest,
    engine,
    periods,
    runId: request.runId,
    recordedAt: request.createdAt,
  });
  const replicates = config.evaluation.bootstrapSamples;
  const significance = runSignificance(run, periods, { trials, seed: config.seed, replicates });
  const stress = { ...tables, starts: startsOf(run, plan), paths: pathsOf(run, periods, plan) };
  onProgress?.(0.5, 'benchmarks');
  // Hundreds of draws go through bars: what they are held against does so too.
  const [comparable] = recording === null ? [run] : (await onBars(plan)([{}])).runs;
  const benchmarks = benchmarksOf(comparable!, { ...plan, check: () => signal.throwIfAborted() });
  const { figures, reasons } = figuresOf(run);
  const { summary, openTimeMs, equity, trades } = run;
  const draft = {
    runId: request.runId,
    name: prepared.name,
    model: prepared.model,
    venue: markets[0]!.venue,
    symbols: markets.map(({ symbol }) => symbol),
    interval: markets[0]!.interval,
    source: markets[0]!.source,
    engine,
    fromMs: openTimeMs[0]!,
    toMs: openTimeMs.at(-1)! + markets[0]!.checked.intervalMs,
    bars: openTimeMs.length,
    synthetic: markets.some(({ synthetic }) => synthetic),
    costLabel: costLabelOf(config.backtest, markets),
    earlierOpenings: prepared.earlierOpenings,
    execution: executionOf(prepared, engine),
    figures,
    reasons,
    significance,
    costs: {
      initialCash: summary.initialCash,
      finalEquity: summary.finalEquity,
      fees: summary.fees,
      slippage: summary.slippage,
      funding: summary.funding,
      tradedNotional: summary.tradedNotional,
      refusedEntries: summary.refusedEntries,
      cutOrders: summary.cutOrders,
      returnBeforeCosts,
    },
    benchmarks,
    stress,
    signalQuality: prepared.quality,
    months: monthsOf(run),
    notes: [...notes, ...prepared.notes],
  };
  const backtest: Backtest = { ...draft, verdict: backtestVerdict(draft) };
  const kept = pointsOf(openTimeMs.length, LINE_POINTS);
  return {
    backtest,
    run,
    prepared,
    page: {
      backtest,
      createdAt: request.createdAt,
      trades: trades.map(tradeRow),
      equity: { timeMs: kept.map((i) => openTimeMs[i]!), equity: kept.map((i) => equity[i]!) },
      prices: markets.map(({ symbol, checked: { candles } }) => {
        const shown = pointsOf(candles.openTimeMs.length, LINE_POINTS);
        return {
          symbol,
          timeMs: shown.map((i) => candles.openTimeMs[i]!),
          close: shown.map((i) => candles.close[i]!),
        };
      }),
      settings: { seed: config.seed, ...config.backtest },
    },
  };
}

export function tradeRow(trade: AccountRun['trades'][number]): TradeRow {
  const { entryRow: _entry, exitRow: _exit, entryFees, exitFees, ...rest } = trade;
  return { ...rest, fees: entryFees + exitFees };
}

/** From the last equity of each UTC month to that of the next, the first from the initial cash. */
function monthsOf({ openTimeMs, equity, summary }: AccountRun): Backtest['months'] {
  const last = new Map<string, number>();
  openTimeMs.forEach((ms, row) => last.set(new Date(ms).toISOString().slice(0, 7), equity[row]!));
  let before = summary.initialCash;
  return [...last].map(([month, value]) => {
    const change = before > 0 ? value / before - 1 : Number.NaN;
    before = value;
    return { month, return: change };
  });
}

function executionOf(
  { markets, config: { backtest } }: Prepared,
  engine: Backtest['engine'],
): readonly string[] {
  if (engine === 'events') return eventExecution(backtest.latencyMs);
  const delay = delayOf(backtest, markets);
  const bars = `${delay} bar${delay === 1 ? '' : 's'}`;
  if (hasDepth(markets)) {
    return [
      `A signal made at the close of a minute is executed in the book recorded at the end of the minute ${bars} later: market orders walk its 200 levels a side at their volume-weighted price; what the levels do not hold is cut and counted.`,
      'Bars are candles of the micro price, rebuilt from the stored body and wicks; an incomplete bar is its close alone. Stops are triggered by its high and low and filled in its book; take-profits are filled at their level once it was touched, with the maker’s fee: that they were reached in the queue is not known.',
    ];
  }
  const at = backtest.execution === 'close' ? 'close' : 'open';
  const when =
    delay === 0
      ? 'the very close that it was made from, which nobody can do exactly'
      : `the ${at} ${bars} later`;
  const kind =
    markets[0]!.source === 'bars'
      ? 'Minute bars are candles of the micro price; their books are not used.'
      : `Candles of ${markets[0]!.checked.intervalMs / MINUTE_MS} minutes know neither book nor queue.`;
  return [
    `A signal made at the close of a bar is executed at ${when}, ${backtest.slippageBps} bps worse than that price.`,
    `${kind} Stops are filled at their level, or at the open beyond it; a stop goes before a take-profit in the same bar.`,
  ];
}

const eventExecution = (latencyMs: number): readonly string[] => [
  `A signal made at the close of a minute is sent with the first message after it, arrives ${latencyMs} ms later and meets the exact book of that moment, level by level; its report takes as long. What the recording holds between two messages is the book before them.`,
  'Take-profits rest at the exchange and are filled when the book crosses them. Benchmarks and other starts are executed on minute bars, in the books of their ends. What else the simulated exchange does: docs/event-engine.md.',
];
