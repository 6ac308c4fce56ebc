import type { Value } from '../graph/graph.ts';
import { add } from '../operations/arithmetic.ts';
import { gelu } from '../operations/functions.ts';
import { batchNorm } from './batch-norm.ts';
import { type ConvolutionOptions, causalConvolution } from './causal-convolution.ts';
import { sequenceDropout } from './dropout.ts';
import type { Scope } from './scope.ts';

export interface TcnBlockOptions extends ConvolutionOptions {
  /** Of whole channels. */
  readonly dropout: number;
}

/**
 * `[T, B, in] → [T, B, channels]`: causal convolution → batch norm → GELU → spatial dropout, plus a residual, which
 * is a 1×1 convolution where the number of channels changes. After Bai, Kolter & Koltun 2018.
 */
export function tcnBlock(scope: Scope, x: Value, options: TcnBlockOptions): Value {
  const { channels, dropout } = options;
  const convolved = causalConvolution(scope.within('conv'), x, options);
  const activated = gelu(batchNorm(scope.within('norm'), convolved));
  const dropped = sequenceDropout(scope.within('dropout'), activated, dropout);
  const residual =
    x.shape.at(-1) === channels
      ? x
      : causalConvolution(scope.within('residual'), x, { channels, kernel: 1, dilation: 1 });
  return add(dropped, residual);
}
