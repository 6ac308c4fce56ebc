/** A boosted ensemble as it is kept in memory: XGBoost's own node arrays, float32 where XGBoost has float32. */
import type { BoostingObjective } from './parameters.ts';

/** Attribute of a model that was trained on rows with margins of their own: it says nothing without them. */
export const ROW_MARGINS = 'row_margins';

/** Whether every prediction needs margins to begin at, see {@link LabelledRows.margins}. */
export const needsRowMargins = ({ attributes }: Pick<BoostedTrees, 'attributes'>): boolean =>
  attributes[ROW_MARGINS] !== undefined;

/** One regression tree; node 0 is the root. All arrays are `[nodes]`. */
export interface Tree {
  /** Child node, or −1 in a leaf. */
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** Column that a node splits on; 0 in a leaf. */
  readonly feature: Int32Array;
  /** A row goes left when its float32 feature is below this; in a leaf, the leaf's output. */
  readonly threshold: Float32Array;
  /** 1 where a missing value goes left. */
  readonly defaultLeft: Uint8Array;
  /** Reduction of the regularised loss by the split, without XGBoost's conventional ½; 0 in a leaf. */
  readonly gain: Float32Array;
  /** Sum of second derivatives of the training rows in the node. */
  readonly cover: Float32Array;
  /** Optimal output of the node were it a leaf; in a leaf, times eta. */
  readonly weight: Float32Array;
}

export interface BoostedTrees {
  readonly objective: BoostingObjective;
  /** Columns of a prediction: the classes, or 1. */
  readonly outputs: number;
  readonly featureNames: readonly string[];
  /** `[outputs]` margin before the first tree. */
  readonly baseMargins: Float32Array;
  /** Round by round, one tree an output: the tree of round r and output k is number `r · outputs + k`. */
  readonly trees: readonly Tree[];
  /** Free text kept with the model, such as `best_score`. */
  readonly attributes: Readonly<Record<string, string>>;
}
