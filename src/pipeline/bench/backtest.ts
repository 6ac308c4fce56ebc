/**
 * `bench backtest`: a sweep of moving-average pairs over a year of five-minute candles beside vectorbt's two engines, then a
 * hundred thousand pairs, then how far trades, equity and metrics are from vectorbt's.
 *
 * The candles are a seeded random walk, or, with `TIDEMARK_CANDLES` naming a folder of the official archive's monthly candles
 * (`…/klines`), BTCUSDT and NEARUSDT of the year that is there.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import {
  type Candles,
  checkCandles,
  type CheckedCandles,
  crossoverSignals,
  type Metric,
  simpleMovingAverage,
  sweep,
  type SweepResult,
  truncateCandles,
} from '../../trading/backtest/index.ts';
import { type Agreement, agreementWithPeer, writeCandles } from './backtest-agreement.ts';
import { archivedCandles, simulatedCandles } from './backtest-candles.ts';
import { peakMemory } from './peak-memory.ts';
import { runPeer } from './peer.ts';
import type { BenchContext, BenchRow } from './row.ts';
import { CODE_VERSION } from '../version.ts';

const YEAR_ROWS = 105_120;
const MANY_ROWS = 8_640;
const SETS = 1_000;
const MANY_SETS = 100_000;
const ENGINES = ['numba', 'rust'] as const;
/** We and the peer's engines take turns; the best round of each counts. */
const ROUNDS = 2;
const COSTS = { fee: 0.0005, slippage: 0.0002, initialCash: 100_000 };
/** Farthest that a metric, or the equity, may be from the peer's, relatively. */
const TOLERANCE = 1e-9;
const BYTES_PER_MB = 2 ** 20;

