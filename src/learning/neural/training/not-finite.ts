/** What to say when a step gives no finite result: where, and what stands out there. */
import { DataError } from '../../../domain/core/index.ts';
import type { Block } from './blocks.ts';
import { type SequenceDataset, rowNameOf } from './dataset.ts';
import type { Scaling } from './scaling.ts';
import type { StepOutcome } from './train-step.ts';

interface Place {
  readonly epoch: number;
  /** From 1. */
  readonly step: number;
  readonly steps: number;
  readonly blocks: readonly Block[];
  readonly outcome: StepOutcome;
}

export function notFinite(dataset: SequenceDataset, scaling: Scaling, place: Place): DataError {
  const { epoch, step, steps, blocks, outcome } = place;
  const firstRow = Math.min(...blocks.map(({ start }) => start));
  const lastRow = Math.max(...blocks.map(({ end }) => end - 1));
  const name = rowNameOf(dataset);
  const extreme = mostExtreme(dataset, scaling, blocks);
  return new DataError(
    `training: loss ${outcome.loss}, gradient norm ${outcome.gradientNorm} or a running statistic is not finite in ` +
      `epoch ${epoch}, step ${step} of ${steps} (${name(firstRow)} to ${name(lastRow)}); ` +
      `the most extreme value there is ${extreme.feature} = ${extreme.value} at ${name(extreme.row)}, ` +
      `${extreme.deviations.toPrecision(3)} standard deviations from its mean: look at it, or lower the learning rate`,
    { code: 'TRAINING_NOT_FINITE', context: { epoch, step, firstRow, lastRow } },
  );
}

function mostExtreme(
  { features, featureNames }: SequenceDataset,
  { mean, deviation }: Scaling,
  blocks: readonly Block[],
) {
  const width = featureNames.length;
  let [at, deviations] = [0, -1];
  for (const { start, end } of blocks) {
    for (let i = start * width; i < end * width; i++) {
      const distance = Math.abs(features[i]! - mean[i % width]!) / deviation[i % width]!;
      if (distance > deviations) [at, deviations] = [i, distance];
    }
  }
  const row = Math.floor(at / width);
  return { row, feature: featureNames[at % width]!, value: features[at]!, deviations };
}
