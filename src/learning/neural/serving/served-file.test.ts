import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { Random } from '../../../domain/core/index.ts';
import { OPSET } from '../graph/encode.ts';
import { linear } from '../layers/linear.ts';
import { standardise } from '../layers/standardise.ts';
import { ModelProtoSchema } from '../onnx/onnx_pb.js';
import { slice } from '../operations/layout.ts';
import { readMetadata } from '../runtime/metadata.ts';
import { describeNetwork, encodeServingModel, initialWeights } from '../training/network.ts';
import type { SequenceNetwork } from '../training/network.ts';
import { WindowScorer } from './window-scorer.ts';

const SHAPE = { sequenceLength: 4, features: 2, classes: 3 };
const NETWORK: SequenceNetwork = {
  ...SHAPE,
  build: (scope, input, lastSteps) =>
    linear(scope.within('head'), slice(standardise(scope, input), 0, -lastSteps), 3),
};
const layout = describeNetwork(NETWORK);

function served(scaling: { readonly mean: number; readonly deviation: number }): Uint8Array {
  const of = (value: number): Float64Array => new Float64Array(2).fill(value);
  const statistics = { mean: of(scaling.mean), deviation: of(scaling.deviation) };
  const weights = initialWeights(layout, statistics, Random.fromSeed(1));
  return encodeServingModel(NETWORK, layout, weights, { purpose: 'test' });
}

describe('the file that is shipped', () => {
  it('says its producer, operator set, inputs and outputs, with the batch left open', () => {
    const onnx = served({ mean: 0, deviation: 1 });
    const { producerName, opsetImport, irVersion, graph } = fromBinary(ModelProtoSchema, onnx);
    assert.equal(producerName, 'tidemark');
    assert.deepEqual(
      opsetImport.map(({ domain, version }) => [domain, version]),
      [['', BigInt(OPSET)]],
    );
    assert.equal(irVersion, 9n);
    const shapes = [...graph!.input, ...graph!.output].map(({ name, type }) => {
      assert.ok(type?.value.case === 'tensorType');
      return [name, type.value.value.shape!.dim.map(({ value }) => String(value.value))];
    });
    assert.deepEqual(shapes, [
      ['window', ['batch', '4', '2']],
      ['logits', ['batch', '3']],
      ['probabilities', ['batch', '3']],
    ]);
    assert.deepEqual(readMetadata(onnx), { purpose: 'test' });
  });

  it('holds the scaler: raw features in, the same answer as for z-scores without one', async () => {
    const scores = Float64Array.of(0.5, -1, 2, 0, 1, 1, -0.5, 0.25);
    const raw = scores.map((z) => 100 + 8 * z);
    const rows = Int32Array.of(3);
    const scored = [];
    for (const [scaling, features] of [
      [{ mean: 0, deviation: 1 }, scores],
      [{ mean: 100, deviation: 8 }, raw],
    ] as const) {
      const scorer = await WindowScorer.create(served(scaling), SHAPE);
      scored.push(await scorer.scoreRows(features, rows));
      await scorer.release();
    }
    assert.deepEqual(scored[1], scored[0]);
    assert.ok(new Set(scored[0]).size === 3);
  });
});
