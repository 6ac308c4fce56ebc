/**
 * Boosted trees as an ONNX model, so that the runtime that serves networks serves them too: one `TreeEnsembleRegressor`
 * for the margins, whatever the objective, then softmax or the logistic function.
 *
 * The operator is that of ai.onnx.ml 1 to 4, which runtimes of any age know; its successor `TreeEnsemble` (5) would need
 * ONNX 1.16 and gains nothing here.
 */
import { invariant } from '../../domain/core/index.ts';
import { type BoostedTrees, needsRowMargins, type Tree } from '../boosting/index.ts';
import { apply, type Attribute, encodeModel, Graph, sigmoid, softmax, type Value } from '../neural/index.ts';

/** What the file says about itself, under this key of its metadata, as JSON: objective and feature names in order. */
export const BOOSTED_TREES_KEY = 'tidemark.boosted_trees';

/**
 * Input `features` `[rows × columns]`, float32, NaN for a missing value. Output `predictions` `[rows × outputs]`, as of
 * `predictBoosting`.
 */
export function boostedTreesToOnnx(model: BoostedTrees): Uint8Array<ArrayBuffer> {
  const { objective, outputs, featureNames } = model;
  invariant(!needsRowMargins(model), 'trees that begin at margins of their rows are no model on their own');
  const graph = new Graph();
  const features = graph.input('features', 'float32', ['rows', featureNames.length]);
  const margins = apply({
    operation: 'TreeEnsembleRegressor',
    domain: 'ai.onnx.ml',
    inputs: [features],
    shape: ['rows', outputs],
    attributes: ensembleAttributes(model),
  });
  return encodeModel({
    graph,
    outputs: { predictions: predictionsOf(objective, margins) },
    metadata: { [BOOSTED_TREES_KEY]: JSON.stringify({ objective, featureNames }) },
  });
}

function predictionsOf(objective: BoostedTrees['objective'], margins: Value): Value {
  switch (objective) {
    case 'multi:softprob':
      return softmax(margins);
    case 'binary:logistic':
      return sigmoid(margins);
    case 'reg:squarederror':
      return margins;
  }
}

/** Nodes of all trees behind each other; a leaf adds its weight to the output that its tree belongs to. */
function ensembleAttributes({ trees, outputs, baseMargins }: BoostedTrees): Record<string, Attribute> {
  const nodes = trees.flatMap((tree, t) =>
    Array.from(tree.left, (_, node) => ({ tree, t, node, leaf: isLeaf(tree, node) })),
  );
  const leaves = nodes.filter(({ leaf }) => leaf);
  const ints = (values: readonly number[]): Attribute => ({ ints: values });
  return {
    n_targets: { int: outputs },
    base_values: { floats: baseMargins },
    nodes_treeids: ints(nodes.map(({ t }) => t)),
    nodes_nodeids: ints(nodes.map(({ node }) => node)),
    nodes_featureids: ints(nodes.map(({ tree, node }) => tree.feature[node]!)),
    nodes_modes: { strings: nodes.map(({ leaf }) => (leaf ? 'LEAF' : 'BRANCH_LT')) },
    nodes_values: {
      floats: Float32Array.from(nodes, ({ tree, node, leaf }) => (leaf ? 0 : tree.threshold[node]!)),
    },
    nodes_truenodeids: ints(nodes.map(({ tree, node, leaf }) => (leaf ? 0 : tree.left[node]!))),
    nodes_falsenodeids: ints(nodes.map(({ tree, node, leaf }) => (leaf ? 0 : tree.right[node]!))),
    nodes_missing_value_tracks_true: ints(nodes.map(({ tree, node }) => tree.defaultLeft[node]!)),
    target_treeids: ints(leaves.map(({ t }) => t)),
    target_nodeids: ints(leaves.map(({ node }) => node)),
    target_ids: ints(leaves.map(({ t }) => t % outputs)),
    target_weights: { floats: Float32Array.from(leaves, ({ tree, node }) => tree.threshold[node]!) },
  };
}

function isLeaf(tree: Tree, node: number): boolean {
  return tree.left[node]! < 0;
}
