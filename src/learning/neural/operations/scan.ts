/**
 * Loops over the leading axis, differentiable like any other operation: what runs in the body is ordinary
 * operations, and the backward pass is a loop of their gradient formulas in the opposite direction.
 *
 * Three things make it fast. The forward loop saves exactly the values that the backward loop reads. An operand
 * that is the same at every step (a weight) gets its gradient from one operation over all steps after the loop,
 * where its formula allows that; only the others are accumulated step by step. And what depends only on such
 * operands is hoisted out of the loop by the graph itself.
 */
import { invariant } from '../../../domain/core/index.ts';
import { accumulate, backpropagate, dependents } from '../graph/differentiate.ts';
import {
  type Body,
  type GradientSite,
  Graph,
  type Node,
  type Value,
  deepestGraph,
  liveNodes,
  operandsOf,
} from '../graph/graph.ts';
import { type Dim, sameShape, shapeError } from '../graph/shape.ts';
import { add } from './arithmetic.ts';
import { zerosLike } from './fill.ts';

export interface ScanOptions {
  /** Values before the first step. */
  readonly states: readonly Value[];
  /** `[T, …]` each; the body sees one `[…]` at a time. */
  readonly sequences: readonly Value[];
  /** From the last step to the first; outputs keep the order of the inputs. */
  readonly reverse?: boolean;
  readonly body: (
    states: readonly Value[],
    slices: readonly Value[],
  ) => { readonly states: readonly Value[]; readonly outputs: readonly Value[] };
}

export interface ScanResult {
  /** States after the last step. */
  readonly states: readonly Value[];
  /** `[T, …]` each. */
  readonly outputs: readonly Value[];
}

/** @throws {InvariantError} when lengths differ, or a state changes its shape from step to step */
export function scan(options: ScanOptions): ScanResult {
  const { states, sequences } = options;
  const steps = sequences[0]?.shape[0];
  for (const sequence of sequences) {
    if (steps === undefined || sequence.shape[0] !== steps) {
      throw shapeError('Scan', 'sequences differ in length', sequences[0]!.shape, sequence.shape);
    }
  }
  invariant(steps !== undefined, 'Scan: needs at least one sequence');
  const parent = deepestGraph('Scan', [...states, ...sequences]);
  const graph = new Graph(parent);
  const bodyStates = states.map((state) => bodyInput(graph, state.shape, state));
  const slices = sequences.map((sequence) => bodyInput(graph, sequence.shape.slice(1), sequence));
  const next = options.body(bodyStates, slices);
  for (const [i, state] of states.entries()) {
    const after = next.states[i];
    if (after === undefined || !sameShape(after.shape, state.shape)) {
      throw shapeError('Scan', `state ${i} changes its shape`, state.shape, after?.shape ?? []);
    }
  }
  return new Loop({
    parent,
    states,
    sequences,
    steps,
    reverse: options.reverse === true,
    body: { graph, inputs: [...bodyStates, ...slices], outputs: [...next.states, ...next.outputs] },
  }).result();
}

function bodyInput(graph: Graph, shape: readonly Dim[], like: Value): Value {
  return graph.input(graph.freshName('slice'), like.type, shape);
}

interface LoopParts {
  readonly parent: Graph;
  readonly states: readonly Value[];
  readonly sequences: readonly Value[];
  readonly steps: Dim;
  readonly reverse: boolean;
  readonly body: Body;
}

class Loop {
  readonly #parts: LoopParts;
  /** Of the body; these two lists grow when the backward pass wants more saved. */
  readonly #outputs: Value[];
  readonly #outputDirections: number[];
  readonly #captures: readonly Value[];
  readonly #node: Node;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    const { body, states, sequences, steps, parent, reverse } = parts;
    this.#outputs = [...body.outputs];
    const nodes = liveNodes(body.graph, body.outputs);
    this.#captures = capturedBy(body.graph, nodes, body.outputs);
    const scanOutputs = body.outputs.length - states.length;
    const direction = reverse ? 1 : 0;
    this.#outputDirections = new Array<number>(scanOutputs).fill(direction);
    this.#node = parent.append({
      operation: 'Scan',
      inputs: [...states, ...sequences],
      captures: this.#captures,
      outputs: body.outputs.map((output, i) => ({
        type: output.type,
        shape: i < states.length ? output.shape : [steps, ...output.shape],
      })),
      attributes: {
        body: { body: { ...body, outputs: this.#outputs } },
        num_scan_inputs: { int: sequences.length },
        scan_input_directions: { ints: new Array<number>(sequences.length).fill(direction) },
        scan_output_directions: { ints: this.#outputDirections },
      },
      jointGradient: (site, needed) => this.#gradient(site, needed),
    });
  }

