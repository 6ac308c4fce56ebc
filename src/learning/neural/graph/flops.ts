import type { ModelDescription } from './encode.ts';
import { type Body, type Graph, type Value, liveNodes } from './graph.ts';
import { type Shape } from './shape.ts';

/**
 * Floating-point operations of all matrix products of a graph, a multiplication and an addition counted apart, with the
 * given sizes of named dimensions. Loops count once for every step.
 */
export function matrixFlops(
  { graph, outputs }: Omit<ModelDescription, 'metadata'>,
  sizes: Readonly<Record<string, number>>,
): number {
  return flopsOf(graph, Object.values(outputs), sizes);
}

function flopsOf(graph: Graph, results: readonly Value[], sizes: Readonly<Record<string, number>>): number {
  let flops = 0;
  for (const { operation, inputs, outputs, attributes } of liveNodes(graph, results)) {
    if (operation === 'MatMul') {
      flops += 2 * elements(outputs[0]!.shape, sizes) * elements(inputs[0]!.shape.slice(-1), sizes);
    } else if (operation === 'Scan') {
      const { body } = attributes!['body'] as { readonly body: Body };
      const steps = elements(inputs.at(-1)!.shape.slice(0, 1), sizes);
      flops += steps * flopsOf(body.graph, body.outputs, sizes);
    }
  }
  return flops;
}

function elements(shape: Shape, sizes: Readonly<Record<string, number>>): number {
  const factors = shape.flatMap((dim) => String(dim).split('*'));
  return factors.reduce((product, factor) => product * (sizes[factor] ?? Number(factor)), 1);
}
