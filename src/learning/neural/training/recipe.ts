/** What a training step minimises and by which rule it steps, as pieces of its graph. */
import type { Graph, Value } from '../graph/graph.ts';
import { adamW, adamWFactors } from '../optimisers/adamw.ts';
import { clipByNorm } from '../optimisers/clip.ts';
import { sgd } from '../optimisers/sgd.ts';
import { averageDecay, averageWeights } from '../optimisers/weight-average.ts';

const GRADIENT_NORM_LIMIT = 1;

export interface StepRecipe {
  readonly classWeights: readonly number[];
  /** AdamW's is decoupled from the gradient, SGD's is part of it. */
  readonly weightDecay: number;
  /** `adamw` by default. */
  readonly optimiser?: 'adamw' | 'sgd';
  /** Of SGD; 0 by default. */
  readonly momentum?: number;
  /** 0 by default. */
  readonly labelSmoothing?: number;
  /** 0 (off) by default. */
  readonly focalGamma?: number;
  /** Of the exponential moving average of the weights, which then is the result; 0 (off) by default. */
  readonly averageDecay?: number;
}

/** Everything besides the buffers that a step changes, by name: vectors `[P]`. `parameters` is the first. */
export function stateVectors({
  optimiser = 'adamw',
  averageDecay: decay = 0,
}: StepRecipe): readonly string[] {
  const moments = optimiser === 'adamw' ? ['firstMoments', 'secondMoments'] : ['velocity'];
  return ['parameters', ...moments, ...(decay > 0 ? ['average'] : [])];
}

/** Scalars of step `step`, counted from 1, computed in 64 bits. */
export function stepFactors(
  recipe: StepRecipe,
  step: number,
  learningRate: number,
): Readonly<Record<string, number>> {
  const { optimiser = 'adamw', weightDecay, averageDecay: decay = 0 } = recipe;
  return {
    ...(optimiser === 'adamw' ? adamWFactors(step, learningRate, weightDecay) : { learningRate }),
    ...(decay > 0 ? { averageDecay: averageDecay(step, decay) } : {}),
  };
}

/** Clips `gradient [P]` and takes the step: `next.…` of every state vector, and the norm before clipping. */
export function updateWeights(
  graph: Graph,
  recipe: StepRecipe,
  state: Readonly<Record<string, Value>>,
  raw: Value,
): Readonly<Record<string, Value>> {
  const { optimiser = 'adamw', momentum = 0, weightDecay, averageDecay: decay = 0 } = recipe;
  const scalar = (name: string): Value => graph.input(name, 'float32', []);
  const { gradient, norm } = clipByNorm(raw, GRADIENT_NORM_LIMIT);
  const parameters = state['parameters']!;
  const next: Record<string, Value> =
    optimiser === 'adamw'
      ? {
          ...adamW(
            { parameters, firstMoments: state['firstMoments']!, secondMoments: state['secondMoments']! },
            gradient,
            {
              stepSize: scalar('stepSize'),
              decay: scalar('decay'),
              rootCorrection: scalar('rootCorrection'),
            },
          ),
        }
      : {
          ...sgd({ parameters, velocity: state['velocity']! }, gradient, {
            learningRate: scalar('learningRate'),
            momentum,
            weightDecay,
          }),
        };
  if (decay > 0) {
    next['average'] = averageWeights(state['average']!, next['parameters']!, scalar('averageDecay'));
  }
  const outputs = Object.fromEntries(Object.entries(next).map(([name, value]) => [`next.${name}`, value]));
  return { ...outputs, gradientNorm: norm };
}
