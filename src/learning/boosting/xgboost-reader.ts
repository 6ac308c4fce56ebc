/** Reads models that XGBoost saved as JSON (releases 1.7 to 3), or that we wrote. */
import { z } from 'zod';
import { DataError } from '../../domain/core/index.ts';
import type { BoostedTrees, Tree } from './model.ts';
import { BOOSTING_OBJECTIVES, type BoostingObjective } from './parameters.ts';

const count = z.string().regex(/^\d+$/).transform(Number);
const integers = z.array(z.int());
const numbers = z.array(z.number());

const treeSchema = z.object({
  base_weights: numbers,
  default_left: z.array(z.union([z.int(), z.boolean()])),
  left_children: integers,
  loss_changes: numbers,
  right_children: integers,
  split_conditions: numbers,
  split_indices: integers,
  split_type: z.array(z.literal(0, { error: 'categorical splits are not supported' })),
  sum_hessian: numbers,
});

const modelSchema = z.object({
  learner: z.object({
    attributes: z.record(z.string(), z.string()).default({}),
    feature_names: z.array(z.string()).default([]),
    gradient_booster: z.object({
      model: z.object({
        gbtree_model_param: z.object({
          num_parallel_tree: z
            .literal(['0', '1'], { error: 'forests (num_parallel_tree) are not supported' })
            .default('1'),
        }),
        tree_info: integers,
        trees: z.array(treeSchema),
      }),
      name: z.literal('gbtree', { error: 'only gbtree boosters are supported' }),
    }),
    learner_model_param: z.object({ base_score: z.string(), num_class: count, num_feature: count }),
    objective: z.object({ name: z.enum(BOOSTING_OBJECTIVES) }),
  }),
});

/**
 * @throws DataError naming the field when the text is not JSON, not a model of this format, or uses what is not
 *   supported: categorical splits, dart, linear boosters, forests, other objectives
 */
export function boostingFromXgboostJson(text: string): BoostedTrees {
  const { learner } = parse(text);
  const { learner_model_param: parameters, gradient_booster: booster } = learner;
  const objective = learner.objective.name;
  const outputs = objective === 'multi:softprob' ? parameters.num_class : 1;
  const columns = parameters.num_feature;
  const { trees, tree_info: treeInfo } = booster.model;
  if (outputs < 1) refuse('learner.learner_model_param.num_class', `${outputs} classes`);
  if (treeInfo.length !== trees.length || trees.length % outputs !== 0) {
    refuse(
      'learner.gradient_booster.model.tree_info',
      `${treeInfo.length} entries for ${trees.length} trees`,
    );
  }
  treeInfo.forEach((output, t) => {
    if (output !== t % outputs) {
      refuse(`learner.gradient_booster.model.tree_info[${t}]`, `output ${output} out of turn`);
    }
  });
  const names = learner.feature_names;
  if (names.length > 0 && names.length !== columns) {
    refuse('learner.feature_names', `${names.length} names for ${columns} features`);
  }
  return {
    objective,
    outputs,
    featureNames: names.length > 0 ? names : Array.from({ length: columns }, (_, i) => `f${i}`),
    baseMargins: baseMarginsOf(parameters.base_score, objective, outputs),
    trees: trees.map((tree, t) => treeOf(tree, `learner.gradient_booster.model.trees[${t}]`, columns)),
    attributes: learner.attributes,
  };
}

function parse(text: string): z.infer<typeof modelSchema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new DataError(`not a boosted model: the text is not JSON (${(cause as Error).message})`, {
      code: 'BOOSTED_MODEL_INVALID',
      cause,
    });
  }
  const result = modelSchema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  return refuse(issue?.path.join('.') ?? '', issue?.message ?? 'does not match the format');
}

/** Before XGBoost 3.1 one number for all outputs, since then a list; of two classes, as a probability. */
function baseMarginsOf(text: string, objective: BoostingObjective, outputs: number): Float32Array {
  const scores = text
    .replace(/^\[|\]$/g, '')
    .split(',')
    .map(Number);
  if (!scores.every(Number.isFinite) || (scores.length !== 1 && scores.length !== outputs)) {
    refuse('learner.learner_model_param.base_score', `'${text}' is not ${outputs} numbers`);
  }
  return Float32Array.from({ length: outputs }, (_, k) => {
    const score = scores[scores.length === 1 ? 0 : k]!;
    return objective === 'binary:logistic' ? Math.log(score / (1 - score)) : score;
  });
}

function treeOf(json: z.infer<typeof treeSchema>, path: string, columns: number): Tree {
  const nodes = json.left_children.length;
  for (const [field, values] of Object.entries(json)) {
    if (values.length !== nodes) refuse(`${path}.${field}`, `${values.length} entries for ${nodes} nodes`);
  }
  const tree = {
    left: Int32Array.from(json.left_children),
    right: Int32Array.from(json.right_children),
    feature: Int32Array.from(json.split_indices),
    threshold: Float32Array.from(json.split_conditions),
    defaultLeft: Uint8Array.from(json.default_left, Number),
    gain: Float32Array.from(json.loss_changes),
    cover: Float32Array.from(json.sum_hessian),
    weight: Float32Array.from(json.base_weights),
  };
  checkLinks(tree, path, columns);
  return tree;
}

/** Every node has one parent at most and the root none: then every walk from the root ends. */
function checkLinks(tree: Tree, path: string, columns: number): void {
  const nodes = tree.left.length;
  if (nodes === 0) refuse(path, 'a tree without nodes');
  const hasParent = new Uint8Array(nodes);
  for (let node = 0; node < nodes; node++) {
    const left = tree.left[node]!;
    const right = tree.right[node]!;
    if (left === -1 && right === -1) continue;
    for (const child of [left, right]) {
      if (child < 1 || child >= nodes || hasParent[child] === 1) {
        refuse(`${path}.left_children[${node}]`, `children ${left} and ${right} do not form a tree`);
      }
      hasParent[child] = 1;
    }
    const feature = tree.feature[node]!;
    if (feature < 0 || feature >= columns) {
      refuse(`${path}.split_indices[${node}]`, `feature ${feature} of ${columns}`);
    }
  }
}

function refuse(path: string, message: string): never {
  throw new DataError(`not a usable boosted model: ${path}: ${message}`, {
    code: 'BOOSTED_MODEL_INVALID',
    context: { path },
  });
}
