/**
 * Order flow imbalance at the best quotes: `Σ e_n` over the messages of a minute, with
 * `e_n = [b_n ≥ b_{n−1}] q_n − [b_n ≤ b_{n−1}] q_{n−1} − [a_n ≤ a_{n−1}] r_n + [a_n ≥ a_{n−1}] r_{n−1}`, `b`, `q` being price
 * and size of the best bid, `a`, `r` those of the best ask. Divided by the mean size of a best level, to which the price
 * impact is inversely proportional: the result counts best levels.
 * Source: Cont, Kukanov & Stoikov, The Price Impact of Order Book Events, Journal of Financial Econometrics 12 (2014) 47–88.
 */
import type { OrderBook } from '../market/index.ts';

export class OrderFlow {
  #bidTicks = Number.NaN;
  #bidLots = Number.NaN;
  #askTicks = Number.NaN;
  #askLots = Number.NaN;
  #lots = 0;
  #bestLots = 0;
  #states = 0;

  /** Minds only the best levels: it is called for every message. */
  onMessage({ bids, asks }: OrderBook): void {
    const bidTicks = bids.bestTicks;
    const askTicks = asks.bestTicks;
    const bidLots = bids.bestLots;
    const askLots = asks.bestLots;
    // Comparisons with NaN are false: the first state, and the one after a one-sided book, add nothing.
    if (bidTicks >= this.#bidTicks) this.#lots += bidLots;
    if (bidTicks <= this.#bidTicks) this.#lots -= this.#bidLots;
    if (askTicks <= this.#askTicks) this.#lots -= askLots;
    if (askTicks >= this.#askTicks) this.#lots += this.#askLots;
    this.#bidTicks = bidTicks;
    this.#bidLots = bidLots;
    this.#askTicks = askTicks;
    this.#askLots = askLots;
    if (bidTicks < askTicks) {
      this.#bestLots += bidLots + askLots;
      this.#states++;
    }
  }

  onBreak(): void {
    this.#bidTicks = Number.NaN;
    this.#askTicks = Number.NaN;
  }

  /** NaN before the minute's first two-sided book. */
  get imbalance(): number {
    return this.#lots / (this.#bestLots / (2 * this.#states));
  }

  startMinute(): void {
    this.#lots = 0;
    this.#bestLots = 0;
    this.#states = 0;
  }
}
