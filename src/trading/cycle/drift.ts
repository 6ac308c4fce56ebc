/** How far a day lies from what a model was taught on: its embedding, and the distribution of its scores. */
import { DAY_MS } from '../../domain/core/index.ts';
import { quantileOfSorted } from '../../domain/math/index.ts';

export interface DayVector {
  readonly dayMs: number;
  readonly embedding: readonly number[];
}

/** What is typical of the days that a model was taught on. Distances are Euclidean. */
export interface EmbeddingReference {
  readonly days: number;
  readonly centre: readonly number[];
  /** Mean distance of neighbouring days; null without any. */
  readonly meanStep: number | null;
  /** Median of the distances from the centre. */
  readonly typicalDistance: number;
  /** Their quantile beyond which a day is far. */
  readonly farDistance: number;
}

/** Fewer days have no typical distance. */
const FEWEST_DAYS = 5;

/** null for too few days, or embeddings of no numbers. */
export function embeddingReference(
  days: readonly DayVector[],
  farQuantile: number,
): EmbeddingReference | null {
  const size = days[0]?.embedding.length ?? 0;
  if (size === 0 || days.length < FEWEST_DAYS) return null;
  const centre = Array.from(
    { length: size },
    (_, k) => days.reduce((sum, { embedding }) => sum + embedding[k]!, 0) / days.length,
  );
  const distances = Float64Array.from(days, ({ embedding }) => distanceOf(embedding, centre)).toSorted();
  const of = new Map(days.map(({ dayMs, embedding }) => [dayMs, embedding]));
  const steps = days.flatMap(({ dayMs, embedding }) => {
    const before = of.get(dayMs - DAY_MS);
    return before === undefined ? [] : [distanceOf(embedding, before)];
  });
  return {
    days: days.length,
    centre,
    meanStep: steps.length === 0 ? null : steps.reduce((sum, step) => sum + step, 0) / steps.length,
    typicalDistance: quantileOfSorted(distances, 0.5),
    farDistance: quantileOfSorted(distances, farQuantile),
  };
}

export interface EmbeddingDrift {
  /** Distance to yesterday's embedding over the reference's mean step; null without either. */
  readonly step: number | null;
  /** Distance to the reference's centre over the typical one. */
  readonly distance: number;
  readonly isFar: boolean;
}

/** null without an embedding or a reference. */
export function embeddingDriftOf(
  today: readonly number[] | null,
  yesterday: readonly number[] | null,
  reference: EmbeddingReference | null,
): EmbeddingDrift | null {
  if (today === null || reference === null || today.length !== reference.centre.length) return null;
  const distance = distanceOf(today, reference.centre);
  const { meanStep, typicalDistance, farDistance } = reference;
  const hasStep = yesterday?.length === today.length && meanStep !== null && meanStep > 0;
  return {
    step: hasStep ? distanceOf(today, yesterday) / meanStep : null,
    distance: typicalDistance > 0 ? distance / typicalDistance : distance === 0 ? 1 : Number.MAX_VALUE,
    isFar: distance > farDistance,
  };
}

/**
 * Largest distance of the two empirical distributions, in [0, 1] (Kolmogorov–Smirnov statistic, two samples). A size, not
 * a test: neighbouring scores are nearly copies of each other. NaN when either is empty.
 */
export function distributionDistance(a: readonly number[], b: readonly number[]): number {
  const [first, second] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()];
  if (first.length === 0 || second.length === 0) return Number.NaN;
  let [i, j, largest] = [0, 0, 0];
  while (i < first.length && j < second.length) {
    const value = Math.min(first[i]!, second[j]!);
    while (first[i] === value) i++;
    while (second[j] === value) j++;
    largest = Math.max(largest, Math.abs(i / first.length - j / second.length));
  }
  return largest;
}

function distanceOf(a: readonly number[], b: readonly number[]): number {
  return Math.sqrt(a.reduce((sum, value, k) => sum + (value - b[k]!) ** 2, 0));
}
