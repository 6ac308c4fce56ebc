/** What MicroNet learns from, and the sequences that an epoch shows. */
import { DataError } from '../../domain/core/index.ts';
import { type RowRange, floatTensor, intTensor } from '../neural/index.ts';
import type { MicroConfig } from './micro-config.ts';
import type { ObjectiveBatch } from './objective.ts';
import { type FeatureScale, intoColumn, writeScaled } from './windows.ts';

/** What holds for a symbol from one run of MacroNet to the next: a day. */
export interface DayContext extends FeatureScale {
  /** `[embedding]`; not read by a MicroNet without. */
  readonly embedding?: ArrayLike<number>;
}

export interface MicroDataset {
  readonly featureNames: readonly string[];
  /** `[rows × features]`, row-major, raw; several symbols one after the other; finite within segments. */
  readonly features: Float64Array;
  /** Contiguous candles of one symbol each, in order and without overlap. */
  readonly segments: readonly RowRange[];
  readonly contexts: readonly DayContext[];
  /** `[rows]` the context that holds at each row, −1 = none; the same ones lie next to each other. */
  readonly contextOf: Int32Array;
  /** `[rows]` scores in [−1, 1] or class numbers; NaN = no label. */
  readonly labels: Float64Array;
  /** Candles after its own that a label looks at. */
  readonly horizonCandles: number;
}

/** A sequence: candles up to `end − 1`, of which those from `labelsFrom` on may teach their labels. */
export interface MicroBlock {
  readonly start: number;
  readonly end: number;
  readonly labelsFrom: number;
}

/** `[rows]` 1 where a row of `rows` has a label, a context, and the candles that a decision sees. */
export function learnableCandles(dataset: MicroDataset, rows: Int32Array, length: number): Uint8Array {
  const asked = new Uint8Array(dataset.labels.length);
  for (const row of rows) asked[row] = 1;
  const learnable = new Uint8Array(asked.length);
  for (const { start, end } of dataset.segments) {
    for (let row = start + length - 1; row < end; row++) {
      if (asked[row] === 1 && dataset.contextOf[row]! >= 0 && !Number.isNaN(dataset.labels[row]!)) {
        learnable[row] = 1;
      }
    }
  }
  return learnable;
}

/**
 * Blocks that hold every learnable label once, with up to `labelledSteps` of them each. All labels of a block have one
 * context, and the whole sequence is scaled by it, exactly as in serving.
 */
export function planMicroBlocks(
  { segments, contextOf }: MicroDataset,
  learnable: Uint8Array,
  { length, labelledSteps }: { readonly length: number; readonly labelledSteps: number },
): readonly MicroBlock[] {
  const blocks: MicroBlock[] = [];
  for (const segment of segments) {
    let row = segment.start + length - 1;
    while (row < segment.end) {
      if (learnable[row] !== 1) {
        row++;
        continue;
      }
      const labelsFrom = row;
      let end = row + 1;
      for (; row < segment.end && row < labelsFrom + labelledSteps; row++) {
        if (contextOf[row] !== contextOf[labelsFrom]) break;
        if (learnable[row] === 1) end = row + 1;
      }
      blocks.push({ start: Math.max(segment.start, end - (length - 1 + labelledSteps)), end, labelsFrom });
    }
  }
  return blocks;
}

interface BatchOptions {
  readonly model: MicroConfig;
  readonly learnable: Uint8Array;
  readonly labelledSteps: number;
}

/**
 * Blocks as inputs of the objective. A block that is shorter than the others is filled up with its own candles from its
 * start on: they come after all its labels, where a causal network cannot see them.
 */
