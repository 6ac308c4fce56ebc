/** `backtest --sweep`: a grid of settings on threads, and how much of the best one is the luck of having tried so many. */
import { availableParallelism } from 'node:os';
import {
  deflatedSharpe,
  expectedMaximumSharpe,
  probabilityOfOverfitting,
  returnMoments,
} from '../../domain/validation/index.ts';
import { runJobs } from '../../platform/jobs/index.ts';
import { trialsOf } from '../../trading/backtest/index.ts';
import { type Sweep, type SweepRow, sweepVerdict } from '../report/index.ts';
import { type BacktestRequest, type Prepared, prepare } from './prepare.ts';
import { costLabelOf } from './settings.ts';
import { type GridSet, gridOf } from './grid.ts';
import { performSets, type SetResult, type SweepJob } from './sweep-sets.ts';
import { keep } from './trials.ts';

export interface SweepRequest extends BacktestRequest {
  /** `field=a,b`; empty: the default grid. */
  readonly grid: readonly string[];
  /** Default: threads of the machine. */
  readonly workers: number | undefined;
  readonly onProgress?: (share: number, text: string) => void;
}

export interface SweepOutcome {
  readonly sweep: Sweep;
  readonly prepared: Prepared;
  readonly createdAt: string;
  readonly settings: unknown;
}

/** Fewer than this are not worth a thread and the copy of its data. */
const SETS_A_THREAD = 8;
const YEAR_MS = 365 * 86_400_000;

export async function sweepBacktests(request: SweepRequest): Promise<SweepOutcome> {
  const prepared = await prepare(request);
  const { config, markets, inputs } = prepared;
  const { sets, skipped } = gridOf(request.grid, config.backtest, inputs[0]!);
  const results = await performAll(request, prepared, sets);
  for (const [i, { periods }] of results.entries()) {
    const { runId, createdAt: recordedAt, store } = request;
    keep(store, { prepared, settings: sets[i]!.config, engine: 'candles', periods, runId, recordedAt });
  }
  const { periodMs, rows } = results[0]!.periods;
  const annual = Math.sqrt(YEAR_MS / periodMs);
  const ratios = results.map(({ periods }) =>
    periods.returns === null ? Number.NaN : returnMoments(periods.returns).sharpe,
  );
  const told = results.map(({ figures }, i): SweepRow => {
    const { trades, totalReturn, maxDrawdown, turnover } = figures;
    const sharpe = Number.isNaN(ratios[i]!) ? null : ratios[i]! * annual;
    return { settings: sets[i]!.values, trades, totalReturn, sharpe, maxDrawdown, turnover };
  });
  const best = told.reduce(
    (top, { sharpe }, i) => ((sharpe ?? -Infinity) > (told[top]!.sharpe ?? -Infinity) ? i : top),
    0,
  );
  const { openTimeMs } = markets[0]!.checked.candles;
  const draft = {
    runId: request.runId,
    name: prepared.model === null ? config.backtest.strategy : `model ${prepared.model}`,
    model: prepared.model,
    venue: markets[0]!.venue,
    symbols: markets.map(({ symbol }) => symbol),
    interval: markets[0]!.interval,
    fromMs: openTimeMs[0]!,
    toMs: openTimeMs.at(-1)! + markets[0]!.checked.intervalMs,
    bars: openTimeMs.length,
    synthetic: markets.some(({ synthetic }) => synthetic),
    costLabel: costLabelOf(config.backtest, markets),
    periodMs,
    periods: rows.length,
    sets: told,
    skipped,
    best,
    ...luckOf(results, { best, annual }),
    notes: prepared.notes,
  };
  return {
    sweep: { ...draft, verdict: sweepVerdict(draft) },
    prepared,
    createdAt: request.createdAt,
    settings: { seed: config.seed, grid: request.grid, ...config.backtest },
  };
}

async function performAll(
  { signal, workers, onProgress }: SweepRequest,
  { markets, inputs, config }: Prepared,
  sets: readonly GridSet[],
): Promise<readonly SetResult[]> {
  const wanted = Math.max(
    1,
    Math.min(workers ?? availableParallelism(), Math.floor(sets.length / SETS_A_THREAD)),
  );
  const settings = sets.map((set) => set.config);
  const size = Math.ceil(sets.length / wanted);
  const jobs = Array.from({ length: wanted }, (_, i): SweepJob => ({
    markets,
    inputs,
    seed: config.seed,
    settings: settings.slice(i * size, (i + 1) * size),
  }));
  const done = jobs.map(() => 0);
  const onNews = (job: number, news: number): void => {
    done[job] = news;
    const all = done.reduce((sum, count) => sum + count, 0);
    onProgress?.(all / sets.length, `${all} of ${sets.length} settings`);
  };
  if (wanted === 1) return await performSets(jobs[0]!, { signal, send: (news) => onNews(0, news) });
  const module = new URL('sweep.worker.ts', import.meta.url);
  const parts = await runJobs<SweepJob, readonly SetResult[], number>({
    module,
    jobs,
    workers: wanted,
    signal,
    onNews,
  });
  return parts.flat();
}

/** Pieces of time for PBO: 16 make 12,870 splits, too many for long lists of trials. */
const MOST_PIECES = 10;
const FEWEST_PIECES = 4;

function luckOf(
  results: readonly SetResult[],
  { best, annual }: { readonly best: number; readonly annual: number },
): Pick<Sweep, 'expectedMaximumSharpe' | 'deflatedSharpe' | 'overfitting'> {
  const returns = results.flatMap(({ periods }) => (periods.returns === null ? [] : [periods.returns]));
  const own = results[best]!.periods.returns;
  const { variance } = trialsOf(returns);
  const count = results.length;
  const pieces = Math.min(MOST_PIECES, 2 * Math.floor((own?.length ?? 0) / 4));
  const deflated =
    own === null ? Number.NaN : deflatedSharpe(returnMoments(own), { count, variance }).probability;
  return {
    expectedMaximumSharpe: expectedMaximumSharpe(count, variance) * annual,
    deflatedSharpe: Number.isNaN(deflated) ? null : deflated,
    overfitting:
      returns.length < 2 || pieces < FEWEST_PIECES
        ? null
        : { ...overfitting(returns, pieces), trials: returns.length, pieces },
  };
}

function overfitting(trials: readonly Float64Array[], pieces: number) {
  const { probability, lossProbability } = probabilityOfOverfitting({ trials, pieces });
  return { probability, lossProbability };
}
