import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DataError } from '../../domain/core/index.ts';
import { type BoostedTrees, boostingFromXgboostJson, boostingToXgboostJson } from './index.ts';

/** A stump: below 0.5 or missing −1, else 2. */
const stump: BoostedTrees = {
  objective: 'reg:squarederror',
  outputs: 1,
  featureNames: ['a', 'b'],
  baseMargins: Float32Array.of(3),
  trees: [
    {
      left: Int32Array.of(1, -1, -1),
      right: Int32Array.of(2, -1, -1),
      feature: Int32Array.of(1, 0, 0),
      threshold: Float32Array.of(0.5, -1, 2),
      defaultLeft: Uint8Array.of(1, 0, 0),
      gain: Float32Array.of(1.25, 0, 0),
      cover: Float32Array.of(7, 3, 4),
      weight: Float32Array.of(0.1, -1, 2),
    },
  ],
  attributes: { best_score: '0.5' },
};

describe('boostingToXgboostJson', () => {
  it('writes every float with a point or an exponent, without which XGBoost does not load it', () => {
    const text = boostingToXgboostJson(stump);
    assert.match(text, /"split_conditions":\[0\.5,-1\.0,2\.0\]/);
    assert.match(text, /"base_weights":\[0\.1,-1\.0,2\.0\]/);
    assert.match(text, /"base_score":"\[3\.0\]"/);
  });

  it('reads back as the same model', () => {
    assert.deepEqual(boostingFromXgboostJson(boostingToXgboostJson(stump)), stump);
  });
});

describe('boostingFromXgboostJson', () => {
  const changed = (from: string, to: string): string => {
    const text = boostingToXgboostJson(stump);
    assert.ok(text.includes(from), `the model holds no ${from}`);
    return text.replace(from, to);
  };

  it('reads one base score for all, and default directions as booleans, as older releases write them', () => {
    const scalar = boostingFromXgboostJson(changed('"base_score":"[3.0]"', '"base_score":"3E0"'));
    assert.deepEqual(scalar.baseMargins, stump.baseMargins);
    const booleans = boostingFromXgboostJson(
      changed('"default_left":[1,0,0]', '"default_left":[true,false,false]'),
    );
    assert.deepEqual(booleans.trees, stump.trees);
  });

  const malformed: readonly (readonly [string, string, RegExp])[] = [
    ['text that is not JSON', '{"learner":', /not JSON/],
    ['another document', '[]', /expected object/],
    [
      'a cut-off array',
      changed('"sum_hessian":[7.0,', '"sum_hessian":['),
      /sum_hessian: 2 entries for 3 nodes/,
    ],
    ['a circle of nodes', changed('"left_children":[1', '"left_children":[0'), /do not form a tree/],
    [
      'a child that is not there',
      changed('"right_children":[2', '"right_children":[9'),
      /do not form a tree/,
    ],
    ['a leaf with one child', changed('"right_children":[2', '"right_children":[-1'), /do not form a tree/],
    [
      'an unknown feature',
      changed('"split_indices":[1', '"split_indices":[2'),
      /split_indices\[0\]: feature 2 of 2/,
    ],
    ['a text in a list of numbers', changed('"loss_changes":[1.25', '"loss_changes":["x"'), /loss_changes/],
    ['categorical splits', changed('"split_type":[0', '"split_type":[1'), /categorical/],
    ['another booster', changed('"name":"gbtree"', '"name":"dart"'), /only gbtree/],
    ['another objective', changed('"name":"reg:squarederror"', '"name":"rank:ndcg"'), /objective/],
    ['too few names', changed('["a","b"]', '["a"]'), /1 names for 2 features/],
    ['a bad base score', changed('[3.0]', '[x]'), /base_score/],
    ['outputs out of turn', changed('"tree_info":[0]', '"tree_info":[1]'), /tree_info/],
  ];
  for (const [what, text, message] of malformed) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => boostingFromXgboostJson(text),
        (error: unknown) => error instanceof DataError && message.test(error.message),
      );
    });
  }
});
