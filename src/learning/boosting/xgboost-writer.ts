/** Writes a model in XGBoost's JSON format. Source: XGBoost 3.2, `doc/model.schema` and models it saved. */
import type { BoostedTrees, Tree } from './model.ts';

/** The release whose format is written; it loads there and later. */
const FORMAT_VERSION = [3, 2, 0] as const;
/** XGBoost's mark of a node without a parent, the greatest 32-bit integer. */
const NO_PARENT = 2_147_483_647;
/** Stands for the trees until their text, whose number format JSON.stringify cannot give, is put in its place. */
const TREES = '\u0000trees';

/** The model as text that `xgboost.Booster(model_file=…)` loads. */
export function boostingToXgboostJson(model: BoostedTrees): string {
  const { objective, outputs, featureNames, baseMargins, trees, attributes } = model;
  const featureCount = String(featureNames.length);
  const multiClass = objective === 'multi:softprob';
  // XGBoost keeps the base score of two classes as a probability.
  const baseScores = Array.from(baseMargins, (margin) =>
    objective === 'binary:logistic' ? 1 / (1 + Math.exp(-margin)) : margin,
  );
  const text = JSON.stringify({
    learner: {
      attributes,
      feature_names: featureNames,
      feature_types: featureNames.map(() => 'float'),
      gradient_booster: {
        model: {
          cats: { enc: [], feature_segments: [], sorted_idx: [] },
          gbtree_model_param: { num_parallel_tree: '1', num_trees: String(trees.length) },
          iteration_indptr: Array.from({ length: trees.length / outputs + 1 }, (_, r) => r * outputs),
          tree_info: trees.map((_, t) => t % outputs),
          trees: TREES,
        },
        name: 'gbtree',
      },
      learner_model_param: {
        base_score: `[${baseScores.map(float32Text).join(',')}]`,
        boost_from_average: '1',
        num_class: multiClass ? String(outputs) : '0',
        num_feature: featureCount,
        num_target: '1',
      },
      objective: multiClass
        ? { name: objective, softmax_multiclass_param: { num_class: String(outputs) } }
        : { name: objective, reg_loss_param: { scale_pos_weight: '1' } },
    },
    version: FORMAT_VERSION,
  });
  const treeTexts = trees.map((tree, id) => treeJson(tree, id, featureCount));
  return text.replace(JSON.stringify(TREES), () => `[${treeTexts.join(',')}]`);
}

function treeJson(tree: Tree, id: number, featureCount: string): string {
  const nodes = tree.left.length;
  const parents = Array.from({ length: nodes }, () => NO_PARENT);
  for (let node = 0; node < nodes; node++) {
    if (tree.left[node]! < 0) continue;
    parents[tree.left[node]!] = node;
    parents[tree.right[node]!] = node;
  }
  const fields = [
    `"base_weights":${floatsJson(tree.weight)}`,
    '"categories":[],"categories_nodes":[],"categories_segments":[],"categories_sizes":[]',
    `"default_left":[${tree.defaultLeft.join(',')}]`,
    `"id":${id}`,
    `"left_children":[${tree.left.join(',')}]`,
    `"loss_changes":${floatsJson(tree.gain)}`,
    `"parents":[${parents.join(',')}]`,
    `"right_children":[${tree.right.join(',')}]`,
    `"split_conditions":${floatsJson(tree.threshold)}`,
    `"split_indices":[${tree.feature.join(',')}]`,
    `"split_type":[${tree.left.map(() => 0).join(',')}]`,
    `"sum_hessian":${floatsJson(tree.cover)}`,
    `"tree_param":{"num_deleted":"0","num_feature":"${featureCount}","num_nodes":"${nodes}","size_leaf_vector":"1"}`,
  ];
  return `{${fields.join(',')}}`;
}

function floatsJson(values: Float32Array): string {
  return `[${Array.from(values, float32Text).join(',')}]`;
}

/**
 * The shortest text that reads back as the same float32, half the length of the exact value. It always has a point or
 * an exponent: XGBoost refuses an integer where it expects a float.
 */
function float32Text(value: number): string {
  const exact = Math.fround(value);
  const digits = [7, 8].find((n) => Math.fround(Number(exact.toPrecision(n))) === exact) ?? 9;
  const text = String(Number(exact.toPrecision(digits)));
  return /[.e]/.test(text) ? text : `${text}.0`;
}
