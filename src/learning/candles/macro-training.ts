/** Windows in, pre-trained MacroNet out. */
import { DataError, Random } from '../../domain/core/index.ts';
import type { NetworkLayout, TrainingIdentity, Weights } from '../neural/index.ts';
import { fingerprintOfWindows } from './fingerprint.ts';
import { type MacroConfig, type PretrainingConfig, requireValidMacro } from './macro-config.ts';
import { encodeMacroModel, macroParameters } from './macro-model.ts';
import {
  type ObjectiveConfig,
  type ObjectiveEpoch,
  type ObjectiveObserver,
  inParts,
  shuffledParts,
  trainObjective,
} from './objective-training.ts';
import { describeObjective, drawWeights, fingerprintOfObjective } from './objective.ts';
import { pretrainingBatch, pretrainingObjective } from './pretraining.ts';
import { type WindowSet, checkWindows } from './windows.ts';

export interface TrainMacroOptions extends ObjectiveObserver {
  readonly windows: WindowSet;
  /** Chooses the best epoch; later than `windows`, and none of its windows overlaps one of them. */
  readonly validation?: WindowSet;
  readonly model: MacroConfig;
  readonly pretraining: PretrainingConfig;
}

export interface TrainedMacro {
  /** The model file: see {@link encodeMacroModel}. */
  readonly onnx: Uint8Array<ArrayBuffer>;
  /** Of encoder and task. */
  readonly layout: NetworkLayout;
  readonly weights: Weights;
  readonly epochs: readonly ObjectiveEpoch[];
  readonly best: ObjectiveEpoch;
  /** Of the validation windows before training: what the best epoch's is to be compared with. NaN without them. */
  readonly untrainedLoss: number;
  /** Served ones; the task's own are left out. */
  readonly parameters: number;
}

/** What a pre-training is of: only with the same does a checkpoint go on. Takes a pass over all the data. */
export function macroIdentity(options: TrainMacroOptions): TrainingIdentity<ObjectiveConfig> {
  const { windows, validation, model, pretraining } = options;
  const features = windows.featureNames.length;
  return {
    network: fingerprintOfObjective(pretrainingObjective({ model, pretraining, features })),
    data: fingerprintOfWindows(validation === undefined ? [windows] : [windows, validation]),
    config: { ...model, ...pretraining },
  };
}

/**
 * The same options on the same machine give the same bytes.
 * @throws {ConfigError} with every mistake in the configuration
 * @throws {DataError} when windows cannot be used, are too few, or the loss stops being finite
 */
export async function trainMacro(options: TrainMacroOptions): Promise<TrainedMacro> {
  const { windows, validation, model, pretraining } = options;
  requireValidMacro(model, pretraining);
  for (const set of [windows, ...(validation === undefined ? [] : [validation])]) {
    checkWindows(set, model.sequenceLength);
    requireWindows(set, pretraining);
  }
  const { featureNames, ends } = windows;
  const { batchSize, seed } = pretraining;
  const objective = pretrainingObjective({ model, pretraining, features: featureNames.length });
  const learned = await trainObjective({
    ...options,
    objective,
    identity: () => macroIdentity(options),
    config: pretraining,
    steps: Math.ceil(ends.length / batchSize),
    batches: function* (random) {
      for (const chosen of shuffledParts(ends.length, batchSize, random)) {
        yield pretrainingBatch(windows, chosen, { model, pretraining, random });
      }
    },
    validation:
      validation === undefined
        ? undefined
        : function* () {
            const random = Random.fromLabel(seed, 'validation');
            const all = Int32Array.from(validation.ends.keys());
            for (const chosen of inParts(all, batchSize)) {
              yield pretrainingBatch(validation, chosen, { model, pretraining, random });
            }
          },
  });
  const { layout, weights, best } = learned;
  const description = { featureNames, model, pretraining, best: best.epoch };
  return {
    ...learned,
    onnx: encodeMacroModel({ layout, weights, description }),
    parameters: macroParameters(layout),
  };
}

/** A MacroNet whose weights are drawn and never trained: what any pre-training must beat. */
export function untrainedMacro(
  featureNames: readonly string[],
  model: MacroConfig,
  pretraining: PretrainingConfig,
): Uint8Array<ArrayBuffer> {
  requireValidMacro(model, pretraining);
  const objective = pretrainingObjective({ model, pretraining, features: featureNames.length });
  const layout = describeObjective(objective);
  const weights = drawWeights(layout, Random.fromLabel(pretraining.seed, 'weights'));
  return encodeMacroModel({ layout, weights, description: { featureNames, model, pretraining, best: 0 } });
}

function requireWindows({ ends }: WindowSet, { task }: PretrainingConfig): void {
  const least = task === 'contrastive' ? 2 : 1;
  if (ends.length >= least) return;
  throw new DataError(`pre-training: ${ends.length} windows, where the ${task} task needs ${least} or more`, {
    code: 'PRETRAINING_NO_WINDOWS',
    context: { windows: ends.length },
  });
}
