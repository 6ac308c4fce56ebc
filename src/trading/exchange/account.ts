/**
 * Money and position of one contract. Everything is a whole number of steps, ticks and lots:
 * `cash = initial − Σ ± notional − fees − funding` holds exactly, and `cash + position · price` is the equity.
 */
import type { MoneyScale } from './money.ts';

export class Account {
  readonly money: MoneyScale;
  readonly initialSteps: number;
  /** May go below 0: a short, or a leveraged, account is in debt. */
  #cashSteps: number;
  #feeSteps = 0;
  #fundingSteps = 0;
  #positionLots = 0;
  /** `Σ ± ticks · lots` of what the position was opened at; released in proportion when it is reduced. */
  #openTickLots = 0;

  constructor(money: MoneyScale, initialSteps: number) {
    this.money = money;
    this.initialSteps = initialSteps;
    this.#cashSteps = initialSteps;
  }

  get cashSteps(): number {
    return this.#cashSteps;
  }

  /** Paid; below 0 when rebates were more. */
  get feeSteps(): number {
    return this.#feeSteps;
  }

  /** Paid; below 0 when received. */
  get fundingSteps(): number {
    return this.#fundingSteps;
  }

  /** Below 0 when short. */
  get positionLots(): number {
    return this.#positionLots;
  }

  get openTickLots(): number {
    return this.#openTickLots;
  }

  /** Average price of what is open, in ticks; NaN when flat. */
  get entryTicks(): number {
    return this.#openTickLots / this.#positionLots;
  }

  /** Money without what the open position has gained or lost. */
  get walletSteps(): number {
    return this.#cashSteps + this.#openTickLots * this.money.stepsPerTickLot;
  }

  /** In quote currency, the position valued at `markTicks`. */
  equity(markTicks: number): number {
    if (this.#positionLots === 0) return this.money.amountOf(this.#cashSteps);
    const value = this.#positionLots * markTicks * this.money.stepsPerTickLot;
    return this.money.amountOf(this.#cashSteps + value);
  }

  /** @param lots above 0 when bought @param feeSteps see `MoneyScale` */
  fill(lots: number, priceTicks: number, feeSteps: number): void {
    const { money } = this;
    const tickLots = lots * priceTicks;
    this.#cashSteps = money.exact(this.#cashSteps - tickLots * money.stepsPerTickLot - feeSteps);
    this.#feeSteps = money.exact(this.#feeSteps + feeSteps);
    const before = this.#positionLots;
    const after = money.exact(before + lots);
    if (before * lots >= 0) this.#openTickLots += tickLots;
    else if (before * after > 0) this.#openTickLots -= Math.round(this.#openTickLots * (-lots / before));
    else this.#openTickLots = after * priceTicks;
    this.#positionLots = after;
  }

  /** @param rate what longs pay to shorts, as a share of the notional @returns steps paid */
  settleFunding(markTicks: number, rate: number): number {
    const steps = Math.round(this.#positionLots * markTicks * rate * this.money.stepsPerTickLot) || 0;
    this.#cashSteps = this.money.exact(this.#cashSteps - steps);
    this.#fundingSteps = this.money.exact(this.#fundingSteps + steps);
    return steps;
  }
}
