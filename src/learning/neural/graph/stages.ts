/**
 * A graph cut where it sums over shards. Shards of a batch run a stage each by themselves, meet to form its sums, and
 * go on with the next stage, as in PyTorch's `DistributedDataParallel` with `SyncBatchNorm`.
 */
import { InvariantError } from '../../../domain/core/index.ts';
import { type Graph, type Node, type Value, liveNodes, operandsOf } from './graph.ts';

export interface Stage {
  /** In the order in which they compute. */
  readonly nodes: readonly Node[];
  /** What they read besides each other: the graph's inputs, and what earlier stages left. */
  readonly inputs: readonly Value[];
  /** What is needed after this stage. */
  readonly outputs: readonly Value[];
  /** Formed by all shards after this stage. */
  readonly sums: readonly ShardSum[];
}

export interface ShardSum {
  /** Each shard's summand. */
  readonly summand: Value;
  readonly total: Value;
}

/**
 * The stages that compute `results`. A stage ends before the first node that reads one of its sums, so that sums that
 * do not depend on each other are formed together.
 * @throws {InvariantError} where a loop's body sums over shards
 */
export function stagesOf(graph: Graph, results: readonly Value[]): readonly Stage[] {
  const parts = split(liveNodes(graph, results));
  const producer = new Map<Value, number>();
  const lastReader = new Map<Value, number>(results.map((value) => [value, parts.length]));
  for (const [i, { nodes, sums }] of parts.entries()) {
    for (const value of nodes.flatMap(({ outputs }) => outputs)) producer.set(value, i);
    for (const value of [...nodes.flatMap(readBy), ...sums.map(({ summand }) => summand)]) {
      lastReader.set(value, Math.max(i, lastReader.get(value) ?? 0));
    }
  }
  return parts.map(({ nodes, sums }, i) => {
    const summands = new Set(sums.map(({ summand }) => summand));
    const made = nodes.flatMap(({ outputs }) => outputs);
    const own = new Set(made);
    return {
      nodes,
      sums,
      inputs: [...new Set(nodes.flatMap(readBy))].filter(
        (value) => value.data === undefined && !own.has(value),
      ),
      outputs: made.filter((value) => summands.has(value) || (lastReader.get(value) ?? i) > i),
    };
  });
}

interface Part {
  readonly nodes: Node[];
  readonly sums: ShardSum[];
}

function split(nodes: readonly Node[]): readonly Part[] {
  const parts: Part[] = [{ nodes: [], sums: [] }];
  for (const node of nodes) {
    let { nodes: current, sums } = parts.at(-1)!;
    const read = new Set(operandsOf(node));
    if (sums.some(({ total }) => read.has(total))) {
      ({ nodes: current, sums } = { nodes: [], sums: [] });
      parts.push({ nodes: current, sums });
    }
    if (node.sumsShards) sums.push({ summand: node.inputs[0]!, total: node.outputs[0]! });
    else current.push(node);
    if (bodiesOf(node).some(sumsInside)) {
      throw new InvariantError('stagesOf: a loop cannot sum over shards', { code: 'GRAPH_SHARDS' });
    }
  }
  return parts;
}

/** Only a loop really reads its captures; elsewhere they are there for the gradient. */
function readBy(node: Node): readonly Value[] {
  return bodiesOf(node).length > 0 ? operandsOf(node) : node.inputs;
}

function bodiesOf(node: Node): readonly Graph[] {
  return Object.values(node.attributes ?? {}).flatMap((attribute) =>
    'body' in attribute ? [attribute.body.graph] : [],
  );
}

function sumsInside(graph: Graph): boolean {
  return graph.nodes.some((node) => node.sumsShards === true || bodiesOf(node).some(sumsInside));
}
