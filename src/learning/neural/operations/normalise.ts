/** Normalisation of every row by itself. */
import { type Value, appendNode, requireFloat } from '../graph/graph.ts';
import { sameShape, shapeError } from '../graph/shape.ts';
import { mul, sub } from './arithmetic.ts';
import { reducedShape, sumTo } from './broadcast.ts';
import { reduceMean } from './reductions.ts';

/**
 * y = γ·x̂ + β with x̂ = (x − μ)·s, s = 1 / √(σ² + ε), over the last axis; σ² is the biased variance. `γ, β [C]`.
 * dγ = Σ dy·x̂, dβ = Σ dy; with e = dy·γ: dx = s·(e − mean(e) − x̂·mean(e·x̂)).
 * Source: Ba, Kiros & Hinton 2016; ONNX `LayerNormalization`, which keeps μ and s for the way back.
 */
export function normaliseRows(x: Value, gamma: Value, beta: Value, epsilon: number): Value {
  requireFloat('LayerNormalization', x, gamma, beta);
  for (const scale of [gamma, beta]) {
    if (!sameShape(scale.shape, x.shape.slice(-1))) {
      throw shapeError('LayerNormalization', 'scale or shift does not fit', x.shape, scale.shape);
    }
  }
  const statistics = { type: 'float32', shape: reducedShape(x.shape, [x.shape.length - 1], true) } as const;
  const outputs = appendNode({
    operation: 'LayerNormalization',
    inputs: [x, gamma, beta],
    outputs: [{ type: 'float32', shape: x.shape }, statistics, statistics],
    attributes: { axis: { int: -1 }, epsilon: { float: epsilon } },
    gradients: [
      (at) => {
        const scale = at.output(2);
        const normal = mul(sub(at.input(0), at.output(1)), scale);
        const e = mul(at.dy, at.input(1));
        const slope = reduceMean(mul(e, normal), [-1], true);
        return mul(scale, sub(sub(e, reduceMean(e, [-1], true)), mul(normal, slope)));
      },
      (at) => sumTo(mul(at.dy, mul(sub(at.input(0), at.output(1)), at.output(2))), at.input(1).shape),
      (at) => sumTo(at.dy, at.input(2).shape),
    ],
    stackable: [false, true, true],
  });
  return outputs[0]!;
}
