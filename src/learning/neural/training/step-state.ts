/** Everything that an optimisation step changes, and where it stood at any time. */
import { Random, invariant } from '../../../domain/core/index.ts';
import type { Dim } from '../graph/shape.ts';
import { type FloatTensor, floatTensor } from '../graph/tensor.ts';
import type { DropoutMask } from '../layers/scope.ts';
import { BATCH, type Weights } from './network.ts';
import { type StepRecipe, stateVectors } from './recipe.ts';

type Vectors = Readonly<Record<string, FloatTensor>>;

/** Everything that the next step depends on, copied. */
export interface StepSnapshot {
  /** By name: those of {@link stateVectors} and `buffers`. */
  readonly vectors: Readonly<Record<string, Float32Array>>;
  /** Taken so far. */
  readonly steps: number;
  /** State of the generator of dropout masks. */
  readonly dropout: readonly number[];
}

export class StepState {
  /** A step reads one and writes the other, then they change places: nothing is copied. */
  #current: Vectors;
  #next: Vectors;
  #steps = 0;
  #random: Random;

  /** @param random draws the dropout masks */
  constructor(weights: Weights, recipe: StepRecipe, random: Random) {
    const { parameters, buffers } = weights;
    const empty = (): Vectors =>
      Object.fromEntries([
        ...stateVectors(recipe).map((name) => [name, floatTensor([parameters.length])] as const),
        ['buffers', floatTensor([buffers.length])] as const,
      ]);
    this.#current = empty();
    this.#next = empty();
    this.#current['parameters']!.data.set(parameters);
    this.#current['buffers']!.data.set(buffers);
    this.#random = random;
  }

  /** What the next step reads, by name. */
  get current(): Vectors {
    return this.#current;
  }

  /** Memory for what the next step writes, by name. */
  get next(): Vectors {
    return this.#next;
  }

  /** Taken so far. */
  get steps(): number {
    return this.#steps;
  }

  /** What was written becomes current. */
  advance(): void {
    [this.#current, this.#next] = [this.#next, this.#current];
    this.#steps += 1;
  }

  /** The result so far, not copied: the moving average where there is one. */
  weights(): Weights {
    const { parameters, average, buffers } = this.#current;
    const result = average !== undefined && this.#steps > 0 ? average : parameters!;
    return { parameters: result.data, buffers: buffers!.data };
  }

  snapshot(): StepSnapshot {
    const copies = Object.entries(this.#current).map(([name, { data }]) => [name, data.slice()] as const);
    return { vectors: Object.fromEntries(copies), steps: this.#steps, dropout: this.#random.state() };
  }

  /** Goes back or forward to where a step of the same network and recipe stood. */
  restore(snapshot: StepSnapshot): void {
    for (const [name, { data }] of Object.entries(this.#current)) data.set(snapshot.vectors[name]!);
    this.#steps = snapshot.steps;
    this.#random = Random.fromState(snapshot.dropout);
  }

  /** Fresh masks for `batch` examples. */
  drawMasks(masks: readonly DropoutMask[], batch: number): Readonly<Record<string, FloatTensor>> {
    const tensors: Record<string, FloatTensor> = {};
    for (const { name, shape, keep } of masks) {
      const tensor = floatTensor(shape.map((dim) => sizeOf(dim, batch)));
      this.#random.fillDropoutMask(tensor.data, keep);
      tensors[name] = tensor;
    }
    return tensors;
  }
}

/** A dimension that is a number, or a multiple of the batch such as `2*batch`, for so many examples. */
function sizeOf(dim: Dim, batch: number): number {
  return String(dim)
    .split('*')
    .reduce((size, factor) => {
      const value = factor === BATCH ? batch : Number(factor);
      invariant(Number.isInteger(value), `a dropout mask has the unknown dimension ${factor}`);
      return size * value;
    }, 1);
}
