import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeModel } from '../graph/encode.ts';
import { Graph, type Value } from '../graph/graph.ts';
import { floatTensor, scalarTensor } from '../graph/tensor.ts';
import { Session } from '../runtime/session.ts';
import { adamW, adamWFactors } from './adamw.ts';
import { clipByNorm } from './clip.ts';

describe('adamW', () => {
  it('follows the published algorithm for ten steps', async () => {
    const size = 4;
    const graph = new Graph();
    const input = (name: string): Value => graph.input(name, 'float32', [size]);
    const scalar = (name: string): Value => graph.input(name, 'float32', []);
    const state = { parameters: input('p'), firstMoments: input('m'), secondMoments: input('v') };
    const next = adamW(state, input('g'), {
      stepSize: scalar('stepSize'),
      decay: scalar('decay'),
      rootCorrection: scalar('rootCorrection'),
    });
    const session = await Session.create(
      encodeModel({
        graph,
        outputs: { p1: next.parameters, m1: next.firstMoments, v1: next.secondMoments },
      }),
    );
    let feeds = {
      p: floatTensor([size], Float32Array.of(1, -2, 0.5, 0)),
      m: floatTensor([size]),
      v: floatTensor([size]),
    };
    // Algorithm 2 of the paper, in 64 bits, with decay scaled by the learning rate as in PyTorch.
    const expected = { p: [1, -2, 0.5, 0], m: [0, 0, 0, 0], v: [0, 0, 0, 0] };
    const [learningRate, weightDecay] = [0.01, 0.1];
    for (let step = 1; step <= 10; step++) {
      const gradient = expected.p.map((p, i) => Math.sin(step + i) + p);
      const factors = adamWFactors(step, learningRate, weightDecay);
      const result = await session.run({
        ...feeds,
        g: floatTensor([size], Float32Array.from(gradient)),
        stepSize: scalarTensor(factors.stepSize),
        decay: scalarTensor(factors.decay),
        rootCorrection: scalarTensor(factors.rootCorrection),
      });
      for (let i = 0; i < size; i++) {
        expected.m[i] = 0.9 * expected.m[i]! + 0.1 * gradient[i]!;
        expected.v[i] = 0.999 * expected.v[i]! + 0.001 * gradient[i]! ** 2;
        const first = expected.m[i]! / (1 - 0.9 ** step);
        const second = expected.v[i]! / (1 - 0.999 ** step);
        expected.p[i] =
          expected.p[i]! * (1 - learningRate * weightDecay) -
          (learningRate * first) / (Math.sqrt(second) + 1e-8);
        assert.ok(Math.abs(Number(result['p1']!.data[i]) - expected.p[i]!) < 1e-6);
      }
      const tensor = (name: string) => floatTensor([size], result[name]!.data as Float32Array);
      feeds = { p: tensor('p1'), m: tensor('m1'), v: tensor('v1') };
    }
    await session.release();
  });
});

describe('clipByNorm', () => {
  it('shortens what is longer than the maximum and leaves the rest', async () => {
    const graph = new Graph();
    const { gradient, norm } = clipByNorm(graph.input('g', 'float32', [2]), 1);
    const session = await Session.create(encodeModel({ graph, outputs: { gradient, norm } }));
    const long = await session.run({ g: floatTensor([2], Float32Array.of(3, 4)) });
    const short = await session.run({ g: floatTensor([2], Float32Array.of(0.3, 0.4)) });
    await session.release();
    assert.equal(Number(long['norm']!.data[0]), 5);
    assert.ok(Math.abs(Number(long['gradient']!.data[0]) - 0.6) < 1e-6);
    assert.deepEqual(short['gradient']!.data, Float32Array.of(0.3, 0.4));
  });
});
