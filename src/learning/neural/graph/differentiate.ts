/**
 * Reverse-mode differentiation that emits graph nodes (Griewank & Walther, *Evaluating Derivatives*, 2008):
 * the nodes are walked backwards, and each adds its share to the gradients of its inputs.
 */
import { invariant } from '../../../domain/core/index.ts';
import { add } from '../operations/arithmetic.ts';
import { fillLike } from '../operations/fill.ts';
import { type GradientSite, type Node, type Value, deepestGraph, liveNodes, operandsOf } from './graph.ts';
import { shapeError } from './shape.ts';

export interface BackwardPass {
  /** In the order in which they compute. */
  readonly nodes: readonly Node[];
  /** Seeds on entry; on return the gradient of every needed value that the seeds depend on. */
  readonly gradients: Map<Value, Value>;
  readonly needs: (value: Value) => boolean;
  /** What a forward value is called where the gradients are computed. */
  readonly lift: (value: Value) => Value;
  /** Says that the caller takes care of this input's gradient itself. */
  readonly defer?: (node: Node, input: number) => boolean;
}

/** Adds `gradient` to what is known of `value`'s. */
export function accumulate(gradients: Map<Value, Value>, value: Value, gradient: Value): void {
  const known = gradients.get(value);
  gradients.set(value, known === undefined ? gradient : add(known, gradient));
}

function siteOf(node: Node, pass: BackwardPass): GradientSite {
  return {
    input: (index) => pass.lift(operandsOf(node)[index]!),
    output: (index) => pass.lift(node.outputs[index]!),
    gradient: (index) => pass.gradients.get(node.outputs[index]!),
    get dy() {
      const dy = pass.gradients.get(node.outputs[0]!);
      invariant(dy !== undefined, `${node.operation}: its first output has no gradient`);
      return dy;
    },
    lift: pass.lift,
  };
}

export function backpropagate(pass: BackwardPass): void {
  for (const node of pass.nodes.toReversed()) {
    if (!node.outputs.some((output) => pass.gradients.has(output))) continue;
    const operands = operandsOf(node);
    const needed = operands.map((operand) => operand.type === 'float32' && pass.needs(operand));
    const site = siteOf(node, pass);
    const joint = needed.includes(true) ? node.jointGradient?.(site, needed) : undefined;
    for (const [i, operand] of operands.entries()) {
      if (!needed[i]) continue;
      if (joint === undefined && pass.defer?.(node, i)) continue;
      const gradient = joint === undefined ? node.gradients?.[i]?.(site) : joint[i];
      if (gradient === undefined) continue;
      if (gradient.shape.length !== operand.shape.length) {
        throw shapeError(
          `gradient of ${node.operation}`,
          'differs from its input',
          gradient.shape,
          operand.shape,
        );
      }
      accumulate(pass.gradients, operand, gradient);
    }
  }
}

/** The values among `nodes`' results that depend on one for which `source` holds. */
export function dependents(nodes: readonly Node[], source: (value: Value) => boolean): ReadonlySet<Value> {
  const found = new Set<Value>();
  for (const node of nodes) {
    if (operandsOf(node).some((operand) => source(operand) || found.has(operand))) {
      for (const output of node.outputs) found.add(output);
    }
  }
  return found;
}

/**
 * Gradients of the scalar `loss` with respect to each of `sources`, as new values of the same graph.
 * @throws {InvariantError} when `loss` is not a scalar or does not depend on a source
 */
export function gradientsOf(loss: Value, sources: readonly Value[]): readonly Value[] {
  if (loss.shape.length !== 0) throw shapeError('gradientsOf', 'the loss must be a scalar', loss.shape);
  const nodes = liveNodes(deepestGraph('gradientsOf', [loss]), [loss]);
  const wanted = new Set(sources);
  const onPath = dependents(nodes, (value) => wanted.has(value));
  const gradients = new Map([[loss, fillLike(loss, 1)]]);
  backpropagate({
    nodes,
    gradients,
    needs: (value) => wanted.has(value) || onPath.has(value),
    lift: (value) => value,
  });
  return sources.map((source) => {
    const gradient = gradients.get(source);
    invariant(gradient !== undefined, `gradientsOf: the loss does not depend on ${source.name}`);
    return gradient;
  });
}
