/**
 * Rounds of boosting. Every thread of a crew has a booster over the same memory and runs the same rounds; only drawing
 * rows and columns is left to the thread that leads.
 */
import { Random } from '../../domain/core/index.ts';
import { binFeatures, type BinMemory, binMemory } from './bins.ts';
import { type Crew, crewControl } from './crew.ts';
import { growerMemory, type GrowerMemory, TreeGrower } from './grower.ts';
import type { FeatureColumns, MirroredFeatures } from './features.ts';
import type { GrownTree } from './growing-tree.ts';
import { CHUNK_ROWS, chunkOf, type RowRange } from './histogram.ts';
import type { Tree } from './model.ts';
import { computeGradients, type Targets } from './objective.ts';
import type { BoostingParameters } from './parameters.ts';
import { drawColumns, drawnColumnCount, drawRows } from './sampling.ts';
import { addTreeOutput, walkable } from './traversal.ts';

/** All that the threads of one training share: plain data, whose large arrays lie in shared memory. */
export interface TrainingWork {
  readonly kind: 'training';
  readonly control: Int32Array;
  readonly threads: number;
  readonly parameters: BoostingParameters;
  readonly seed: number;
  readonly features: FeatureColumns;
  readonly targets: Targets;
  readonly bins: BinMemory;
  readonly grower: GrowerMemory;
  /** One `[rows]` array an output. */
  readonly margins: readonly Float32Array[];
  /** One `[rows × 2]` array an output, see `objective.ts`. */
  readonly gradients: readonly Float32Array[];
  /** All rows: first those that a tree is grown on, then the others. */
  readonly rows: Int32Array;
  /** `[1]` how many rows were drawn. */
  readonly drawnRows: Int32Array;
  readonly drawnColumns: Int32Array;
  /** Rows that every tree is tried on; none: empty arrays. */
  readonly validation: {
    readonly features: MirroredFeatures;
    /** `[rows]` 0, 1, 2, … */
    readonly rows: Int32Array;
    /** `[rows × outputs]`, row-major. */
    readonly margins: Float32Array;
  };
}

export function trainingWork(options: {
  readonly parameters: BoostingParameters;
  readonly threads: number;
  readonly seed: number;
  readonly columns: number;
  readonly features: FeatureColumns;
  readonly targets: Targets;
  /** `[outputs]` margins to begin with, beside those that rows have of their own. */
  readonly base: Float32Array;
  /** `[rows × outputs]` */
  readonly rowMargins: ArrayLike<number> | undefined;
  readonly validation: {
    readonly features: MirroredFeatures;
    readonly rows: number;
    readonly rowMargins: ArrayLike<number> | undefined;
  };
}): TrainingWork {
  const { parameters, threads, seed, columns, features, targets, base, rowMargins, validation } = options;
  const rows = targets.weights.length;
  const drawnColumns = drawnColumnCount(columns, parameters.columnSampleByTree);
  const outputs = base.length;
  const marginOf = (own: ArrayLike<number> | undefined, i: number): number =>
    base[i % outputs]! + (own?.[i] ?? 0);
  const judged = floats(validation.rows * outputs);
  for (let i = 0; i < judged.length; i++) judged[i] = marginOf(validation.rowMargins, i);
  const margins = Array.from(base, () => floats(rows));
  for (let i = 0; i < rows * outputs; i++) {
    margins[i % outputs]![Math.floor(i / outputs)] = marginOf(rowMargins, i);
  }
  return {
    kind: 'training',
    control: crewControl(),
    threads,
    parameters,
    seed,
    features,
    targets,
    bins: binMemory(rows, columns),
    grower: growerMemory(rows, drawnColumns, parameters),
    margins,
    gradients: Array.from(base, () => floats(2 * rows)),
    rows: integers(rows),
    drawnRows: integers(1),
    drawnColumns: integers(drawnColumns),
    validation: {
      features: validation.features,
      rows: integers(validation.rows).map((_, row) => row),
      margins: judged,
    },
  };
}

const floats = (length: number): Float32Array => new Float32Array(new SharedArrayBuffer(4 * length));
const integers = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));

export class Booster {
  readonly #work: TrainingWork;
  readonly #crew: Crew;
  readonly #grower: TreeGrower;
  readonly #random: Random;

  /** Bins the features, with the whole crew. */
  constructor(work: TrainingWork, crew: Crew) {
    const { parameters } = work;
    this.#work = work;
    this.#crew = crew;
    const binned = binFeatures(work.bins, work.features, parameters.maxBins, crew);
    this.#grower = new TreeGrower(binned, work.grower, { parameters, crew });
    this.#random = Random.fromLabel(work.seed, 'boosting');
  }

  /** One tree an output, all on the derivatives at the margins before the round. */
  round(): readonly Tree[] {
    const { parameters, targets, margins, gradients, rows, drawnRows, drawnColumns } = this.#work;
    this.#crew.each(Math.ceil(rows.length / CHUNK_ROWS), (chunk) => {
      const range = chunkOf(chunk, rows.length);
      computeGradients(parameters.objective, targets, margins, { gradients, ...range });
    });
    return gradients.map((derivatives, output) => {
      if (this.#crew.leads) this.#draw();
      this.#crew.meet();
      const sample = { rows, drawn: drawnRows[0]!, columns: drawnColumns };
      const grown = this.#grower.grow(derivatives, sample);
      this.#follow(grown, output);
      return grown.tree;
    });
  }

  #draw(): void {
    const { parameters, bins, rows, drawnRows, drawnColumns } = this.#work;
    drawnRows[0] = drawRows(parameters.subsample, rows, this.#random);
    drawnColumns.set(drawColumns(bins.columns, drawnColumns.length, this.#random));
  }

  /** Brings the margins of all rows up to date: those of training by the leaf they are in, the others by walking. */
  #follow({ tree, leaves }: GrownTree, output: number): void {
    const { bins, rows, validation } = this.#work;
    const margins = this.#work.margins[output]!;
    const outputs = this.#work.margins.length;
    const walked = walkable(tree, bins.columns);
    const chunks = Math.ceil(validation.rows.length / CHUNK_ROWS);
    this.#crew.each(leaves.length + chunks, (task) => {
      const leaf = leaves[task];
      if (leaf === undefined) {
        const range = chunkOf(task - leaves.length, validation.rows.length);
        addTreeOutput(walked, { ...validation, columns: bins.columns, outputs, ...range }, output);
      } else {
        addLeaf(margins, leaf.output, { rows, ...leaf.drawn });
        addLeaf(margins, leaf.output, { rows, ...leaf.rest });
      }
    });
  }
}

function addLeaf(margins: Float32Array, output: number, { rows, from, to }: RowRange): void {
  for (let i = from; i < to; i++) margins[rows[i]!]! += output;
}