  result(): ScanResult {
    const count = this.#parts.states.length;
    return { states: this.#node.outputs.slice(0, count), outputs: this.#node.outputs.slice(count) };
  }

  /** All steps of a value of the body, `[T, …]`, in the graph of the loop. */
  #save(value: Value): Value {
    const { states, sequences, steps, body } = this.#parts;
    const input = body.inputs.indexOf(value, states.length);
    if (input >= 0) return sequences[input - states.length]!;
    let output = this.#outputs.indexOf(value, states.length);
    if (output < 0) {
      output = this.#outputs.push(value) - 1;
      this.#outputDirections.push(this.#parts.reverse ? 1 : 0);
      this.#node.outputs.push(this.#parts.parent.output('saved', value.type, [steps, ...value.shape]));
    }
    return this.#node.outputs[output]!;
  }

  #gradient(site: GradientSite, needed: readonly boolean[]): readonly (Value | undefined)[] {
    return new BackwardLoop({
      ...this.#parts,
      site,
      needed,
      captures: this.#captures,
      outputs: this.#node.outputs,
      bodyOutputs: this.#outputs,
      save: (value) => this.#save(value),
    }).gradients();
  }
}

interface BackwardParts extends LoopParts {
  readonly site: GradientSite;
  readonly needed: readonly boolean[];
  readonly captures: readonly Value[];
  /** Results of the forward loop and what the body calls them. */
  readonly outputs: readonly Value[];
  readonly bodyOutputs: readonly Value[];
  readonly save: (value: Value) => Value;
}

interface Deferred {
  readonly node: Node;
  readonly input: number;
  readonly capture: Value;
}

/** The loop that runs against the forward loop and carries the gradients of the states. */
class BackwardLoop {
  readonly #forward: BackwardParts;
  readonly #graph: Graph;
  /** Body inputs of this loop: what stands for forward values, and for the gradients of outputs. */
  readonly #placeholders = new Map<Value, Value>();
  readonly #gradients = new Map<Value, Value>();
  readonly #deferred: Deferred[] = [];

  constructor(forward: BackwardParts) {
    this.#forward = forward;
    const { site, outputs, states, sequences, captures } = forward;
    const known = outputs.flatMap((_, i) => site.gradient(i) ?? []);
    const operands = [...states, ...sequences, ...captures].map((_, i) => site.input(i));
    this.#graph = new Graph(deepestGraph('gradient of Scan', [...known, ...operands]));
  }

