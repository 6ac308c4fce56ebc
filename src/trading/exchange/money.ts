/**
 * Money as whole numbers, so that accounts balance exactly: a step is a millionth of the quote currency, or what one tick on
 * one lot is worth when that is finer.
 */
import { ConfigError, invariant } from '../../domain/core/index.ts';
import type { Instrument } from '../../domain/market/index.ts';

const LEAST_DECIMALS = 6;
/** Notionals are kept below it, so that sums of a few of them are exact in a double. */
const LARGEST_NOTIONAL = 2 ** 50;

export class MoneyScale {
  readonly decimals: number;
  /** What a move of one tick on one lot is worth; a whole number of steps. */
  readonly stepsPerTickLot: number;
  readonly #perUnit: number;

  constructor({ tick, lot }: Instrument) {
    const natural = tick.decimals + lot.decimals;
    this.decimals = Math.max(LEAST_DECIMALS, natural);
    this.stepsPerTickLot = tick.units * lot.units * 10 ** (this.decimals - natural);
    this.#perUnit = 10 ** this.decimals;
  }

  /** Largest `price · size` in ticks and lots that an order may have. */
  get largestTickLots(): number {
    return Math.floor(LARGEST_NOTIONAL / this.stepsPerTickLot);
  }

  /** The nearest whole number of steps. @throws ConfigError when `amount` is more than can be counted exactly */
  stepsOf(amount: number, path: string): number {
    const steps = Math.round(amount * this.#perUnit);
    if (Math.abs(steps) <= LARGEST_NOTIONAL) return steps;
    const most = LARGEST_NOTIONAL / this.#perUnit;
    throw new ConfigError([
      {
        path,
        message: `${amount} is more than the ${most} that can be counted to ${this.decimals} decimals`,
      },
    ]);
  }

  /** In quote currency: the double nearest to the decimal. */
  amountOf(steps: number): number {
    return steps / this.#perUnit;
  }

  /** A sum of steps that is still exact. */
  exact(steps: number): number {
    invariant(Number.isSafeInteger(steps), 'an account outgrew what is counted exactly', { steps });
    return steps;
  }
}
