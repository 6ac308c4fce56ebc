/**
 * Which stretches of bars a training epoch shows. A block is up to `sequenceLength − 1 + labelledSteps` bars of one
 * segment, and its bars from the `sequenceLength`-th on may carry labels: every label sees at least as many bars as
 * it will when serving. With one labelled step a block is exactly a serving window.
 */
import type { Random } from '../../../domain/core/index.ts';
import { floatTensor, intTensor } from '../graph/tensor.ts';
import type { RowRange, SequenceDataset } from './dataset.ts';
import type { TrainingBatch } from './train-step.ts';

export interface Block {
  /** Bars `start … end − 1` are shown. No bar after the last label is. */
  readonly start: number;
  readonly end: number;
  /** Labels of rows `labelsFrom … end − 1` belong to this block; earlier ones to another. */
  readonly labelsFrom: number;
}

export interface BlockPlan {
  readonly segments: readonly RowRange[];
  /** `[rows]` 1 where the label may be learned. */
  readonly learnable: Uint8Array;
  readonly sequenceLength: number;
  readonly labelledSteps: number;
}

/** Blocks that hold every learnable label once. Their borders are drawn anew, so that epochs differ. */
export function planBlocks(plan: BlockPlan, random: Random): readonly Block[] {
  const { segments, learnable, sequenceLength, labelledSteps } = plan;
  const blocks: Block[] = [];
  for (const segment of segments) {
    const first = segment.start + sequenceLength - 1;
    const phase = random.integer(labelledSteps);
    for (let cell = first + phase - labelledSteps; cell < segment.end; cell += labelledSteps) {
      let labelsFrom = Math.max(cell, first);
      let end = Math.min(cell + labelledSteps, segment.end);
      while (labelsFrom < end && learnable[labelsFrom] !== 1) labelsFrom++;
      while (end > labelsFrom && learnable[end - 1] !== 1) end--;
      if (labelsFrom >= end) continue;
      const start = Math.max(segment.start, end - (sequenceLength - 1 + labelledSteps));
      blocks.push({ start, end, labelsFrom });
    }
  }
  return blocks;
}

/** No plan has more. */
export function mostBlocks({
  segments,
  sequenceLength,
  labelledSteps,
}: Omit<BlockPlan, 'learnable'>): number {
  return segments.reduce((sum, { start, end }) => {
    const labels = end - start - sequenceLength + 1;
    // The first border may leave a single label before it.
    return labels > 0 ? sum + 1 + Math.ceil((labels - 1) / labelledSteps) : sum;
  }, 0);
}

/** The blocks in random order in as few batches of at most `batchSize` as they need, equal in size to within one. */
export function shuffledBatches(
  blocks: readonly Block[],
  batchSize: number,
  random: Random,
): readonly (readonly Block[])[] {
  const order = Int32Array.from(blocks.keys());
  random.shuffle(order);
  const shuffled = Array.from(order, (block) => blocks[block]!);
  return inParts(shuffled, Math.ceil(blocks.length / batchSize));
}

/** In their order, in `count` parts of equal size to within one. */
export function inParts<T>(items: readonly T[], count: number): readonly (readonly T[])[] {
  const borderOf = (i: number): number => Math.floor((i * items.length) / count);
  return Array.from({ length: count }, (_, i) => items.slice(borderOf(i), borderOf(i + 1)));
}

export interface BatchSource extends BlockPlan {
  readonly dataset: SequenceDataset;
  /** `[rows × features]` */
  readonly features: Float32Array;
}

/**
 * Time-major tensors of a batch. A block that is shorter than the others is filled up with its own bars from its
 * start on: they come after all its labels, so a causal network cannot see them in a decision, and they leave the
 * batch statistics what they are.
 */
export function assembleBatch(source: BatchSource, blocks: readonly Block[]): TrainingBatch {
  const { dataset, features, learnable, sequenceLength, labelledSteps } = source;
  const width = dataset.featureNames.length;
  const size = blocks.length;
  const steps = sequenceLength - 1 + labelledSteps;
  const input = floatTensor([steps, size, width]);
  const labels = intTensor([labelledSteps, size], new Int32Array(labelledSteps * size).fill(-1));
  for (const [column, { start, end, labelsFrom }] of blocks.entries()) {
    const length = end - start;
    for (let step = 0; step < steps; step++) {
      const from = (start + (step % length)) * width;
      const to = (step * size + column) * width;
      for (let k = 0; k < width; k++) input.data[to + k] = features[from + k]!;
    }
    for (let row = labelsFrom; row < end; row++) {
      if (learnable[row] !== 1) continue;
      labels.data[(row - start - sequenceLength + 1) * size + column] = dataset.labels[row]!;
    }
  }
  return { input, labels };
}
