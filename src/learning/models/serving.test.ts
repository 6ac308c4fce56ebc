/**
 * The exported file outside of this project: plain ONNX Runtime for Node and for the web, as a stranger would use them.
 * Python's turn is in `bench/peers/serve_peer.py`. The windows, and what they should give, are PyTorch's.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as node from 'onnxruntime-node';
import * as web from 'onnxruntime-web';
import { DIRECTIONS } from '../../domain/core/index.ts';
import { QUANTGOD_9 } from '../../domain/features/index.ts';
import { readMetadata } from '../neural/index.ts';
import { ANSWERS, GOLDEN_IMPORT, WINDOWS, distanceFromPyTorch } from './golden/golden.ts';
import { BaseModel, importTcnLstm } from './index.ts';

type Runtime = Pick<typeof node, 'InferenceSession' | 'Tensor'>;

const { onnx } = importTcnLstm(GOLDEN_IMPORT);
const { sequenceLength } = GOLDEN_IMPORT.model;
const WINDOW = sequenceLength * QUANTGOD_9.length;

/** `[WINDOWS × 3]`, in one batch or one window at a time. */
async function answersOf({ InferenceSession, Tensor }: Runtime, batch: number): Promise<number[]> {
  const session = await InferenceSession.create(onnx);
  assert.deepEqual([session.inputNames, session.outputNames], [['window'], ['logits', 'probabilities']]);
  const answers: number[] = [];
  for (let from = 0; from < WINDOWS; from += batch) {
    const values = Float32Array.from(ANSWERS.windows.slice(from * WINDOW, (from + batch) * WINDOW));
    const window = new Tensor('float32', values, [batch, sequenceLength, QUANTGOD_9.length]);
    const { probabilities } = await session.run({ window });
    assert.deepEqual(probabilities!.dims, [batch, DIRECTIONS.length]);
    answers.push(...(probabilities!.data as Float32Array));
  }
  await session.release();
  return answers;
}

describe('the exported model in other runtimes', () => {
  it('names its features, their number of bars, and its classes', () => {
    const { 'tidemark.kind': kind, 'tidemark.description': text } = readMetadata(onnx);
    const { featureNames, classes, sequenceLength: bars } = JSON.parse(text!) as Record<string, unknown>;
    assert.deepEqual(
      { kind, featureNames, classes, bars },
      {
        kind: 'tcn-lstm',
        featureNames: [...QUANTGOD_9],
        classes: ['SELL', 'NEUTRAL', 'BUY'],
        bars: sequenceLength,
      },
    );
  });

  for (const batch of [1, WINDOWS]) {
    it(`gives PyTorch's and our own answers in plain ONNX Runtime for Node, ${batch} at a time`, async () => {
      const answers = await answersOf(node, batch);
      assert.ok(distanceFromPyTorch(answers) <= 1e-6, `${distanceFromPyTorch(answers)} away`);
      const model = await BaseModel.load(onnx);
      for (let i = 0; i < WINDOWS; i++) {
        const window = Float64Array.from(ANSWERS.windows.slice(i * WINDOW, (i + 1) * WINDOW));
        for (const [k, own] of (await model.scoreWindow(window)).entries()) {
          assert.ok(Math.abs(answers[3 * i + k]! - own) <= 1e-6);
        }
      }
      await model.release();
    });
  }

  it("gives PyTorch's answers in ONNX Runtime for the web (WebAssembly)", async (t) => {
    web.env.wasm.numThreads = 1;
    const distance = distanceFromPyTorch(await answersOf(web, 1));
    assert.ok(distance <= 1e-6, `${distance} away`);
    t.diagnostic(`largest distance ${distance.toExponential(1)}`);
  });
});