  gradients(): readonly (Value | undefined)[] {
    const { site, states, sequences, captures, body, needed, bodyOutputs, outputs } = this.#forward;
    const stateGradients = states.map((state) => bodyInput(this.#graph, state.shape, state));
    for (const [i, gradient] of stateGradients.entries()) {
      accumulate(this.#gradients, bodyOutputs[i]!, gradient);
    }
    const outputSlices: Value[] = [];
    const outputStacks: Value[] = [];
    for (let i = states.length; i < outputs.length; i++) {
      const stack = site.gradient(i);
      if (stack === undefined) continue;
      const slice = bodyInput(this.#graph, bodyOutputs[i]!.shape, stack);
      outputStacks.push(stack);
      outputSlices.push(slice);
      accumulate(this.#gradients, bodyOutputs[i]!, slice);
    }
    const nodes = liveNodes(body.graph, bodyOutputs);
    const isSource = this.#sources();
    const onPath = dependents(nodes, isSource);
    backpropagate({
      nodes,
      gradients: this.#gradients,
      needs: (value) => isSource(value) || onPath.has(value),
      lift: (value) => this.#lift(value),
      defer: (node, input) => this.#defer(node, input),
    });

    // What every step gives: new state gradients, sums of the captures' gradients, and rows of outputs.
    const accumulated = captures.filter((capture) => this.#gradients.has(capture));
    const sums = accumulated.map((capture) => bodyInput(this.#graph, capture.shape, capture));
    const nextSums = accumulated.map((capture, i) => add(sums[i]!, this.#gradients.get(capture)!));
    const nextStates = states.map((_, i) => this.#gradientOf(body.inputs[i]!));
    const rows = new Map<Value, number>();
    const addRow = (row: Value): number => {
      if (!rows.has(row)) rows.set(row, rows.size);
      return rows.get(row)!;
    };
    const sequenceRows = sequences.map((_, i) =>
      needed[states.length + i] ? addRow(this.#gradientOf(body.inputs[states.length + i]!)) : undefined,
    );
    const deferredRows = this.#deferred.map(({ node }) => addRow(this.#gradients.get(node.outputs[0]!)!));

    const bodyResults = [...nextStates, ...nextSums, ...rows.keys()];
    const read = new Set(liveNodes(this.#graph, bodyResults).flatMap(operandsOf));
    for (const result of bodyResults) read.add(result);
    const saved = [...this.#placeholders].filter(([, placeholder]) => read.has(placeholder));
    const loop = new Loop({
      parent: this.#graph.parent!,
      states: [
        ...states.map((_, i) => site.gradient(i) ?? zerosLike(site.input(i))),
        ...accumulated.map((capture) => zerosLike(this.#liftCapture(capture))),
      ],
      sequences: [...outputStacks, ...saved.map(([value]) => this.#stack(value))],
      steps: this.#forward.steps,
      reverse: !this.#forward.reverse,
      body: {
        graph: this.#graph,
        inputs: [...stateGradients, ...sums, ...outputSlices, ...saved.map(([, placeholder]) => placeholder)],
        outputs: bodyResults,
      },
    }).result();

    const captureGradients = new Map<Value, Value>();
    for (const [i, capture] of accumulated.entries()) {
      accumulate(captureGradients, capture, loop.states[states.length + i]!);
    }
    for (const [i, deferred] of this.#deferred.entries()) {
      const dy = loop.outputs[deferredRows[i]!]!;
      accumulate(captureGradients, deferred.capture, this.#stackedGradient(deferred, dy));
    }
    return [
      ...loop.states.slice(0, states.length),
      ...sequenceRows.map((row) => (row === undefined ? undefined : loop.outputs[row])),
      ...captures.map((capture) => captureGradients.get(capture)),
    ];
  }

  /** Where gradients are wanted: states always, because they carry them from step to step. */
  #sources(): (value: Value) => boolean {
    const { body, states, sequences, captures, needed } = this.#forward;
    const sources = new Set<Value>(body.inputs.slice(0, states.length));
    for (const [i, slice] of body.inputs.slice(states.length).entries()) {
      if (needed[states.length + i]) sources.add(slice);
    }
    for (const [i, capture] of captures.entries()) {
      if (needed[states.length + sequences.length + i]) sources.add(capture);
    }
    return (value) => sources.has(value);
  }

  #gradientOf(input: Value): Value {
    return this.#gradients.get(input) ?? zerosLike(this.#lift(input));
  }

  #lift(value: Value): Value {
    if (value.graph === undefined) return value;
    if (value.graph !== this.#forward.body.graph) return this.#liftCapture(value);
    let placeholder = this.#placeholders.get(value);
    if (placeholder === undefined) {
      placeholder = bodyInput(this.#graph, value.shape, value);
      this.#placeholders.set(value, placeholder);
    }
    return placeholder;
  }

  #liftCapture(value: Value): Value {
    const { captures, states, sequences, site } = this.#forward;
    const index = captures.indexOf(value);
    return index < 0 ? site.lift(value) : site.input(states.length + sequences.length + index);
  }

  /** All steps of a forward value, called as they are called where this loop's node lives. */
  #stack(value: Value): Value {
    return this.#forward.site.lift(this.#forward.save(value));
  }

  #defer(node: Node, input: number): boolean {
    const capture = node.inputs[input];
    if (capture === undefined || !this.#forward.captures.includes(capture)) return false;
    if (node.stackable?.[input] !== true) return false;
    this.#deferred.push({ node, input, capture });
    return true;
  }

  /** The formula of one operand, applied to all steps at once. */
  #stackedGradient({ node, input }: Deferred, dy: Value): Value {
    const stacked = (value: Value): Value =>
      value.graph === this.#forward.body.graph ? this.#stack(value) : this.#lift(value);
    return node.gradients![input]!({
      input: (index) => stacked(node.inputs[index]!),
      output: (index) => stacked(node.outputs[index]!),
      gradient: (index) => (index === 0 ? dy : undefined),
      dy,
      lift: stacked,
    });
  }
}

function capturedBy(graph: Graph, nodes: readonly Node[], outputs: readonly Value[]): readonly Value[] {
  const used = [...nodes.flatMap(operandsOf), ...outputs];
  return [...new Set(used)].filter((value) => value.graph !== undefined && value.graph !== graph);
}
