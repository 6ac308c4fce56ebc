/** Which open node of a tree is divided next, as XGBoost's `driver.h` chooses. */
import type { BoostingParameters } from './parameters.ts';

/** Nodes that are divided side by side. */
export const MOST_AT_ONCE = 128;

interface OpenNode {
  readonly depth: number;
  readonly split: { readonly gain: number };
}

/** Leaves of a tree that is still to grow. */
export class Frontier<Node extends OpenNode> {
  readonly #parameters: Pick<BoostingParameters, 'growPolicy' | 'maxLeaves'>;
  /** In the order in which they were opened. */
  readonly #open: Node[] = [];
  #leaves = 1;

  constructor(parameters: Pick<BoostingParameters, 'growPolicy' | 'maxLeaves'>) {
    this.#parameters = parameters;
  }

  push(node: Node): void {
    this.#open.push(node);
  }

  /**
   * Takes the nodes that are divided now, each of which makes two leaves of one: the next of the shallowest level, or
   * the one of greatest gain, the first of equals. None when no node is open or the tree has all its leaves.
   */
  take(): readonly Node[] {
    const { growPolicy, maxLeaves } = this.#parameters;
    const allowed = maxLeaves === 0 ? Infinity : maxLeaves - this.#leaves;
    const [first] = this.#open;
    if (first === undefined || allowed <= 0) return [];
    const taken =
      growPolicy === 'lossguide'
        ? this.#open.splice(this.#greatestGain(), 1)
        : this.#open.splice(0, Math.min(allowed, this.#levelLength(first.depth)));
    this.#leaves += taken.length;
    return taken;
  }

  /** Takes all that is left, to be leaves. */
  close(): readonly Node[] {
    return this.#open.splice(0);
  }

  #levelLength(depth: number): number {
    const end = this.#open.findIndex((node) => node.depth !== depth);
    return Math.min(end < 0 ? this.#open.length : end, MOST_AT_ONCE);
  }

  #greatestGain(): number {
    let best = 0;
    this.#open.forEach((node, i) => {
      if (node.split.gain > this.#open[best]!.split.gain) best = i;
    });
    return best;
  }
}
