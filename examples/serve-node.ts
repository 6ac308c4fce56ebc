/**
 * One decision by an exported model in plain ONNX Runtime: nothing of this project is needed. Explained in
 * docs/guides/models.md.
 *
 *     node examples/serve-node.ts MODEL.onnx WINDOW.json
 *
 * WINDOW.json is a flat array of raw features, bar after bar, the oldest first. Prints the three probabilities.
 */
import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const CLASSES = ['SELL', 'NEUTRAL', 'BUY'];

async function decide(modelFile: string, features: Float32Array): Promise<Record<string, number>> {
  const session = await InferenceSession.create(modelFile);
  const [input] = session.inputMetadata;
  if (input?.isTensor !== true) throw new Error(`${modelFile} takes no tensor`);
  const [, bars, width] = input.shape;
  const window = new Tensor('float32', features, [1, Number(bars), Number(width)]);
  const { probabilities } = await session.run({ window });
  return Object.fromEntries(CLASSES.map((name, k) => [name, Number(probabilities!.data[k])]));
}

const [modelFile, windowFile] = process.argv.slice(2);
if (modelFile === undefined || windowFile === undefined) {
  throw new Error('usage: node examples/serve-node.ts MODEL.onnx WINDOW.json');
}
const features = Float32Array.from(JSON.parse(await readFile(windowFile, 'utf8')) as number[]);
console.log(JSON.stringify(await decide(modelFile, features)));
