/** What embeddings look like without asking anything of them: collapsed or not, and how far they move. */
import { DAY_MS, DataError } from '../../domain/core/index.ts';
import { symmetricEigen } from '../../domain/math/index.ts';

export interface EmbeddingSet {
  /** Numbers in an embedding. */
  readonly size: number;
  /** `[rows × size]`, row-major. */
  readonly embeddings: Float64Array;
  /** `[rows]` number of the symbol. */
  readonly symbolOf: ArrayLike<number>;
  /** `[rows]` end of the window. */
  readonly timeMs: Float64Array;
}

export interface CollapseReport {
  readonly collapsed: boolean;
  /** Why, in words; empty if not collapsed. */
  readonly reason: string;
  /**
   * exp of the entropy of the singular values' shares (Roy & Vetterli 2007): `size` where all directions are used
   * alike, 1 where all embeddings lie on a line.
   */
  readonly effectiveRank: number;
  /** `[size]` variance of each dimension. */
  readonly variances: Float64Array;
  /** Dimensions whose variance is below a millionth of the mean one. */
  readonly deadDimensions: number;
}

/** Share of what could be used that must be: below it the embedding counts as collapsed. */
const LEAST_RANK_SHARE = 0.05;
const LEAST_RANK = 1.5;
/** Variance over mean square below which all embeddings are the same point. */
const LEAST_SPREAD = 1e-6;

/**
 * Complete collapse (all embeddings alike) and dimensional collapse (Jing et al. 2022): an effective rank below 1.5 or
 * 5 % of min(size, rows − 1).
 * @throws {DataError} with fewer than 3 embeddings, or one that is not finite
 */
export function collapseReport({
  size,
  embeddings,
}: Pick<EmbeddingSet, 'size' | 'embeddings'>): CollapseReport {
  const rows = embeddings.length / size;
  if (rows < 3 || !embeddings.every(Number.isFinite)) {
    throw new DataError(`embeddings: ${rows} rows of finite numbers are needed, 3 or more`, {
      code: 'EMBEDDINGS_UNUSABLE',
      context: { rows },
    });
  }
  const { mean, covariance } = momentsOf(embeddings, size);
  const variances = Float64Array.from({ length: size }, (_, k) => covariance[k * size + k]!);
  const variance = variances.reduce((sum, value) => sum + value, 0);
  const square = variance + mean.reduce((sum, value) => sum + value * value, 0);
  const singular = symmetricEigen(covariance, size).values.map((value) => Math.sqrt(Math.max(0, value)));
  const total = singular.reduce((sum, value) => sum + value, 0);
  const entropy = singular.reduce((sum, value) => {
    const share = value / total;
    return share > 0 ? sum - share * Math.log(share) : sum;
  }, 0);
  const isPoint = !(variance > LEAST_SPREAD * square);
  const effectiveRank = isPoint ? 1 : Math.exp(entropy);
  const least = Math.max(LEAST_RANK, LEAST_RANK_SHARE * Math.min(size, rows - 1));
  const reason = isPoint
    ? `all embeddings are alike: their variance is ${(variance / square).toExponential(1)} of their mean square`
    : effectiveRank < least
      ? `the effective rank ${effectiveRank.toFixed(2)} is below ${least.toFixed(2)}: ${size} dimensions say what a few could`
      : '';
  return {
    collapsed: reason !== '',
    reason,
    effectiveRank,
    variances,
    deadDimensions: variances.filter((value) => value <= (1e-6 * variance) / size).length,
  };
}

/** Mean `[size]` and covariance `[size × size]` (divided by n) of the rows. */
export function momentsOf(
  rows: Float64Array,
  size: number,
): { readonly mean: Float64Array; readonly covariance: Float64Array } {
  const count = rows.length / size;
  const mean = new Float64Array(size);
  for (let i = 0; i < rows.length; i++) mean[i % size]! += rows[i]! / count;
  const covariance = new Float64Array(size * size);
  const centred = new Float64Array(size);
  for (let row = 0; row < count; row++) {
    for (let k = 0; k < size; k++) centred[k] = rows[row * size + k]! - mean[k]!;
    for (let i = 0; i < size; i++) {
      const factor = centred[i]! / count;
      for (let j = 0; j < size; j++) covariance[i * size + j]! += factor * centred[j]!;
    }
  }
  return { mean, covariance };
}

