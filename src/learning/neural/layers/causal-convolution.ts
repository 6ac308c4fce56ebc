import type { Value } from '../graph/graph.ts';
import { staticDim } from '../graph/shape.ts';
import { concat, pad, reshape, slice, transpose } from '../operations/layout.ts';
import { uniformByFanIn } from './initialisers.ts';
import { affine } from './linear.ts';
import type { Scope } from './scope.ts';

export interface ConvolutionOptions {
  readonly channels: number;
  readonly kernel: number;
  readonly dilation: number;
}

/**
 * `[T, B, in] → [T, B, channels]`: step `t` sees steps `t, t − d, … t − (k−1)·d` and zeros before the first.
 * The shifted copies lie side by side, so that the convolution is one matrix product.
 * PyTorch's weight `[channels, in, kernel]`, whose last tap is the present step.
 */
export function causalConvolution(scope: Scope, x: Value, options: ConvolutionOptions): Value {
  const { channels, kernel, dilation } = options;
  const steps = staticDim('causalConvolution', x.shape, 0);
  const inputs = staticDim('causalConvolution', x.shape, 2);
  const initialiser = uniformByFanIn(inputs * kernel);
  const weight = scope.parameter('weight', [channels, inputs, kernel], initialiser);
  const bias = scope.parameter('bias', [channels], initialiser);
  const padded = pad(x, 0, dilation * (kernel - 1), 0);
  const taps = Array.from({ length: kernel }, (_, k) =>
    k === kernel - 1 ? x : slice(padded, 0, k * dilation, k * dilation + steps),
  );
  const matrix = reshape(transpose(weight, [2, 1, 0]), [kernel * inputs, channels]);
  return affine(concat(taps, 2), matrix, bias);
}
