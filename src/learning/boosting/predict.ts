import { invariant } from '../../domain/core/index.ts';
import { Crew, crewControl } from './crew.ts';
import { mirror } from './features.ts';
import { type BoostedTrees, needsRowMargins } from './model.ts';
import { predictInPlace } from './objective.ts';
import { type BoostingThreads, withCrew } from './threads.ts';
import { addTreeOutput, walkable, type WalkableTree } from './traversal.ts';

/** Rows that go through all trees together, so that they and their margins stay in cache. */
const BLOCK_ROWS = 256;
/** Blocks of one task. */
const TASK_BLOCKS = 16;

/** What the threads of one prediction share. */
export interface PredictionWork {
  readonly kind: 'prediction';
  readonly control: Int32Array;
  readonly threads: number;
  readonly model: Pick<BoostedTrees, 'objective' | 'outputs' | 'baseMargins' | 'trees'>;
  /** `[rows × columns]`, row-major. */
  readonly features: Float64Array;
  readonly columns: number;
  /** `[rows × outputs]`, row-major: see {@link LabelledRows.margins}; null where all rows begin alike. */
  readonly rowMargins: Float32Array | null;
  /** `[rows × outputs]`, row-major; filled. */
  readonly predictions: Float64Array;
}

/**
 * Predictions `[rows × outputs]`, row-major: probabilities of the classes, the probability of class 1, or values.
 * Features are rounded to float32 before they are compared, and margins are summed in float32 and in the order of the
 * trees, as XGBoost does.
 *
 * @param features `[rows × model.featureNames.length]`, row-major; NaN is a missing value
 * @param margins `[rows × outputs]`, for a model that was trained on rows with margins of their own, and only for one
 */
export function predictBoosting(
  model: BoostedTrees,
  features: Float64Array,
  margins?: ArrayLike<number>,
): Float64Array {
  const predictions = new Float64Array(rowsOf(model, features) * model.outputs);
  const rowMargins = rowMarginsOf(model, predictions.length, margins);
  const work = predictionWork(model, { features, rowMargins, predictions, threads: 1 });
  predictBlocks(work, Crew.alone());
  return predictions;
}

function rowMarginsOf(
  model: BoostedTrees,
  length: number,
  margins: ArrayLike<number> | undefined,
): Float32Array | null {
  invariant(
    needsRowMargins(model) === (margins !== undefined),
    'margins go with a model that was trained on them',
  );
  invariant((margins?.length ?? length) === length, 'one margin an output and row', { length });
  return margins === undefined ? null : Float32Array.from(margins);
}

/** {@link predictBoosting} by several threads, to the same bit; the result lies in shared memory. */
export async function predictBoostingOn(
  threads: BoostingThreads,
  model: BoostedTrees,
  features: Float64Array,
  margins?: ArrayLike<number>,
): Promise<Float64Array> {
  const rows = rowsOf(model, features);
  const shared = sharedFloats(features.length);
  shared.set(features);
  const predictions = sharedFloats(rows * model.outputs);
  const rowMargins = rowMarginsOf(model, predictions.length, margins);
  const work = predictionWork(model, { features: shared, rowMargins, predictions, threads: threads.count });
  await withCrew(work, threads, (crew) => predictBlocks(work, crew));
  return predictions;
}

const sharedFloats = (length: number): Float64Array => new Float64Array(new SharedArrayBuffer(8 * length));

function rowsOf(model: BoostedTrees, features: Float64Array): number {
  const columns = model.featureNames.length;
  const rows = features.length / columns;
  invariant(Number.isInteger(rows), 'features come in whole rows of one a feature name', {
    length: features.length,
    columns,
  });
  return rows;
}

function predictionWork(
  { objective, outputs, baseMargins, trees, featureNames }: BoostedTrees,
  shared: Pick<PredictionWork, 'features' | 'rowMargins' | 'predictions' | 'threads'>,
): PredictionWork {
  const model = { objective, outputs, baseMargins, trees };
  return { kind: 'prediction', control: crewControl(), columns: featureNames.length, model, ...shared };
}

/** Trees laid out for walking, once a model: for 900 of them that takes 2.5 ms, to send a row down 0.07. */
const laidOut = new WeakMap<BoostedTrees['trees'], readonly WalkableTree[]>();

function walkableTrees(trees: BoostedTrees['trees'], columns: number): readonly WalkableTree[] {
  const known = laidOut.get(trees);
  if (known !== undefined) return known;
  const walked = trees.map((tree) => walkable(tree, columns));
  laidOut.set(trees, walked);
  return walked;
}

/** Predicts all rows, with the whole crew. */
export function predictBlocks(work: PredictionWork, crew: Crew): void {
  const { model, features, columns, rowMargins, predictions } = work;
  const { outputs, baseMargins } = model;
  const rows = predictions.length / outputs;
  const trees = walkableTrees(model.trees, columns);
  const block = new Float32Array(BLOCK_ROWS * columns * 2);
  const identity = Int32Array.from({ length: BLOCK_ROWS }, (_, i) => i);
  const base = new Float32Array(BLOCK_ROWS * outputs).map((_, i) => baseMargins[i % outputs]!);
  const margins = new Float32Array(BLOCK_ROWS * outputs);
  crew.each(Math.ceil(rows / (BLOCK_ROWS * TASK_BLOCKS)), (task) => {
    const end = Math.min((task + 1) * BLOCK_ROWS * TASK_BLOCKS, rows);
    for (let start = task * BLOCK_ROWS * TASK_BLOCKS; start < end; start += BLOCK_ROWS) {
      const size = Math.min(BLOCK_ROWS, end - start);
      mirror(features, { from: start * columns, to: (start + size) * columns }, block);
      margins.set(base);
      if (rowMargins !== null) margins.set(rowMargins.subarray(start * outputs, (start + size) * outputs));
      const walkers = { features: block, columns, rows: identity, from: 0, to: size, margins, outputs };
      trees.forEach((tree, t) => addTreeOutput(tree, walkers, t % outputs));
      const found = predictions.subarray(start * outputs, (start + size) * outputs);
      found.set(margins.subarray(0, size * outputs));
      predictInPlace(model.objective, found, outputs);
    }
  });
}