export interface DriftReport {
  /** Pairs of neighbouring days of one symbol. */
  readonly pairs: number;
  /** Mean Euclidean distance between them; NaN without pairs. */
  readonly meanDistance: number;
  /** Root mean square distance of any two embeddings: √(2·total variance). */
  readonly spread: number;
  /** Mean distance over spread: near 0 the embedding stands still, near 1 a day says nothing about the next. */
  readonly relative: number;
}

/** How far embeddings of one symbol move from one time to the next, `stepMs` (a day by default) later. */
export function embeddingDrift(set: EmbeddingSet, stepMs: number = DAY_MS): DriftReport {
  const { size, embeddings, symbolOf, timeMs } = set;
  const rowAt = new Map(Array.from(timeMs, (time, row) => [`${symbolOf[row]} ${time}`, row]));
  let [pairs, sum] = [0, 0];
  for (const [row, time] of timeMs.entries()) {
    const next = rowAt.get(`${symbolOf[row]} ${time + stepMs}`);
    if (next === undefined) continue;
    let squares = 0;
    for (let k = 0; k < size; k++)
      squares += (embeddings[next * size + k]! - embeddings[row * size + k]!) ** 2;
    sum += Math.sqrt(squares);
    pairs++;
  }
  const { covariance } = momentsOf(embeddings, size);
  let variance = 0;
  for (let k = 0; k < size; k++) variance += covariance[k * size + k]!;
  const spread = Math.sqrt(2 * variance);
  return { pairs, meanDistance: sum / pairs, spread, relative: sum / pairs / spread };
}

export interface NeighbourReport {
  /** Share of nearest neighbours with the same label. */
  readonly consistency: number;
  /** The share if neighbours were drawn at random. */
  readonly chance: number;
}

/**
 * Whether embeddings that lie near each other have the same label: of each row's `neighbours` nearest ones by cosine of
 * the centred embeddings. Rows less than `exclusionMs` away do not count as neighbours: their windows share candles.
 * `labels` are class numbers, −1 = none.
 */
export function neighbourConsistency(
  set: EmbeddingSet,
  labels: ArrayLike<number>,
  { neighbours = 5, exclusionMs }: { readonly neighbours?: number; readonly exclusionMs: number },
): NeighbourReport {
  const { size, timeMs } = set;
  const unit = unitRows(set);
  const labelled = [...timeMs.keys()].filter((row) => labels[row]! >= 0);
  let [hits, asked, chance] = [0, 0, 0];
  for (const row of labelled) {
    const others = labelled.filter((other) => Math.abs(timeMs[other]! - timeMs[row]!) >= exclusionMs);
    if (others.length < neighbours) continue;
    const near = others
      .map((other) => {
        let cosine = 0;
        for (let k = 0; k < size; k++) cosine += unit[row * size + k]! * unit[other * size + k]!;
        return { other, cosine };
      })
      .sort((a, b) => b.cosine - a.cosine);
    const same = (other: number): boolean => labels[other] === labels[row];
    hits += near.slice(0, neighbours).filter(({ other }) => same(other)).length / neighbours;
    chance += others.filter(same).length / others.length;
    asked++;
  }
  return { consistency: hits / asked, chance: chance / asked };
}

/** Centred embeddings of length 1. */
function unitRows({ size, embeddings }: EmbeddingSet): Float64Array {
  const { mean } = momentsOf(embeddings, size);
  const unit = embeddings.map((value, i) => value - mean[i % size]!);
  for (let row = 0; row * size < unit.length; row++) {
    const part = unit.subarray(row * size, (row + 1) * size);
    const length = Math.hypot(...part);
    if (length > 0) for (let k = 0; k < size; k++) part[k]! /= length;
  }
  return unit;
}