export function microBatch(
  dataset: MicroDataset,
  blocks: readonly MicroBlock[],
  { model, learnable, labelledSteps }: BatchOptions,
): ObjectiveBatch {
  const { features, featureNames, contexts, contextOf } = dataset;
  const width = featureNames.length;
  const steps = model.sequenceLength - 1 + labelledSteps;
  const size = blocks.length;
  const window = floatTensor([steps, size, width]);
  const embedding = floatTensor([size, model.embedding]);
  const mask = floatTensor([labelledSteps, size]);
  const labels =
    model.output === 'score'
      ? floatTensor([labelledSteps, size])
      : intTensor([labelledSteps, size], new Int32Array(labelledSteps * size).fill(-1));
  const sequence = new Float32Array(steps * width);
  for (const [column, { start, end, labelsFrom }] of blocks.entries()) {
    const context = contexts[contextOf[labelsFrom]!]!;
    const length = end - start;
    writeScaled(features, { start, steps: length }, context, sequence);
    for (let step = length; step < steps; step++) {
      sequence.copyWithin(step * width, (step - length) * width, (step - length + 1) * width);
    }
    intoColumn(sequence, window, column);
    if (model.embedding > 0) embedding.data.set(context.embedding!, column * model.embedding);
    for (let row = labelsFrom; row < end; row++) {
      if (learnable[row] !== 1) continue;
      const at = (row - start - model.sequenceLength + 1) * size + column;
      mask.data[at] = 1;
      labels.data[at] = dataset.labels[row]!;
    }
  }
  const feeds = { window, mask, labels, ...(model.embedding === 0 ? {} : { embedding }) };
  return { feeds, size };
}

/**
 * @throws {DataError} on lengths, segments, contexts or labels that do not fit, or a value within a segment that is not
 *   finite
 */
export function checkMicroDataset(dataset: MicroDataset, { embedding, output }: MicroConfig): void {
  const { featureNames, features, segments, contexts, contextOf, labels } = dataset;
  const width = featureNames.length;
  const rows = labels.length;
  if (features.length !== rows * width || contextOf.length !== rows) {
    refuse(
      `${features.length} values and ${contextOf.length} contexts are not ${rows} rows of ${width} features`,
    );
  }
  for (const [index, { embedding: vector, centre, scale }] of contexts.entries()) {
    if (
      centre.length !== width ||
      scale.length !== width ||
      (embedding > 0 && vector?.length !== embedding)
    ) {
      refuse(`context ${index} has not ${width} centres and scales and an embedding of ${embedding}`);
    }
    const numbers = [...Array.from(centre), ...Array.from(scale), ...Array.from(vector ?? [])];
    if (!numbers.every(Number.isFinite) || !Array.from(scale).every((value) => value > 0)) {
      refuse(`context ${index} holds a number that is not finite, or a scale that is not above 0`);
    }
  }
  const fits = (label: number): boolean =>
    Number.isNaN(label) ||
    (output === 'score' ? Math.abs(label) <= 1 : label === 0 || label === 1 || label === 2);
  for (let row = 0; row < rows; row++) {
    if (!fits(labels[row]!)) refuse(`row ${row} has label ${labels[row]}, which is no ${output}`);
    if (contextOf[row]! >= contexts.length)
      refuse(`row ${row} has context ${contextOf[row]} of ${contexts.length}`);
  }
  let last = 0;
  for (const { start, end } of segments) {
    if (start < last || end > rows || start >= end)
      refuse(`segment ${start} to ${end} overlaps or leaves the rows`);
    last = end;
    const bad = features.subarray(start * width, end * width).findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      refuse(
        `${featureNames[bad % width]} of row ${start + Math.floor(bad / width)} is not finite; end the segment`,
      );
    }
  }
}

/**
 * @throws {DataError} when a label that is learned looks at a candle that is judged: purge the rows before
 */
export function requirePurged(
  { segments, horizonCandles }: MicroDataset,
  learned: Uint8Array,
  judged: Uint8Array,
): void {
  for (const { start, end } of segments) {
    let next = Infinity;
    for (let row = end - 1; row >= start; row--) {
      if (learned[row] === 1 && next - row <= horizonCandles) {
        refuse(
          `the label of training row ${row} looks at validation row ${next}: leave ${horizonCandles} rows between`,
        );
      }
      if (judged[row] === 1) next = row;
    }
  }
}

function refuse(message: string): never {
  throw new DataError(`micro dataset: ${message}`, { code: 'MICRO_DATASET' });
}
