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
  const parts = withOwnViews(split(liveNodes(graph, results)));
  const inputs = parts.map(({ nodes }) => {
    const made = new Set(madeBy(nodes));
    const read = new Set(nodes.flatMap(readBy));
    return [...read].filter((value) => value.data === undefined && !made.has(value));
  });
  const summands = parts.flatMap(({ sums }) => sums.map(({ summand }) => summand));
  const needed = new Set([...results, ...summands, ...inputs.flat()]);
  return parts.map(({ nodes, sums }, i) => {
    const outputs = madeBy(nodes).filter((value) => needed.has(value));
    return { nodes, sums, inputs: inputs[i]!, outputs };
  });
}

function madeBy(nodes: readonly Node[]): readonly Value[] {
  return nodes.flatMap(({ outputs }) => outputs);
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

/** A view of what an earlier stage left is made anew: between stages it would be a copy. */
function withOwnViews(parts: readonly Part[]): readonly Part[] {
  const views = new Map<Value, Node>();
  return parts.map(({ nodes, sums }) => {
    const own = new Set(madeBy(nodes));
    const again = new Set<Node>();
    const include = (value: Value): void => {
      const view = views.get(value);
      if (view === undefined || own.has(value) || again.has(view)) return;
      include(view.inputs[0]!);
      again.add(view);
    };
    for (const node of nodes) readBy(node).forEach(include);
    for (const node of nodes) if (node.operation === 'Reshape') views.set(node.outputs[0]!, node);
    return { nodes: [...again, ...nodes], sums };
  });
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
