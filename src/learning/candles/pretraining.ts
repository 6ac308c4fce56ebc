/** The three tasks that teach MacroNet's encoder without labels, as objectives and the batches they are fed. */
import type { Random } from '../../domain/core/index.ts';
import {
  BATCH,
  type Loss,
  type Scope,
  type Value,
  add,
  dimProduct,
  floatTensor,
  gelu,
  hideSteps,
  linear,
  maskedReconstruction,
  meanSquaredError,
  ntXent,
  pick,
  relu,
  reshape,
  staticDim,
  transpose,
} from '../neural/index.ts';
import { embed, encodeSteps, fromPatches } from './encoder.ts';
import { type MacroConfig, type PretrainingConfig, segmentLength, stepsOf } from './macro-config.ts';
import type { Objective, ObjectiveBatch } from './objective.ts';
import { drawHidden, drawView } from './views.ts';
import { type WindowSet, intoColumn, writeScaled } from './windows.ts';

/** Scope of what is served; all else helps to train it. */
export const ENCODER_SCOPE = 'encoder';

interface TaskOptions {
  readonly model: MacroConfig;
  readonly pretraining: PretrainingConfig;
  readonly features: number;
}

export function pretrainingObjective(options: TaskOptions): Objective {
  const { model, features } = options;
  const { sequenceLength } = model;
  switch (options.pretraining.task) {
    case 'autoencoder':
      return (graph, scope) =>
        reconstruction(scope, graph.input('window', 'float32', [sequenceLength, BATCH, features]), model);
    case 'masked':
      return (graph, scope) => {
        const window = graph.input('window', 'float32', [sequenceLength, BATCH, features]);
        const hidden = graph.input('hidden', 'float32', [sequenceLength, BATCH]);
        return hiddenSteps(scope, { window, hidden }, model);
      };
    case 'contrastive':
      return (graph, scope) => {
        const length = segmentLength(model, options.pretraining.augmentation);
        const views = graph.input('views', 'float32', [length, dimProduct([2, BATCH]), features]);
        return likeness(scope, views, options);
      };
  }
}

/**
 * Mean squared error of all values of the window, rebuilt from the embedding by one linear layer: what PCA with as many
 * components does best among linear encoders (Baldi & Hornik 1989), so that the two can be compared.
 */
function reconstruction(scope: Scope, window: Value, model: MacroConfig): Loss {
  const encoder = scope.within(ENCODER_SCOPE);
  const embedding = embed(encoder, encodeSteps(encoder, window, model), model);
  const [length, batch, features] = window.shape;
  const values = linear(scope.within('decoder'), embedding, Number(length) * Number(features));
  const rebuilt = transpose(reshape(values, [batch!, length!, features!]), [1, 0, 2]);
  return meanSquaredError(rebuilt, window);
}

/**
 * Mean squared error of hidden candles (BERT: Devlin et al. 2019), rebuilt from the step's state and the embedding:
 * causal encoders know only from the embedding what came after, so that it learns too.
 */
function hiddenSteps(
  scope: Scope,
  { window, hidden }: { readonly window: Value; readonly hidden: Value },
  model: MacroConfig,
): Loss {
  const { patch, channels } = model;
  const encoder = scope.within(ENCODER_SCOPE);
  const states = encodeSteps(encoder, hideSteps(scope, window, hidden), model);
  const embedding = embed(encoder, states, model);
  const width = 2 * channels;
  const context = reshape(linear(scope.within('context'), embedding, width), [1, BATCH, width]);
  const inner = gelu(add(linear(scope.within('state'), states, width), context));
  const features = staticDim('masked', window.shape, 2);
  const rebuilt = fromPatches(linear(scope.within('decoder'), inner, patch * features), patch);
  return maskedReconstruction(rebuilt, window, hidden);
}

/** NT-Xent (Chen et al. 2020) of two views of each window, behind a projection of two layers. */
function likeness(scope: Scope, views: Value, { model, pretraining }: TaskOptions): Loss {
  const { temperature, projection } = pretraining;
  const encoder = scope.within(ENCODER_SCOPE);
  const embedding = embed(encoder, encodeSteps(encoder, views, model), model);
  const inner = relu(linear(scope.within('projection.0'), embedding, model.embedding));
  const projected = linear(scope.within('projection.1'), inner, projection);
  const pair = reshape(projected, [2, BATCH, projection]);
  return ntXent(pick(pair, 0, 0), pick(pair, 0, 1), { temperature });
}

/** The windows `chosen` as the task's inputs; what is drawn comes from `random`. */
export function pretrainingBatch(
  windows: WindowSet,
  chosen: Int32Array,
  { model, pretraining, random }: Omit<TaskOptions, 'features'> & { readonly random: Random },
): ObjectiveBatch {
  const { sequenceLength, patch } = model;
  const { task, augmentation, hiddenShare, hiddenSpan } = pretraining;
  const width = windows.featureNames.length;
  const size = chosen.length;
  const scaled = new Float32Array(sequenceLength * width);
  const read = (window: number): Float32Array => {
    const start = windows.ends[window]! + 1 - sequenceLength;
    writeScaled(windows.features, { start, steps: sequenceLength }, windows.scales[window]!, scaled);
    return scaled;
  };
  if (task === 'contrastive') {
    const steps = segmentLength(model, augmentation);
    const views = floatTensor([steps, 2 * size, width]);
    for (const [column, window] of chosen.entries()) {
      read(window);
      intoColumn(drawView(scaled, { ...augmentation, width, steps }, random), views, column);
      intoColumn(drawView(scaled, { ...augmentation, width, steps }, random), views, size + column);
    }
    return { feeds: { views }, size };
  }
  const window = floatTensor([sequenceLength, size, width]);
  for (const [column, index] of chosen.entries()) intoColumn(read(index), window, column);
  if (task === 'autoencoder') return { feeds: { window }, size };
  const hidden = floatTensor([sequenceLength, size]);
  for (let column = 0; column < size; column++) {
    const steps = drawHidden(stepsOf(model), { share: hiddenShare, span: hiddenSpan }, random);
    for (let row = 0; row < sequenceLength; row++) {
      hidden.data[row * size + column] = steps[Math.floor(row / patch)]!;
    }
  }
  return { feeds: { window, hidden }, size };
}
