/**
 * A computation as data. Operations (in `../operations`) append nodes; `encode.ts` writes the result as ONNX;
 * `differentiate.ts` appends the nodes that compute gradients.
 *
 * A loop's body is a child graph that may use any value of its ancestors. A node goes into the deepest graph
 * among its operands', so what does not change from step to step lands outside of the loop by itself.
 */
import { InvariantError, invariant } from '../../../domain/core/index.ts';
import { type Shape, shapeError } from './shape.ts';
import type { DataType, Tensor } from './tensor.ts';

/** A symbolic tensor: the result of a node, an input, a baked-in tensor, or a constant (which has no graph). */
export interface Value {
  readonly name: string;
  readonly type: DataType;
  readonly shape: Shape;
  readonly graph: Graph | undefined;
  readonly data?: Tensor;
}

export interface Body {
  readonly graph: Graph;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly floats: Float32Array }
  | { readonly strings: readonly string[] }
  | { readonly tensor: Tensor }
  | { readonly body: Body };

/** What a gradient formula may look at. It must take values from here and never from its closure: inside the
 * backward pass of a loop they stand for what the forward pass saved. */
export interface GradientSite {
  input(index: number): Value;
  output(index: number): Value;
  /** Gradient of the loss with respect to output `index`; the first output always has one. */
  gradient(index: number): Value | undefined;
  /** Gradient of the first output. */
  readonly dy: Value;
  /** What `value` (any value of the forward pass) is called here. */
  lift(value: Value): Value;
}

export type GradientFormula = (site: GradientSite) => Value;

export interface NodeSpec {
  /** The ONNX operator. */
  readonly operation: string;
  /** The operator set that it is of, where that is not ONNX's own. */
  readonly domain?: 'ai.onnx.ml';
  readonly inputs: readonly Value[];
  readonly outputs: readonly { readonly type: DataType; readonly shape: Shape }[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** One formula an input; `undefined` where the input is not differentiable. */
  readonly gradients?: readonly (GradientFormula | undefined)[];
  /**
   * Inputs whose formula also holds when every other operand and `dy` have one more leading axis. A loop then
   * computes the gradient of such an operand, if it is the same at every step, once after the loop.
   */
  readonly stackable?: readonly boolean[];
  /** Operations whose input gradients share their work (loops): all gradients at once, captures after inputs. */
  readonly jointGradient?: (site: GradientSite, needed: readonly boolean[]) => readonly (Value | undefined)[];
  /** What the node depends on besides its ONNX inputs: outer values that a loop's body uses, or the operands of a
   * computation that has its own gradient. Gradient formulas count them after the inputs. */
  readonly captures?: readonly Value[];
  /** The result is the sum over all shards of a batch: see `operations/all-reduce.ts`. */
  readonly sumsShards?: boolean;
}

export interface Node extends Omit<NodeSpec, 'outputs'> {
  /** Grows when a loop is asked to save more of its forward pass. */
  readonly outputs: Value[];
}

export class Graph {
  readonly parent: Graph | undefined;
  readonly nodes: Node[] = [];
  readonly inputs: Value[] = [];
  readonly #names: { count: number };

  constructor(parent?: Graph) {
    this.parent = parent;
    this.#names = parent === undefined ? { count: 0 } : parent.#names;
  }

  /** Unique within the outermost graph, and the same in every build of the same model. */
  freshName(stem: string): string {
    return `${stem}_${this.#names.count++}`;
  }

  input(name: string, type: DataType, shape: Shape): Value {
    const value = { name, type, shape, graph: this };
    this.inputs.push(value);
    return value;
  }

  /** A tensor baked into the model under a name. */
  initialiser(name: string, data: Tensor): Value {
    return { name, type: data.type, shape: data.shape, graph: this, data };
  }

  append(spec: NodeSpec): Node {
    const outputs = spec.outputs.map((output) => this.output(spec.operation, output.type, output.shape));
    const node: Node = { ...spec, outputs };
    this.nodes.push(node);
    return node;
  }

  /** A value that some node of this graph will produce. */
  output(stem: string, type: DataType, shape: Shape): Value {
    return { name: this.freshName(stem), type, shape, graph: this };
  }

  isWithin(other: Graph): boolean {
    return this === other || (this.parent?.isWithin(other) ?? false);
  }
}

/** The innermost of the values' graphs. They must lie on one line of nested loops. */
export function deepestGraph(operation: string, values: readonly Value[]): Graph {
  let deepest: Graph | undefined;
  for (const { graph, name } of values) {
    if (graph === undefined || graph === deepest) continue;
    if (deepest === undefined || graph.isWithin(deepest)) deepest = graph;
    else if (!deepest.isWithin(graph)) {
      throw new InvariantError(`${operation}: ${name} belongs to another graph or loop`, {
        code: 'GRAPH_FOREIGN_VALUE',
      });
    }
  }
  invariant(deepest !== undefined, `${operation}: all operands are constants`);
  return deepest;
}

export function appendNode(spec: NodeSpec): readonly Value[] {
  return deepestGraph(spec.operation, [...spec.inputs, ...(spec.captures ?? [])]).append(spec).outputs;
}

/** Appends a node with one output. */
export function apply(
  spec: Omit<NodeSpec, 'outputs'> & { readonly shape: Shape; readonly type?: DataType },
): Value {
  const { shape, type = 'float32', ...rest } = spec;
  return appendNode({ ...rest, outputs: [{ type, shape }] })[0]!;
}

export function constant(data: Tensor): Value {
  return { name: '', type: data.type, shape: data.shape, graph: undefined, data };
}

export function requireFloat(operation: string, ...values: readonly Value[]): void {
  for (const { type, shape } of values) {
    if (type !== 'float32') throw shapeError(operation, `needs float32, got ${type}`, shape);
  }
}

/** Everything that a node depends on: its inputs, then its captures. */
export function operandsOf(node: Node): readonly Value[] {
  return node.captures === undefined ? node.inputs : [...node.inputs, ...node.captures];
}

/** The nodes of `graph` that `outputs` depend on, in order. */
export function liveNodes(graph: Graph, outputs: Iterable<Value>): readonly Node[] {
  const wanted = new Set<Value>(outputs);
  const live = graph.nodes.toReversed().filter((node) => {
    const isLive = node.outputs.some((output) => wanted.has(output));
    if (isLive) for (const operand of operandsOf(node)) wanted.add(operand);
    return isLive;
  });
  return live.toReversed();
}