export async function benchBacktest({ signal, report }: BenchContext): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-bench-'));
  try {
    const symbols = await loadSymbols(process.env['TIDEMARK_CANDLES']);
    report(0, `${SETS} pairs of averages over ${YEAR_ROWS} candles, in turn with vectorbt`);
    const rows = await benchSweep(symbols[0]!.candles, { folder, signal });
    report(0.6, `${MANY_SETS} pairs over ${MANY_ROWS} candles`);
    rows.push(benchMany(symbols[0]!.candles));
    report(0.8, 'trades, equity and metrics beside vectorbt');
    const agreements = await agreementWithPeer(symbols, { folder, signal });
    return agreements === null ? rows : [...rows, ...agreementRows(agreements)];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function loadSymbols(archive: string | undefined) {
  if (archive === undefined) return [{ name: 'random walk', candles: simulatedCandles(YEAR_ROWS, 1) }];
  const names = ['BTCUSDT', 'NEARUSDT'];
  return Promise.all(
    names.map(async (name) => ({ name, candles: await archivedCandles(path.join(archive, name, '5m')) })),
  );
}

type Pair = readonly [fast: number, slow: number];

/** Pairs of different windows, `step` candles apart from `step` on: the first `count`, the shortest first. */
function windowPairs(count: number, step: number): readonly Pair[] {
  const pairs: Pair[] = [];
  for (let slow = 2; pairs.length < count; slow++) {
    for (let fast = 1; fast < slow && pairs.length < count; fast++) pairs.push([fast * step, slow * step]);
  }
  return pairs;
}

function sweepPairs(checked: CheckedCandles, pairs: readonly Pair[]): SweepResult {
  const averages = new Map<number, Float64Array>();
  for (const window of new Set(pairs.flat())) {
    averages.set(window, simpleMovingAverage(checked.candles.close, window));
  }
  const settings = {
    execution: 'close',
    initialCash: COSTS.initialCash,
    costs: { takerFee: COSTS.fee, slippage: COSTS.slippage },
  } as const;
  return sweep({
    symbols: [checked],
    sets: pairs.length,
    settings: () => settings,
    signals: (set, _symbol, out) => {
      const [fast, slow] = pairs[set]!;
      crossoverSignals({ fast: averages.get(fast)!, slow: averages.get(slow)!, direction: 'both' }, out);
    },
  });
}

const Swept = z.object({
  version: z.string(),
  seconds: z.number(),
  peakMb: z.number(),
  metrics: z.record(z.string(), z.array(z.number().nullable())),
});

async function benchSweep(
  candles: Candles,
  { folder, signal }: { readonly folder: string; readonly signal: AbortSignal },
): Promise<BenchRow[]> {
  const pairs = windowPairs(SETS, 10);
  const checked = checkCandles(candles, 'trade');
  await writeCandles(folder, 0, candles);
  await writeFile(path.join(folder, 'pairs.json'), JSON.stringify(pairs));
  await writeFile(path.join(folder, 'sweep.json'), JSON.stringify(COSTS));
  let seconds = Infinity;
  let ours: SweepResult | null = null;
  const peers = new Map<string, z.infer<typeof Swept>>();
  for (let round = 0; round < ROUNDS; round++) {
    signal.throwIfAborted();
    const startedMs = performance.now();
    ours = sweepPairs(checked, pairs);
    seconds = Math.min(seconds, (performance.now() - startedMs) / 1_000);
    for (const engine of ENGINES) {
      const peer = await runPeer('vectorbt_peer.py', ['sweep', folder, engine, String(SETS)], {
        schema: Swept,
        signal,
      });
      if (peer !== null && !(peer.seconds > (peers.get(engine)?.seconds ?? Infinity)))
        peers.set(engine, peer);
    }
  }
  const work = SETS * candles.openTimeMs.length;
  const peakMb = peakMemoryMb();
  const rows = ENGINES.flatMap((engine): BenchRow[] => {
    const peer = peers.get(engine) ?? null;
    const common = { peer: `vectorbt, ${engine}`, peerVersion: peer?.version ?? null };
    return [
      {
        ...common,
        name: `${SETS} pairs of averages over ${candles.openTimeMs.length} candles`,
        unit: 'candles × sets/s',
        value: work / seconds,
        peerValue: peer === null ? null : work / peer.seconds,
        ratio: peer === null ? null : peer.seconds / seconds,
      },
      {
        ...common,
        name: 'the same, peak memory of the process',
        unit: 'MB',
        value: peakMb,
        peerValue: peer?.peakMb ?? null,
        ratio: peer === null ? null : peer.peakMb / peakMb,
      },
    ];
  });
  const peer = peers.get('numba');
  return peer === undefined ? rows : [...rows, sweepAgreement(ours!, peer.metrics, peer.version)];
}

/** Pairs of which every figure of the sweep is the peer's. */
function sweepAgreement(
  ours: SweepResult,
  theirs: Readonly<Record<string, readonly (number | null)[]>>,
  version: string,
): BenchRow {
  let equal = 0;
  for (let set = 0; set < ours.sets; set++) {
    const metrics = ours.metrics(set);
    const isEqual = (['totalReturn', 'sharpe', 'sortino', 'maxDrawdown'] as const).every((name) => {
      const metric: Metric = metrics[name];
      const peer = theirs[name]![set];
      if (metric.kind === 'undefined' || peer === null || peer === undefined) return false;
      return Math.abs(metric.value - peer) <= TOLERANCE * Math.abs(peer);
    });
    if (isEqual) equal++;
  }
  return {
    name: 'pairs with the same return, Sharpe, Sortino and drawdown',
    unit: `of ${ours.sets}`,
    value: equal,
    peer: 'vectorbt, numba',
    peerVersion: version,
    peerValue: ours.sets,
    ratio: equal / ours.sets,
  };
}

function benchMany(candles: Candles): BenchRow {
  const checked = checkCandles(truncateCandles(candles, MANY_ROWS), 'trade');
  const beforeMb = peakMemoryMb();
  const startedMs = performance.now();
  sweepPairs(checked, windowPairs(MANY_SETS, 1));
  const seconds = (performance.now() - startedMs) / 1_000;
  const value = peakMemoryMb();
  return {
    name: `${MANY_SETS} pairs over ${MANY_ROWS} candles, in ${seconds.toFixed(1)} s, peak memory of the process`,
    unit: 'MB',
    value,
    peer: `our ${SETS} pairs`,
    peerVersion: CODE_VERSION,
    peerValue: beforeMb,
    ratio: beforeMb / value,
  };
}

/** Of this process since it began. */
const peakMemoryMb = (): number => peakMemory() / BYTES_PER_MB;

function agreementRows(agreements: readonly Agreement[]): BenchRow[] {
  const worst = (key: 'prices' | 'pnl' | 'equity' | 'metrics'): number =>
    Math.max(...agreements.map((agreement) => agreement[key]));
  const sum = (key: 'trades' | 'differentTrades'): number =>
    agreements.reduce((total, agreement) => total + agreement[key], 0);
  const within = (name: string, value: number): BenchRow => ({
    name: `farthest ${name} from vectorbt's, ${agreements.length} cases`,
    unit: 'relative',
    value,
    peer: 'allowed',
    peerVersion: null,
    peerValue: TOLERANCE,
    ratio: value === 0 ? null : TOLERANCE / value,
  });
  return [
    {
      name: `trades that vectorbt has not, of ${sum('trades')}`,
      unit: 'trades',
      value: sum('differentTrades'),
      peer: 'allowed',
      peerVersion: null,
      peerValue: 0,
      ratio: null,
    },
    within('price', worst('prices')),
    within('size or return of a trade', worst('pnl')),
    within('equity', worst('equity')),
    within('metric', worst('metrics')),
  ];
}
