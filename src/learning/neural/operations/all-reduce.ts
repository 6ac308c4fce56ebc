/** Data-parallel training: several shards of a batch run the same graph, each on rows of its own. */
import { type Value, apply, requireFloat } from '../graph/graph.ts';

/**
 * The sum of `x` over all shards of the batch; `x` itself where the batch is not split. Every shard goes on with the
 * same sum, and what is minimised is the sum of their losses: dx = the sum of dy over all shards.
 */
export function allReduce(x: Value): Value {
  requireFloat('allReduce', x);
  return apply({
    operation: 'Identity',
    inputs: [x],
    shape: x.shape,
    sumsShards: true,
    gradients: [(at) => allReduce(at.dy)],
  });
}
