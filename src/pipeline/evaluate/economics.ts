/** The economic view, deflated by how often it was tried. A sketch: no queue, no slippage, no funding. */
import { DAY_MS, MINUTE_MS } from '../../domain/core/index.ts';
import {
  bootstrapInterval,
  deflatedSharpe,
  minimumTrackRecord,
  probabilisticSharpe,
  probabilityOfOverfitting,
  returnMoments,
} from '../../domain/validation/index.ts';
import type { Resampling, ReturnMoments } from '../../domain/validation/index.ts';
import type { Economics } from '../report/index.ts';
import type { PositionReturns } from './positions.ts';
import { boundsOf } from './score.ts';

const DAYS_A_YEAR = 365;

/** Periods hardly depend on each other; a few together keep what dependence there is. */
const PERIODS_A_BLOCK = 5;

const MOST_PIECES = 16;
const FEWEST_PIECES = 4;

export interface TrialHistory {
  /** Training runs on this data, this one included. */
  readonly count: number;
  /** `[trials]` net returns of each stored trial over the same periods, this one's among them. */
  readonly returns: readonly ArrayLike<number>[];
}

export function economicsOf(
  own: PositionReturns,
  trials: TrialHistory,
  {
    costBps,
    periodMinutes,
    resampling,
  }: {
    readonly costBps: number;
    readonly periodMinutes: number;
    readonly resampling: Pick<Resampling, 'replicates' | 'seed'>;
  },
): Economics {
  const { net, gross, positions, timeMs } = own;
  const periods = net.length;
  const moments = returnMoments(net);
  const blocks = { ...resampling, expectedBlockRows: Math.min(PERIODS_A_BLOCK, periods) };
  const variance = varianceOfSharpes(trials.returns, moments);
  const deflated = deflatedSharpe(moments, { count: trials.count, variance: variance.value });
  const trackRecord = minimumTrackRecord(moments);
  let total = 0;
  return {
    costBps,
    periodMinutes,
    periods,
    positions: positions.length,
    hitRatio: positions.filter((kept) => kept > 0).length / positions.length,
    grossReturn: sumOf(gross),
    netReturn: sumOf(net),
    netReturnInterval: boundsOf(bootstrapInterval(periods, blocks, (rows) => sumAt(net, rows))),
    sharpe: moments.sharpe,
    sharpeInterval: boundsOf(
      bootstrapInterval(periods, blocks, (rows) => returnMoments(Array.from(rows, (i) => net[i]!)).sharpe),
    ),
    annualSharpe: moments.sharpe * Math.sqrt((DAYS_A_YEAR * DAY_MS) / (periodMinutes * MINUTE_MS)),
    skewness: moments.skewness,
    kurtosis: moments.kurtosis,
    probabilisticSharpe: probabilisticSharpe(moments),
    deflatedSharpe: deflated.probability,
    expectedMaximumSharpe: deflated.benchmark,
    trialVariance: variance.value,
    varianceFrom: variance.from,
    minimumTrackRecord: Number.isFinite(trackRecord) ? Math.ceil(trackRecord) : null,
    overfitting: overfittingOf(trials.returns, periods),
    equity: {
      timeMs: [...timeMs],
      net: Array.from(net, (x) => {
        total += x;
        return total;
      }),
    },
  };
}

/**
 * Of the trials' Sharpe ratios; with fewer than two that took positions, the variance that a ratio has by sampling alone,
 * which is 1 / (n − 1) without skill.
 */
function varianceOfSharpes(
  returns: readonly ArrayLike<number>[],
  { observations }: ReturnMoments,
): { readonly value: number; readonly from: Economics['varianceFrom'] } {
  const sharpes = returns.map((each) => returnMoments(each).sharpe).filter((sharpe) => !Number.isNaN(sharpe));
  if (sharpes.length < 2) return { value: 1 / (observations - 1), from: 'sampling error' };
  const mean = sumOf(sharpes) / sharpes.length;
  const value = sharpes.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (sharpes.length - 1);
  return { value, from: 'trials' };
}

export function overfittingOf(
  trials: readonly ArrayLike<number>[],
  periods: number,
): Economics['overfitting'] {
  const pieces = Math.min(MOST_PIECES, 2 * Math.floor(periods / 4));
  if (trials.length < 2 || pieces < FEWEST_PIECES) return null;
  const { probability, lossProbability } = probabilityOfOverfitting({ trials, pieces });
  return { probability, lossProbability, trials: trials.length, pieces };
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}

function sumAt(values: Float64Array, rows: Int32Array): number {
  let sum = 0;
  for (const row of rows) sum += values[row]!;
  return sum;
}
