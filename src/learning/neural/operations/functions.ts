/** Element-wise functions of one tensor. */
import { invariant } from '../../../domain/core/index.ts';
import { type GradientFormula, type Value, apply, constant, requireFloat } from '../graph/graph.ts';
import { scalarTensor } from '../graph/tensor.ts';
import { add, div, equals, mul, sub } from './arithmetic.ts';

function unary(operation: string, x: Value, gradient: GradientFormula): Value {
  requireFloat(operation, x);
  return apply({ operation, inputs: [x], shape: x.shape, gradients: [gradient] });
}

/** dx = dy·y */
export function exp(x: Value): Value {
  return unary('Exp', x, (at) => mul(at.dy, at.output(0)));
}

/** dx = dy / x */
export function log(x: Value): Value {
  return unary('Log', x, (at) => div(at.dy, at.input(0)));
}

/** dx = dy / 2y */
export function sqrt(x: Value): Value {
  return unary('Sqrt', x, (at) => div(at.dy, mul(2, at.output(0))));
}

/** dx = dy·(1 − y²) */
export function tanh(x: Value): Value {
  return unary('Tanh', x, (at) => mul(at.dy, sub(1, mul(at.output(0), at.output(0)))));
}

/** dx = dy·y·(1 − y) */
export function sigmoid(x: Value): Value {
  return unary('Sigmoid', x, (at) => mul(mul(at.dy, at.output(0)), sub(1, at.output(0))));
}

/** dx = dy·2/√π·exp(−x²) */
export function erf(x: Value): Value {
  return unary('Erf', x, (at) =>
    mul(at.dy, mul(2 / Math.sqrt(Math.PI), exp(mul(-1, mul(at.input(0), at.input(0)))))),
  );
}

/** xⁿ for x ≥ 0 and n ≥ 1, where the slope is finite: dx = dy·n·xⁿ⁻¹ */
export function power(x: Value, exponent: number): Value {
  requireFloat('Pow', x);
  invariant(exponent >= 1, `Pow: the exponent must be 1 or more, is ${exponent}`);
  if (exponent === 1) return x;
  return apply({
    operation: 'Pow',
    inputs: [x, constant(scalarTensor(exponent))],
    shape: x.shape,
    gradients: [(at) => mul(at.dy, mul(exponent, power(at.input(0), Math.max(1, exponent - 1))))],
  });
}

/** min(max(x, −bound), bound): dx = dy where x is within the bounds, else 0. */
export function clamp(x: Value, bound: number): Value {
  requireFloat('Clip', x);
  return apply({
    operation: 'Clip',
    inputs: [x, constant(scalarTensor(-bound)), constant(scalarTensor(bound))],
    shape: x.shape,
    gradients: [(at) => mul(at.dy, equals(at.input(0), at.output(0)))],
  });
}

/** max(x, 0): dx = dy·sign(y), which is 0 at 0 as in PyTorch. */
export function relu(x: Value): Value {
  return unary('Relu', x, (at) => mul(at.dy, sign(at.output(0))));
}

/** −1, 0 or 1: its gradient is 0 wherever it has one. */
function sign(x: Value): Value {
  return apply({ operation: 'Sign', inputs: [x], shape: x.shape });
}

/**
 * x·Φ(x) with the exact normal distribution function: dx = dy·(Φ(x) + x·φ(x)).
 * Source: Hendrycks & Gimpel 2016; `approximate="none"` in PyTorch and ONNX.
 */
export function gelu(x: Value): Value {
  return unary('Gelu', x, (at) => {
    const input = at.input(0);
    const distribution = mul(0.5, add(1, erf(mul(input, Math.SQRT1_2))));
    const density = mul(1 / Math.sqrt(2 * Math.PI), exp(mul(-0.5, mul(input, input))));
    return mul(at.dy, add(distribution, mul(input, density)));
  });
}
