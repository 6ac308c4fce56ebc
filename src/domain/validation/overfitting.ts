/**
 * How probable it is that the best of many trials was the best by chance.
 * Source: Bailey, Borwein, López de Prado & Zhu, The Probability of Backtest Overfitting (2017): combinatorially
 * symmetric cross-validation (CSCV).
 */
import { ConfigError, DataError } from '../core/index.ts';
import { combinations } from '../math/index.ts';

export interface Overfitting {
  /** Share of the splits in which the trial that was best in sample was in the lower half out of sample. */
  readonly probability: number;
  /** `[splits]` log odds of the chosen trial's rank out of sample; 0 in the middle, below it when chosen badly. */
  readonly logits: Float64Array;
  /** Share of the splits in which the chosen trial lost money out of sample. */
  readonly lossProbability: number;
}

interface TrialReturns {
  /** `[trials]` of `[observations]` returns (or scores) at the same times. */
  readonly trials: readonly ArrayLike<number>[];
  /** Even number of pieces that time is cut into; default 16, which gives 12,870 splits. */
  readonly pieces?: number;
}

/**
 * Every way to take half of the pieces as the past: the trial with the best Sharpe ratio there is looked up in the
 * other half.
 * @throws ConfigError for an odd number of pieces; DataError for fewer than two trials or observations than needed
 */
export function probabilityOfOverfitting({ trials, pieces = 16 }: TrialReturns): Overfitting {
  if (!(Number.isSafeInteger(pieces) && pieces >= 2 && pieces % 2 === 0)) {
    throw new ConfigError([
      { path: 'overfitting.pieces', message: `${pieces} is not an even number from 2 on` },
    ]);
  }
  const observations = trials[0]?.length ?? 0;
  if (
    trials.length < 2 ||
    observations < 2 * pieces ||
    trials.some((trial) => trial.length !== observations)
  ) {
    throw new DataError(
      `overfitting needs two or more trials over the same times, two or more in each of ${pieces} pieces; ` +
        `here are ${trials.length} trials, the first of ${observations} times`,
      { code: 'TRIALS_TOO_FEW', context: { trials: trials.length, observations, pieces } },
    );
  }
  const sums = trials.map((trial) => new PieceSums(trial, pieces));
  const counts = Array.from(
    { length: pieces },
    (_, p) => pieceStart(observations, pieces, p + 1) - pieceStart(observations, pieces, p),
  );
  const logits: number[] = [];
  let losses = 0;
  for (const past of combinations(pieces, pieces / 2)) {
    const isPast = new Set(past);
    const future = counts.flatMap((_, p) => (isPast.has(p) ? [] : [p]));
    const inSample = sums.map((trial) => trial.sharpe(past, counts));
    const outOfSample = sums.map((trial) => trial.sharpe(future, counts));
    const chosen = inSample.indexOf(inSample.reduce((best, x) => Math.max(best, x)));
    const share = averageRank(outOfSample, chosen) / (trials.length + 1);
    logits.push(Math.log(share / (1 - share)));
    if (outOfSample[chosen]! < 0) losses++;
  }
  return {
    probability: logits.filter((logit) => logit <= 0).length / logits.length,
    logits: Float64Array.from(logits),
    lossProbability: losses / logits.length,
  };
}

const pieceStart = (observations: number, pieces: number, piece: number): number =>
  Math.floor((piece * observations) / pieces);

/** Sums of one trial over each piece, from which the Sharpe ratio of any set of pieces follows. */
class PieceSums {
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;

  constructor(returns: ArrayLike<number>, pieces: number) {
    this.#sums = new Float64Array(pieces);
    this.#squares = new Float64Array(pieces);
    for (let piece = 0; piece < pieces; piece++) {
      const end = pieceStart(returns.length, pieces, piece + 1);
      for (let i = pieceStart(returns.length, pieces, piece); i < end; i++) {
        this.#sums[piece]! += returns[i]!;
        this.#squares[piece]! += returns[i]! ** 2;
      }
    }
  }

  /** 0 for returns that do not vary: no bet was made. */
  sharpe(chosen: readonly number[], counts: readonly number[]): number {
    let n = 0;
    let sum = 0;
    let squares = 0;
    for (const piece of chosen) {
      n += counts[piece]!;
      sum += this.#sums[piece]!;
      squares += this.#squares[piece]!;
    }
    const variance = (squares - (sum * sum) / n) / (n - 1);
    return variance > 0 ? sum / n / Math.sqrt(variance) : 0;
  }
}

/** Rank of one value from 1 (lowest), the mean of the ranks among equals. */
function averageRank(values: readonly number[], index: number): number {
  const own = values[index]!;
  const below = values.filter((value) => value < own).length;
  const equal = values.filter((value) => value === own).length;
  return below + (equal + 1) / 2;
}
