/** Candles with labels and days' contexts in, MicroNet out. */
import { DataError } from '../../domain/core/index.ts';
import type { NetworkLayout, TrainingIdentity, Weights } from '../neural/index.ts';
import { fingerprintOfDataset } from './fingerprint.ts';
import { type MicroConfig, type MicroTrainingConfig, requireValidMicro } from './micro-config.ts';
import {
  type DayContext,
  type MicroDataset,
  checkMicroDataset,
  learnableCandles,
  microBatch,
  planMicroBlocks,
  requirePurged,
} from './micro-data.ts';
import { encodeMicroModel } from './micro-model.ts';
import { EMBEDDING_DEVIATION, EMBEDDING_MEAN, microObjective } from './micro-net.ts';
import {
  type ObjectiveConfig,
  type ObjectiveEpoch,
  type ObjectiveObserver,
  inParts,
  shuffledParts,
  trainObjective,
} from './objective-training.ts';
import { fingerprintOfObjective } from './objective.ts';

export interface TrainMicroOptions extends ObjectiveObserver {
  readonly dataset: MicroDataset;
  /** Rows whose labels may be learned; a decision may look back at earlier ones. */
  readonly trainRows: Int32Array;
  /** Rows that choose the best epoch; no learned label looks at one of them. Without them the last epoch is kept. */
  readonly validationRows?: Int32Array;
  readonly model: MicroConfig;
  readonly training: MicroTrainingConfig;
}

export interface TrainedMicro {
  /** The model file: see {@link encodeMicroModel}. */
  readonly onnx: Uint8Array<ArrayBuffer>;
  readonly layout: NetworkLayout;
  readonly weights: Weights;
  readonly epochs: readonly ObjectiveEpoch[];
  readonly best: ObjectiveEpoch;
  /** NaN without validation rows. */
  readonly untrainedLoss: number;
  readonly parameters: number;
  readonly trainLabels: number;
  readonly validationLabels: number;
}

/** What a training is of: only with the same does a checkpoint go on. Takes a pass over all the data. */
export function microIdentity(options: TrainMicroOptions): TrainingIdentity<ObjectiveConfig> {
  const { dataset, trainRows, validationRows, model, training } = options;
  const features = dataset.featureNames.length;
  return {
    network: fingerprintOfObjective(microObjective({ model, training, features })),
    data: fingerprintOfDataset(
      dataset,
      validationRows === undefined ? [trainRows] : [trainRows, validationRows],
    ),
    config: { ...model, ...training },
  };
}

/**
 * The same options on the same machine give the same bytes.
 * @throws {ConfigError} with every mistake in the configuration
 * @throws {DataError} when the data cannot be used, no row can be learned, a learned label looks at a validation row, or
 *   the loss stops being finite
 */
export async function trainMicro(options: TrainMicroOptions): Promise<TrainedMicro> {
  const { dataset, trainRows, validationRows, model, training } = options;
  requireValidMicro(model, training);
  checkMicroDataset(dataset, model);
  const { labelledSteps, batchSize } = training;
  const plan = (rows: Int32Array, name: string) => {
    const learnable = learnableCandles(dataset, rows, model.sequenceLength);
    const shape = { length: model.sequenceLength, labelledSteps };
    const blocks = planMicroBlocks(dataset, learnable, shape);
    if (blocks.length === 0) throw noRows(name, rows.length, model.sequenceLength);
    const batch = (part: Int32Array) =>
      microBatch(
        dataset,
        Array.from(part, (block) => blocks[block]!),
        { model, learnable, labelledSteps },
      );
    return { learnable, blocks, batch, labels: learnable.reduce((sum, mark) => sum + mark, 0) };
  };
  const train = plan(trainRows, 'training');
  const validation = validationRows === undefined ? undefined : plan(validationRows, 'validation');
  if (validation !== undefined) requirePurged(dataset, train.learnable, validation.learnable);
  const learned = await trainObjective({
    ...options,
    objective: microObjective({ model, training, features: dataset.featureNames.length }),
    identity: () => microIdentity(options),
    config: training,
    steps: Math.ceil(train.blocks.length / batchSize),
    prepare: (layout, weights) => {
      setEmbeddingScale(layout, weights, contextsOf(dataset, train.learnable));
    },
    batches: function* (random) {
      for (const part of shuffledParts(train.blocks.length, batchSize, random)) yield train.batch(part);
    },
    validation:
      validation === undefined
        ? undefined
        : function* () {
            for (const part of inParts(Int32Array.from(validation.blocks.keys()), batchSize)) {
              yield validation.batch(part);
            }
          },
  });
  const { layout, weights, best } = learned;
  const { featureNames, horizonCandles } = dataset;
  const description = { featureNames, horizonCandles, model, training, best: best.epoch };
  return {
    ...learned,
    onnx: encodeMicroModel({ layout, weights, description }),
    parameters: layout.parameters.size,
    trainLabels: train.labels,
    validationLabels: validation?.labels ?? 0,
  };
}

/** The contexts of rows that are learned, each once. */
function contextsOf({ contexts, contextOf }: MicroDataset, learnable: Uint8Array): readonly DayContext[] {
  const used = new Set<number>();
  for (const [row, mark] of learnable.entries()) if (mark === 1) used.add(contextOf[row]!);
  return [...used].map((index) => contexts[index]!);
}

/** Mean and deviation of the embeddings that are learned from; deviation 1 where one does not vary. */
function setEmbeddingScale(
  layout: NetworkLayout,
  { buffers }: Weights,
  contexts: readonly DayContext[],
): void {
  const slotOf = (name: string) => layout.buffers.slots.find((slot) => slot.name === name);
  const [means, deviations] = [slotOf(EMBEDDING_MEAN), slotOf(EMBEDDING_DEVIATION)];
  if (means === undefined || deviations === undefined) return;
  for (let k = 0; k < means.size; k++) {
    const values = contexts.map(({ embedding }) => embedding![k]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    const deviation = Math.sqrt(variance);
    buffers[means.offset + k] = mean;
    buffers[deviations.offset + k] = deviation > Math.abs(mean) * 1e-6 ? deviation : 1;
  }
}

function noRows(name: string, rows: number, length: number): DataError {
  return new DataError(
    `training: none of ${rows} ${name} rows has a label, a day's context and ${length} contiguous candles; ` +
      'give more data or a shorter sequence',
    { code: 'TRAINING_NO_ROWS', context: { rows, length } },
  );
}
