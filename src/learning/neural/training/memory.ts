/** How much memory a computation takes, known before it starts: which tensors are alive together, and their sizes. */
import type { ModelDescription } from '../graph/encode.ts';
import { type Node, type Value, liveNodes, operandsOf } from '../graph/graph.ts';
import { stagesOf } from '../graph/stages.ts';
import type { DataType } from '../graph/tensor.ts';

const ELEMENT_BYTES: Readonly<Record<DataType, number>> = { float32: 4, int32: 4, int64: 8, bool: 1 };

/** Operations whose result ONNX Runtime leaves in the memory of their first operand. */
const VIEWS: ReadonlySet<string> = new Set(['Reshape', 'Identity']);

/**
 * The most bytes of tensors that are alive at once when the nodes run in their order and every named dimension has
 * the size `batch`. A loop counts with what it reads and leaves; its single steps are small beside that.
 */
export function peakBytes({ graph, outputs }: Omit<ModelDescription, 'metadata'>, batch: number): number {
  const results = Object.values(outputs);
  return peakOf(liveNodes(graph, results), graph.inputs, results, batch);
}

/**
 * The bytes that threads take together which run the graph in shards of `batch` rows in all: each stage keeps the memory
 * that it once needed, besides what goes from stage to stage.
 */
export function shardedBytes({ graph, outputs }: Omit<ModelDescription, 'metadata'>, batch: number): number {
  const total = (values: readonly Value[]): number =>
    values.reduce((sum, value) => sum + bytesOf(value, batch), 0);
  const stages = stagesOf(graph, Object.values(outputs));
  const used = stages.map((stage) => {
    const peak = peakOf(stage.nodes, stage.inputs, stage.outputs, batch);
    return Math.max(total(stage.outputs), peak - total(stage.inputs));
  });
  return total(graph.inputs) + used.reduce((sum, bytes) => sum + bytes, 0);
}

function peakOf(
  nodes: readonly Node[],
  inputs: readonly Value[],
  results: readonly Value[],
  batch: number,
): number {
  const owners = ownersOf(nodes);
  const ownerOf = (value: Value): Value => owners.get(value) ?? value;
  const lastUse = new Map<Value, number>();
  for (const [i, node] of nodes.entries()) {
    for (const value of [...readBy(node), ...node.outputs]) lastUse.set(ownerOf(value), i);
  }
  for (const value of results) lastUse.set(ownerOf(value), nodes.length);
  const freedAfter = Map.groupBy(lastUse.keys(), (value) => lastUse.get(value)!);
  let alive = 0;
  for (const input of inputs) if (lastUse.has(input)) alive += bytesOf(input, batch);
  let peak = alive;
  for (const [i, node] of nodes.entries()) {
    for (const output of node.outputs) if (ownerOf(output) === output) alive += bytesOf(output, batch);
    peak = Math.max(peak, alive);
    for (const value of freedAfter.get(i) ?? []) if (value.data === undefined) alive -= bytesOf(value, batch);
  }
  return peak;
}

/** The value whose memory a view shows. */
function ownersOf(nodes: readonly Node[]): ReadonlyMap<Value, Value> {
  const owners = new Map<Value, Value>();
  for (const { operation, inputs, outputs } of nodes) {
    if (VIEWS.has(operation)) owners.set(outputs[0]!, owners.get(inputs[0]!) ?? inputs[0]!);
  }
  return owners;
}

/** Only a loop really reads its captures. */
function readBy(node: Node): readonly Value[] {
  return node.operation === 'Scan' ? operandsOf(node) : node.inputs;
}

function bytesOf({ shape, type }: Value, batch: number): number {
  const factors = shape.flatMap((dim) => String(dim).split('*')).map(Number);
  const count = factors.reduce((size, factor) => size * (Number.isNaN(factor) ? batch : factor), 1);
  return count * ELEMENT_BYTES[type];
}
