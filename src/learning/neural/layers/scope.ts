/**
 * Where a network under construction gets its weights from. The same building code serves three purposes: finding
 * out which weights there are (`describeNetwork`), training (weights are pieces of one long vector, so that the
 * optimiser is a handful of operations), and export (weights are baked in).
 */
import { type Random, invariant } from '../../../domain/core/index.ts';
import { type Graph, type Value } from '../graph/graph.ts';
import { type Shape, elementCount } from '../graph/shape.ts';
import { floatTensor } from '../graph/tensor.ts';
import { reshape, split } from '../operations/layout.ts';

export type Initialiser = (target: Float32Array, random: Random) => void;

/** One named piece of a long vector. */
export interface Slot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
  readonly initialise: Initialiser;
}

export interface Layout {
  readonly slots: readonly Slot[];
  readonly size: number;
}

/** Random 0-or-scale tensor that multiplies activations; drawn anew for every step. */
export interface DropoutMask {
  readonly name: string;
  readonly shape: Shape;
  readonly keep: number;
}

/** Gives values for named weights, in the order in which the network asks for them. */
export type WeightSource = (name: string, shape: readonly number[], initialise: Initialiser) => Value;

interface ScopeState {
  readonly graph: Graph;
  readonly training: boolean;
  /** Learned by the optimiser. */
  readonly parameters: WeightSource;
  /** Kept beside: running statistics, scaling. */
  readonly buffers: WeightSource;
  readonly updates: Map<string, Value>;
  readonly masks: DropoutMask[];
}

export class Scope {
  readonly #state: ScopeState;
  readonly #path: string;

  constructor(state: ScopeState, path = '') {
    this.#state = state;
    this.#path = path;
  }

  get training(): boolean {
    return this.#state.training;
  }

  within(name: string): Scope {
    return new Scope(this.#state, `${this.#path}${name}.`);
  }

  parameter(name: string, shape: readonly number[], initialise: Initialiser): Value {
    return this.#state.parameters(`${this.#path}${name}`, shape, initialise);
  }

  buffer(name: string, shape: readonly number[], initialise: Initialiser): Value {
    return this.#state.buffers(`${this.#path}${name}`, shape, initialise);
  }

  /** What a training step leaves in the buffer for the next one. */
  updateBuffer(name: string, value: Value): void {
    this.#state.updates.set(`${this.#path}${name}`, value);
  }

  /** Zeros with probability `rate`, else 1 / (1 − rate). */
  dropoutMask(shape: Shape, rate: number): Value {
    const name = `${this.#path}mask`;
    invariant(!this.#state.masks.some((mask) => mask.name === name), `dropout: two masks are called ${name}`);
    this.#state.masks.push({ name, shape, keep: 1 - rate });
    return this.#state.graph.input(name, 'float32', shape);
  }
}

/** Weights as pieces of the vector `flat`. */
export function flatWeights(flat: Value, layout: Layout): WeightSource {
  const sizes = layout.slots.map((slot) => slot.size);
  const pieces = sizes.length === 0 ? [] : split(flat, sizes, 0);
  return (name) => {
    const index = layout.slots.findIndex((slot) => slot.name === name);
    invariant(index >= 0, `weights: ${name} is not in the layout`);
    return reshape(pieces[index]!, layout.slots[index]!.shape);
  };
}

/** Weights as tensors of the model file. */
export function bakedWeights(graph: Graph, values: Float32Array, layout: Layout): WeightSource {
  return (name) => {
    const slot = layout.slots.find((candidate) => candidate.name === name);
    invariant(slot !== undefined, `weights: ${name} is not in the layout`);
    const data = values.slice(slot.offset, slot.offset + slot.size);
    return graph.initialiser(name, floatTensor(slot.shape, data));
  };
}

/** Records what is asked for. */
export class LayoutRecorder {
  readonly #graph: Graph;
  readonly #slots: Slot[] = [];

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  readonly source: WeightSource = (name, shape, initialise) => {
    invariant(!this.#slots.some((slot) => slot.name === name), `weights: two are called ${name}`);
    const size = elementCount(name, shape);
    this.#slots.push({ name, shape, offset: this.layout().size, size, initialise });
    return this.#graph.input(name, 'float32', shape);
  };

  layout(): Layout {
    const last = this.#slots.at(-1);
    return { slots: this.#slots, size: last === undefined ? 0 : last.offset + last.size };
  }
}

export function initialise(layout: Layout, random: Random): Float32Array {
  const values = new Float32Array(layout.size);
  for (const slot of layout.slots) {
    slot.initialise(values.subarray(slot.offset, slot.offset + slot.size), random);
  }
  return values;
}
