/** The same candles and signals through our backtest and through vectorbt: how far apart are trades, equity and metrics? */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { DataError, Random } from '../../domain/core/index.ts';
import {
  backtest,
  type BacktestSettings,
  type Candles,
  checkCandles,
  crossoverSignals,
  type Direction,
  ENTER_LONG,
  ENTER_SHORT,
  EXIT_LONG,
  EXIT_SHORT,
  type Metric,
  simpleMovingAverage,
  type SymbolResult,
} from '../../trading/backtest/index.ts';
import { runPeer } from './peer.ts';

/** What both are given; `bench/peers/vectorbt_peer.py` reads it. */
interface Case {
  readonly name: string;
  /** Number of the candles' file, and of the signals' or targets' where there is one. */
  readonly candles: number;
  readonly signals?: number;
  readonly targets?: number;
  readonly crossover?: { readonly fast: number; readonly slow: number; readonly direction: Direction };
  readonly execution: 'close' | 'next-open';
  readonly initialCash: number;
  readonly fee: number;
  readonly slippage: number;
  /** Money of each entry; all of the equity without it. */
  readonly notional?: number;
  readonly stopLoss?: number;
  readonly trailingStop?: number;
  readonly takeProfit?: number;
}

export interface Agreement {
  readonly name: string;
  readonly trades: number;
  readonly peerTrades: number;
  /** Trades of which row of entry, row of exit, or side differ. */
  readonly differentTrades: number;
  /** Largest relative distances. */
  readonly prices: number;
  readonly pnl: number;
  readonly equity: number;
  readonly metrics: number;
}

const COSTS = { fee: 0.0005, slippage: 0.0002, initialCash: 100_000 };
const CROSSOVERS = [
  { fast: 20, slow: 100 },
  { fast: 50, slow: 400 },
] as const;
const DIRECTIONS = ['long', 'short', 'both'] as const;
/** Entries and exits of each side come this often, alone and together. */
const SIGNAL_SHARES = [0.002, 0.01, 0.05] as const;

function casesOn(candles: number): readonly Case[] {
  const make = (name: string, more: Partial<Case>): Case => ({
    name,
    candles,
    execution: 'close',
    ...COSTS,
    ...more,
  });
  const random = (name: string, more: Partial<Case>): Case =>
    make(`random 0, ${name}`, { signals: 0, notional: 100, ...more });
  return [
    ...CROSSOVERS.flatMap(({ fast, slow }) =>
      DIRECTIONS.map((direction) =>
        make(`averages ${fast}/${slow}, ${direction}`, { crossover: { fast, slow, direction } }),
      ),
    ),
    ...SIGNAL_SHARES.flatMap((_, signals) => [
      make(`random ${signals}, 100 a trade`, { signals, notional: 100 }),
      make(`random ${signals}, at the next open`, { signals, notional: 100, execution: 'next-open' }),
    ]),
    make('random 0, all of the equity', { signals: 0 }),
    random('stop', { stopLoss: 0.01 }),
    random('trailing stop', { trailingStop: 0.015 }),
    random('take-profit', { takeProfit: 0.01 }),
    random('stop and take-profit, no slippage', { stopLoss: 0.01, takeProfit: 0.02, slippage: 0 }),
    make('random targets', { targets: 0 }),
    make('random targets, at the next open', { targets: 0, execution: 'next-open' }),
  ];
}

/** Null where the peer is not installed. */
export async function agreementWithPeer(
  symbols: readonly { readonly name: string; readonly candles: Candles }[],
  { folder, signal }: { readonly folder: string; readonly signal: AbortSignal },
): Promise<readonly Agreement[] | null> {
  const rows = symbols[0]!.candles.openTimeMs.length;
  const streams = SIGNAL_SHARES.map((share, seed) => randomSignals(rows, share, seed));
  const targets = randomTargets(rows);
  const cases = symbols.flatMap((_, number) => casesOn(number));
  await Promise.all([
    ...symbols.map(({ candles }, k) => writeCandles(folder, k, candles)),
    ...streams.map((stream, k) => writeFile(path.join(folder, `signals-${k}.u8`), stream)),
    writeFile(path.join(folder, 'targets-0.f64'), new Uint8Array(targets.buffer)),
    writeFile(path.join(folder, 'cases.json'), JSON.stringify(cases)),
  ]);
  const peer = await runPeer('vectorbt_peer.py', ['compare', folder], { schema: Compared, signal });
  if (peer === null) return null;
  const found: Agreement[] = [];
  for (const [number, each] of cases.entries()) {
    const symbol = symbols[each.candles]!;
    if (symbol.candles.openTimeMs.length !== rows) {
      throw new DataError(`${symbol.name} has not the ${rows} candles of ${symbols[0]!.name}`, {
        code: 'CANDLES',
      });
    }
    const candles = checkCandles(symbol.candles, 'trade');
    const ours = backtest(
      [
        each.targets === undefined
          ? { candles, signals: signalsFor(each, symbol.candles, streams) }
          : { candles, targets },
      ],
      settingsOf(each),
    )[0]!;
    const [trades, equity] = await Promise.all(
      ['trades', 'equity'].map((what) => readNumbers(path.join(folder, `${what}-${number}.f64`))),
    );
    const { metrics } = peer.cases[number]!;
    found.push({ name: `${symbol.name}, ${each.name}`, ...distances(ours, trades!, equity!, metrics) });
  }
  return found;
}

