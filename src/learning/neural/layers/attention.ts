/**
 * Self-attention within a window of time (Vaswani et al. 2017; windows as in Beltagy et al. 2020, *Longformer*), with
 * the weights of PyTorch's `MultiheadAttention`.
 *
 * q, k, v = W_in·x + b_in; in every head a(t, s) = softmax_s(q(t)·k(s) / √d) over the steps s that t may see, and
 * y = W_out·concat_heads(Σ_s a(t, s)·v(s)) + b_out. Step t sees `t − window + 1 … t`, and the mirror image of that
 * too where it is not causal.
 *
 * The sequence is cut into blocks as long as the window, and a block of queries meets the keys of its own and the
 * neighbouring blocks, so that time and memory are O(T·window) and not O(T²).
 */
import { invariant } from '../../../domain/core/index.ts';
import { type Value, constant } from '../graph/graph.ts';
import { dimProduct, staticDim } from '../graph/shape.ts';
import { floatTensor } from '../graph/tensor.ts';
import { add, mul } from '../operations/arithmetic.ts';
import { concat, pad, reshape, slice, splitEvenly, transpose } from '../operations/layout.ts';
import { matmul } from '../operations/matmul.ts';
import { softmax } from '../operations/reductions.ts';
import { filledWith, uniformByFanIn, xavierUniform } from './initialisers.ts';
import { affine } from './linear.ts';
import type { Scope } from './scope.ts';

export interface AttentionOptions {
  /** Divides the channels. */
  readonly heads: number;
  /** Steps that a step sees, itself included; the length of the sequence or more = all of it. */
  readonly window: number;
  /** Sees nothing of the future. */
  readonly causal: boolean;
}

/** Added to scores of steps that must not be seen: their weight becomes exactly 0. Finite, lest 0·∞ appear. */
const UNSEEN = -1e9;

/** `[T, B, C] → [T, B, C]`. There is no dropout of attention weights. */
export function windowedAttention(scope: Scope, x: Value, options: AttentionOptions): Value {
  const { heads, window, causal } = options;
  const steps = staticDim('attention', x.shape, 0);
  const channels = staticDim('attention', x.shape, 2);
  invariant(channels % heads === 0, `attention: ${heads} heads do not divide ${channels} channels`);
  invariant(window >= 1, `attention: the window must be 1 or more, is ${window}`);
  const joint = scope.parameter(
    'in_proj_weight',
    [3 * channels, channels],
    xavierUniform(channels, 3 * channels),
  );
  const jointBias = scope.parameter('in_proj_bias', [3 * channels], filledWith(0));
  const out = scope.within('out_proj');
  const outWeight = out.parameter('weight', [channels, channels], uniformByFanIn(channels));
  const outBias = out.parameter('bias', [channels], filledWith(0));

  const blocks = new Blocks(steps, Math.min(window, steps), heads);
  const [q, k, v] = splitEvenly(affine(x, transpose(joint), jointBias), 3, 2) as [Value, Value, Value];
  const queries = blocks.own(mul(q, 1 / Math.sqrt(channels / heads)));
  const keys = blocks.surroundings(k, causal);
  const values = blocks.surroundings(v, causal);
  const scores = blocks.masked(matmul(queries, transpose(keys)), window, causal);
  const seen = blocks.joined(matmul(softmax(scores), values), x.shape);
  return affine(seen, transpose(outWeight), outBias);
}

/** A sequence as `count` blocks of `size` steps. Zeros before its first step fill up the first block. */
class Blocks {
  readonly #steps: number;
  readonly #size: number;
  readonly #heads: number;
  readonly #count: number;
  readonly #padding: number;

  constructor(steps: number, size: number, heads: number) {
    this.#steps = steps;
    this.#size = size;
    this.#heads = heads;
    this.#count = Math.ceil(steps / size);
    this.#padding = this.#count * size - steps;
  }

  /** `[T, B, C] → [count, B·heads, size, C/heads]` */
  own(x: Value): Value {
    return transpose(this.#cut(x, 0), [0, 2, 1, 3]);
  }

  /** The same with the blocks before and (unless causal) after every block beside it: `size` times 2 or 3. */
  surroundings(x: Value, causal: boolean): Value {
    return transpose(
      concat(
        this.#offsets(causal).map((offset) => this.#cut(x, offset)),
        1,
      ),
      [0, 2, 1, 3],
    );
  }

  /** The way back of {@link own}. */
  joined(x: Value, shape: Value['shape']): Value {
    const length = this.#count * this.#size;
    return slice(reshape(transpose(x, [0, 2, 1, 3]), [length, ...shape.slice(1)]), 0, this.#padding);
  }

  /** Scores `[count, B·heads, size, keys]` of what may be seen: by the distance, and if there is such a step. */
  masked(scores: Value, window: number, causal: boolean): Value {
    const [size, count] = [this.#size, this.#count];
    const offsets = this.#offsets(causal);
    const keys = offsets.length * size;
    const band = floatTensor([1, 1, size, keys]);
    const exists = floatTensor([count, 1, 1, keys]);
    for (let key = 0; key < keys; key++) {
      const position = key + offsets[0]! * size;
      for (let query = 0; query < size; query++) {
        const distance = causal ? query - position : Math.abs(query - position);
        if (distance < 0 || distance >= window) band.data[query * keys + key] = UNSEEN;
      }
      for (let block = 0; block < count; block++) {
        const step = block * size + position - this.#padding;
        if (step < 0 || step >= this.#steps) exists.data[block * keys + key] = UNSEEN;
      }
    }
    const near = add(scores, constant(band));
    return count === 1 ? near : add(near, constant(exists));
  }

  /** Which blocks a block sees, counted from itself. */
  #offsets(causal: boolean): readonly number[] {
    if (this.#count === 1) return [0];
    return causal ? [-1, 0] : [-1, 0, 1];
  }

  /** `[T, B, C] → [count, size, B·heads, C/heads]`, shifted by `offset` blocks; zeros where there are no steps. */
  #cut(x: Value, offset: number): Value {
    const size = this.#size;
    const length = this.#count * size;
    const padded = pad(x, 0, this.#padding + (offset < 0 ? size : 0), offset > 0 ? size : 0);
    const start = offset > 0 ? size : 0;
    const channels = staticDim('attention', x.shape, 2);
    return reshape(slice(padded, 0, start, start + length), [
      this.#count,
      size,
      dimProduct([x.shape[1]!, this.#heads]),
      channels / this.#heads,
    ]);
  }
}
