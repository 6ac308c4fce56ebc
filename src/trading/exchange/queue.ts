/**
 * Where a resting order stands among the others at its price: an estimate, as no feed of levels tells.
 * Source of both models: hftbacktest, "Order fill: queue models" (`RiskAdverseQueueModel`, `ProbQueueModel` with
 * `PowerProbQueueFunc`).
 */

export type QueueModel =
  /** Conservative: only trades at the price bring the order forward; cancellations all happen behind it. */
  | { readonly kind: 'risk-averse' }
  /**
   * A decrease of the level that no trade explains lies behind the order with probability `b^n / (f^n + b^n)`, f and b being
   * what is ahead of it and behind it.
   */
  | { readonly kind: 'power'; readonly exponent: number };

export class QueuePosition {
  /** Lots ahead of the order. */
  ahead: number;
  /** Of the level, as it was seen last. */
  #levelLots: number;
  /** Lots of trades since the level was seen last: they explain as much of its next decrease. */
  #tradedLots = 0;

  /** At the back of the level. */
  constructor(levelLots: number) {
    this.ahead = levelLots;
    this.#levelLots = levelLots;
  }

  /** A trade at the price. @returns lots of it that went past everything ahead of the order */
  onTrade(qtyLots: number): number {
    const past = Math.max(0, qtyLots - this.ahead);
    this.ahead = Math.max(0, this.ahead - qtyLots);
    this.#tradedLots += qtyLots;
    return past;
  }

  /** The other side has come to the price: everything ahead is gone. */
  onCrossed(): void {
    this.ahead = 0;
    this.#levelLots = 0;
    this.#tradedLots = 0;
  }

  /** The level has this size now. */
  onLevel(levelLots: number, model: QueueModel): void {
    if (levelLots === this.#levelLots) return;
    const unexplained = this.#levelLots - levelLots - this.#tradedLots;
    if (model.kind === 'power' && unexplained > 0) {
      const behind = Math.max(0, this.#levelLots - this.ahead);
      const [front, back] = [this.ahead ** model.exponent, behind ** model.exponent];
      const shareBehind = front + back > 0 ? back / (front + back) : 1;
      const notBehind = Math.max(0, shareBehind * unexplained - behind);
      this.ahead = Math.max(0, this.ahead - (1 - shareBehind) * unexplained - notBehind);
    }
    this.ahead = Math.min(this.ahead, levelLots);
    this.#levelLots = levelLots;
    this.#tradedLots = 0;
  }
}