export async function writeCandles(folder: string, number: number, candles: Candles): Promise<void> {
  const { openTimeMs, open, high, low, close } = candles;
  const volume = candles.volume ?? new Float64Array(openTimeMs.length);
  const columns = [openTimeMs, open, high, low, close, volume];
  const bytes = columns.map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  await writeFile(path.join(folder, `candles-${number}.f64`), Buffer.concat(bytes));
}

const Compared = z.object({
  version: z.string(),
  cases: z.array(z.object({ name: z.string(), metrics: z.record(z.string(), z.number().nullable()) })),
});

/** Each of the four signals comes on its own with this probability, so that contradictions come too. */
function randomSignals(rows: number, share: number, seed: number): Uint8Array {
  const random = Random.fromLabel(seed, 'backtest-signals');
  return Uint8Array.from({ length: rows }, () =>
    [ENTER_LONG, EXIT_LONG, ENTER_SHORT, EXIT_SHORT].reduce(
      (code, each) => code + (random.uniform() < share ? each : 0),
      0,
    ),
  );
}

/** New targets between −0.9 and 0.9 on one candle in a hundred, some of them 0. */
function randomTargets(rows: number): Float64Array {
  const random = Random.fromLabel(1, 'backtest-targets');
  return Float64Array.from({ length: rows }, () => {
    if (random.uniform() >= 0.01) return Number.NaN;
    return random.uniform() < 0.2 ? 0 : 1.8 * random.uniform() - 0.9;
  });
}

function signalsFor(each: Case, candles: Candles, streams: readonly Uint8Array[]): Uint8Array {
  if (each.crossover === undefined) return streams[each.signals!]!;
  const { fast, slow, direction } = each.crossover;
  const out = new Uint8Array(candles.close.length);
  const averages = [fast, slow].map((window) => simpleMovingAverage(candles.close, window));
  crossoverSignals({ fast: averages[0]!, slow: averages[1]!, direction }, out);
  return out;
}

function settingsOf(each: Case): BacktestSettings {
  const { stopLoss, trailingStop, takeProfit, notional } = each;
  return {
    execution: each.execution,
    initialCash: each.initialCash,
    costs: { takerFee: each.fee, slippage: each.slippage },
    exits: {
      ...(stopLoss === undefined ? {} : { stopLoss }),
      ...(trailingStop === undefined ? {} : { trailingStop }),
      ...(takeProfit === undefined ? {} : { takeProfit }),
    },
    sizing: notional === undefined ? { kind: 'fraction', fraction: 1 } : { kind: 'notional', notional },
  };
}

async function readNumbers(file: string): Promise<Float64Array> {
  const bytes = await readFile(file);
  return new Float64Array(Uint8Array.from(bytes).buffer);
}

const PEER_COLUMNS = 11;

function distances(
  ours: SymbolResult,
  trades: Float64Array,
  equity: Float64Array,
  metrics: Readonly<Record<string, number | null>>,
): Omit<Agreement, 'name'> {
  const peerTrades = trades.length / PEER_COLUMNS;
  let differentTrades = Math.abs(peerTrades - ours.trades.length);
  let prices = 0;
  let pnl = 0;
  ours.trades.slice(0, peerTrades).forEach((trade, i) => {
    const peer = trades.subarray(i * PEER_COLUMNS, (i + 1) * PEER_COLUMNS);
    const side = trade.side === 'long' ? 1 : -1;
    if (trade.entryRow !== peer[0] || trade.exitRow !== peer[1] || side !== peer[2]) differentTrades++;
    prices = Math.max(prices, apart(trade.entryPrice, peer[3]!), apart(trade.exitPrice, peer[4]!));
    // Profit is a small difference of large numbers: its distance is taken relative to the trade.
    pnl = Math.max(pnl, apart(trade.size, peer[5]!), Math.abs(trade.return - peer[9]!));
  });
  const metricDistances = Object.entries(metrics).map(([name, theirs]) => {
    const metric = ours.metrics[name as keyof SymbolResult['metrics']] as Metric;
    if (metric.kind === 'undefined') return theirs === null ? 0 : Infinity;
    return theirs === null ? Infinity : apart(metric.value, theirs);
  });
  return {
    trades: ours.trades.length,
    peerTrades,
    differentTrades,
    prices,
    pnl,
    equity: equity.reduce((most, value, row) => Math.max(most, apart(ours.equity[row]!, value)), 0),
    metrics: Math.max(...metricDistances),
  };
}

const apart = (ours: number, theirs: number): number =>
  ours === theirs ? 0 : Math.abs(ours - theirs) / Math.max(Math.abs(ours), Math.abs(theirs));
