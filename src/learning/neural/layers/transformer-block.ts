import type { Value } from '../graph/graph.ts';
import { staticDim } from '../graph/shape.ts';
import { add } from '../operations/arithmetic.ts';
import { gelu } from '../operations/functions.ts';
import { type AttentionOptions, windowedAttention } from './attention.ts';
import { sequenceDropout } from './dropout.ts';
import { layerNorm } from './layer-norm.ts';
import { linear } from './linear.ts';
import type { Scope } from './scope.ts';

export interface TransformerBlockOptions extends AttentionOptions {
  /** Width of the inner layer; often four times the channels. */
  readonly inner: number;
  /** Of whole channels, on both branches. */
  readonly dropout: number;
}

/**
 * `[T, B, C] → [T, B, C]`: x' = x + attention(norm(x)); y = x' + W₂·gelu(W₁·norm(x') + b₁) + b₂. PyTorch's
 * `TransformerEncoderLayer(norm_first=True, activation="gelu")`, with the same names of weights.
 */
export function transformerBlock(scope: Scope, x: Value, options: TransformerBlockOptions): Value {
  const { inner, dropout } = options;
  const channels = staticDim('transformerBlock', x.shape, -1);
  const seen = windowedAttention(scope.within('self_attn'), layerNorm(scope.within('norm1'), x), options);
  const attended = add(x, sequenceDropout(scope.within('dropout1'), seen, dropout));
  const wide = gelu(linear(scope.within('linear1'), layerNorm(scope.within('norm2'), attended), inner));
  const narrow = linear(scope.within('linear2'), wide, channels);
  return add(attended, sequenceDropout(scope.within('dropout2'), narrow, dropout));
}
