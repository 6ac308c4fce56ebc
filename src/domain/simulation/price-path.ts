/**
 * The price within a minute: a Brownian bridge between the minute ends that the hidden market fixes, so that seconds are as
 * volatile as minutes say and the planted relation stays exact.
 */
import type { Random } from '../core/index.ts';

export class PricePath {
  readonly #random: Random;
  #at = 0;
  #logPrice = 0;
  #endLogPrice = 0;
  #deviation = 0;

  constructor(random: Random, startPrice: number) {
    this.#random = random;
    this.#endLogPrice = Math.log(startPrice);
  }

  /** @param deviation standard deviation of the minute's return that is chance */
  beginMinute(logReturn: number, deviation: number): void {
    this.#at = 0;
    this.#logPrice = this.#endLogPrice;
    this.#endLogPrice += logReturn;
    this.#deviation = deviation;
  }

  /** Price at a share of the minute in (the last share asked for, 1). */
  priceAt(share: number): number {
    const passed = (share - this.#at) / (1 - this.#at);
    const mean = this.#logPrice + passed * (this.#endLogPrice - this.#logPrice);
    const deviation = this.#deviation * Math.sqrt(passed * (1 - share));
    this.#logPrice = mean + deviation * this.#random.normal();
    this.#at = share;
    return Math.exp(this.#logPrice);
  }
}
