import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeModel } from '../graph/encode.ts';
import { Graph } from '../graph/graph.ts';
import { type FloatTensor, floatTensor, scalarTensor } from '../graph/tensor.ts';
import { adamW, adamWFactors } from '../optimisers/adamw.ts';
import { clipByNorm } from '../optimisers/clip.ts';
import {
  type OneCycleOptions,
  type Schedule,
  type WarmUpOptions,
  cosineSchedule,
  oneCycleSchedule,
  warmUpCosineSchedule,
} from '../optimisers/schedule.ts';
import { sgd } from '../optimisers/sgd.ts';
import { averageDecay, averageWeights } from '../optimisers/weight-average.ts';
import { type NamedTensors, Session } from '../runtime/session.ts';
import { type Packed, absoluteError, readGolden, unpacked } from './golden.ts';

interface OptimiserCase {
  readonly name: 'adamW' | 'sgd';
  readonly options: {
    readonly learningRate: number;
    readonly weightDecay: number;
    readonly momentum: number;
    readonly nesterov: boolean;
  };
  readonly averageDecay: number;
  readonly start: Packed;
  /** `[steps, P]` as are the next two. */
  readonly gradients: Packed;
  readonly parameters: Packed;
  readonly averages: Packed;
}

interface Golden {
  readonly optimisers: readonly OptimiserCase[];
  readonly clipping: readonly {
    readonly gradient: Packed;
    readonly norm: number;
    readonly clipped: Packed;
  }[];
  readonly schedules: readonly {
    readonly name: string;
    readonly options: WarmUpOptions & OneCycleOptions;
    readonly rates: readonly number[];
  }[];
}

// Made by bench/peers/neural_golden.py with PyTorch 2.15.0.
const GOLDEN = readGolden(
  'optimisers.json',
  'a8dedff9bf3fc5bdfca0dddb618c2eb5eb447171b1232d8455349d3072657a8c',
) as Golden;

/** A model of one step, from `name` to `next.name` for everything that the step changes. */
function encodeStep({ name, options }: OptimiserCase, size: number) {
  const graph = new Graph();
  const vector = (key: string) => graph.input(key, 'float32', [size]);
  const scalar = (key: string) => graph.input(key, 'float32', []);
  const [parameters, gradient] = [vector('parameters'), vector('gradient')];
  const steps = {
    adamW: () => {
      const state = {
        parameters,
        firstMoments: vector('firstMoments'),
        secondMoments: vector('secondMoments'),
      };
      const [stepSize, decay, rootCorrection] = ['stepSize', 'decay', 'rootCorrection'].map(scalar);
      return adamW(state, gradient, {
        stepSize: stepSize!,
        decay: decay!,
        rootCorrection: rootCorrection!,
      });
    },
    sgd: () =>
      sgd({ parameters, velocity: vector('velocity') }, gradient, {
        ...options,
        learningRate: scalar('learningRate'),
      }),
  };
  const next = steps[name]();
  const average = averageWeights(vector('average'), next.parameters, scalar('averageDecay'));
  const changes = Object.entries({ ...next, average });
  return {
    bytes: encodeModel({
      graph,
      outputs: Object.fromEntries(changes.map(([key, value]) => [`next.${key}`, value])),
    }),
    names: changes.map(([key]) => key),
  };
}

describe('optimisers against PyTorch', () => {
  for (const example of GOLDEN.optimisers) {
    it(`${example.name} ${JSON.stringify(example.options)}, and the average of its weights`, async () => {
      const [steps, size] = example.gradients.shape as [number, number];
      const { bytes, names } = encodeStep(example, size);
      const session = await Session.create(bytes);
      let state: NamedTensors = Object.fromEntries(names.map((name) => [name, floatTensor([size])]));
      state = { ...state, parameters: unpacked(example.start) };
      const row = ({ data }: Packed, step: number) => data.slice(step * size, (step + 1) * size);
      const { learningRate, weightDecay } = example.options;
      for (let step = 0; step < steps; step++) {
        const scalars = {
          ...adamWFactors(step + 1, learningRate, weightDecay),
          learningRate,
          averageDecay: averageDecay(step + 1, example.averageDecay),
        };
        const results = await session.run({
          ...state,
          gradient: floatTensor([size], Float32Array.from(row(example.gradients, step))),
          ...Object.fromEntries(Object.entries(scalars).map(([key, value]) => [key, scalarTensor(value)])),
        });
        state = Object.fromEntries(names.map((name) => [name, results[`next.${name}`]!]));
        const distance = (name: string, expected: Packed) =>
          absoluteError((state[name] as FloatTensor).data, row(expected, step));
        assert.ok(distance('parameters', example.parameters) <= 1e-6, `step ${step}`);
        assert.ok(distance('average', example.averages) <= 1e-6, `average of step ${step}`);
      }
      await session.release();
    });
  }

  for (const { gradient, norm, clipped } of GOLDEN.clipping) {
    it(`clipping of a gradient as long as ${norm}`, async () => {
      const graph = new Graph();
      const outputs = { ...clipByNorm(graph.input('g', 'float32', gradient.shape), 1) };
      const session = await Session.create(encodeModel({ graph, outputs }));
      const results = await session.run({ g: unpacked(gradient) });
      await session.release();
      assert.ok(Math.abs(Number(results['norm']!.data[0]) - norm) <= 1e-6 * norm);
      assert.ok(absoluteError(results['gradient']!.data as Float32Array, clipped.data) <= 1e-6);
    });
  }

  const schedules: Readonly<Record<string, (options: WarmUpOptions & OneCycleOptions) => Schedule>> = {
    cosineSchedule,
    warmUpCosineSchedule,
    oneCycleSchedule,
  };
  for (const { name, options, rates } of GOLDEN.schedules) {
    it(`${name} ${JSON.stringify(options)}`, () => {
      const schedule = schedules[name]!(options);
      const ours = rates.map((_, step) => schedule(step));
      assert.ok(absoluteError(ours, rates) <= 1e-12, `${ours.join()} is not ${rates.join()}`);
    });
  }
});
