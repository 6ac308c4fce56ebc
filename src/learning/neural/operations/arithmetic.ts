/** Element-wise arithmetic with broadcasting. */
import {
  type GradientFormula,
  type Value,
  apply,
  constant,
  deepestGraph,
  requireFloat,
} from '../graph/graph.ts';
import { type Shape, broadcastShapes } from '../graph/shape.ts';
import { scalarTensor } from '../graph/tensor.ts';
import { sumTo } from './broadcast.ts';

export type Operand = Value | number;

function toValue(operand: Operand): Value {
  return typeof operand === 'number' ? constant(scalarTensor(operand)) : operand;
}

/** Of `[T, …]` stacks of both operands, the leading axes only meet if the looped operand has the result's rank. */
function stackableAgainst(other: Value, result: Shape): boolean {
  return other.shape.length === result.length;
}

function binary(
  operation: string,
  a: Operand,
  b: Operand,
  gradients: readonly [GradientFormula, GradientFormula],
): Value {
  const left = toValue(a);
  const right = toValue(b);
  requireFloat(operation, left, right);
  deepestGraph(operation, [left, right]);
  const shape = broadcastShapes(operation, left.shape, right.shape);
  return apply({
    operation,
    inputs: [left, right],
    shape,
    gradients: gradients.map(
      (formula, i): GradientFormula =>
        (at) =>
          sumTo(formula(at), at.input(i).shape),
    ),
    stackable: [stackableAgainst(right, shape), stackableAgainst(left, shape)],
  });
}

/** a + b: the gradient passes through. */
export function add(a: Operand, b: Operand): Value {
  return binary('Add', a, b, [(at) => at.dy, (at) => at.dy]);
}

/** a − b: da = dy, db = −dy. */
export function sub(a: Operand, b: Operand): Value {
  return binary('Sub', a, b, [(at) => at.dy, (at) => negate(sumTo(at.dy, at.input(1).shape))]);
}

/** a·b: da = dy·b, db = dy·a. */
export function mul(a: Operand, b: Operand): Value {
  return binary('Mul', a, b, [(at) => mul(at.dy, at.input(1)), (at) => mul(at.dy, at.input(0))]);
}

/** a / b: da = dy / b, db = −dy·y / b. */
export function div(a: Operand, b: Operand): Value {
  return binary('Div', a, b, [
    (at) => div(at.dy, at.input(1)),
    (at) => negate(div(mul(at.dy, at.output(0)), at.input(1))),
  ]);
}

export function negate(x: Value): Value {
  requireFloat('Neg', x);
  return apply({ operation: 'Neg', inputs: [x], shape: x.shape, gradients: [(at) => negate(at.dy)] });
}

/** The smaller of a value and a bound that does not depend on what is learned: not differentiable. */
export function atMost(x: Value, bound: number): Value {
  requireFloat('Min', x);
  return apply({ operation: 'Min', inputs: [x, toValue(bound)], shape: x.shape });
}

/** 1 where two tensors of one type agree, else 0 (float32, broadcast): not differentiable. */
export function equals(a: Value, b: Value): Value {
  const shape = broadcastShapes('Equal', a.shape, b.shape);
  const same = apply({ operation: 'Equal', inputs: [a, b], shape, type: 'bool' });
  return apply({ operation: 'Cast', inputs: [same], shape, attributes: { to: { int: 1 } } });
}
