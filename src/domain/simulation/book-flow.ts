/**
 * The simulated order book: where the hidden price and pressure become levels. Never crossed, always `levels` deep.
 *
 * Each message moves the touch to the price, redraws the five best levels of both sides so that ½ ln(bid/ask) of each
 * rank is the pressure plus noise (hence `obi = tanh(pressure + noise)`), redraws some levels deeper in
 * the book, and fills or cuts the far end.
 */
import type { Random } from '../core/index.ts';
import { Ladder } from './ladder.ts';

/** Ranks that show the pressure: those that `deep_obi_5` reads. */
const SHOWN_RANKS = 5;
const PRESSURE_NOISE = 0.3;
const SIZE_NOISE = 0.45;
const TOUCH_LOTS = 4_000;
/** Spread in standard deviations of a minute's return, and how long one lasts. */
const SPREAD_SIGMAS = 0.1;
const SPREAD_NOISE = 0.35;
const SPREAD_LIFE_MS = 2_000;
/** Length of the depth profile: deeper levels have the size of its end. */
const PROFILE = 1_024;
const NOISE_TABLE = 4_096;
const NOISE_MASK = NOISE_TABLE - 1;

export interface FlowStep {
  /** Hidden mid price, in ticks. */
  readonly midTicks: number;
  /** What ½ ln(bid size / ask size) of the best levels tends to. */
  readonly pressure: number;
  /** Standard deviation of a minute's return, in ticks. */
  readonly sigmaTicks: number;
  /** Levels to redraw deeper in each side. */
  readonly churn: number;
  /** Since the previous message. */
  readonly elapsedMs: number;
}

export class BookFlow {
  readonly bids: Ladder;
  readonly asks: Ladder;
  readonly #random: Random;
  readonly #levels: number;
  readonly #profile: Float64Array;
  /** Standard normals drawn once and then picked from: a level costs one draw of 32 bits. */
  readonly #normals: Float64Array;
  readonly #sizeFactors: Float64Array;
  #spreadTicks = 1;

  constructor(random: Random, midTicks: number, levels: number) {
    this.#random = random;
    this.#levels = levels;
    this.#profile = Float64Array.from(
      { length: PROFILE },
      (_, i) => TOUCH_LOTS * (7 - 6 * Math.exp(-i / 40)),
    );
    this.#normals = Float64Array.from({ length: NOISE_TABLE }, () => random.normal());
    this.#sizeFactors = this.#normals.map((x) => Math.exp(SIZE_NOISE * x));
    this.bids = new Ladder(-Math.round(midTicks));
    this.asks = new Ladder(Math.round(midTicks) + 1);
  }

  /** Best prices, in ticks. */
  get bidTick(): number {
    return -this.bids.best;
  }

  get askTick(): number {
    return this.asks.best;
  }

  /** One message's worth of change; read it from the ladders' `forEachChange`. */
  step(step: FlowStep): void {
    if (this.#random.uniform() * SPREAD_LIFE_MS < step.elapsedMs) {
      const spread = SPREAD_SIGMAS * step.sigmaTicks * Math.exp(SPREAD_NOISE * this.#random.normal());
      this.#spreadTicks = Math.max(1, Math.round(spread));
    }
    const bidTick = Math.round(step.midTicks - this.#spreadTicks / 2);
    this.#begin(this.bids, -bidTick, step.churn);
    this.#begin(this.asks, bidTick + this.#spreadTicks, step.churn);
    this.#showPressure(step.pressure);
    this.#settle(this.bids);
    this.#settle(this.asks);
  }

  #begin(side: Ladder, best: number, churn: number): void {
    side.beginMessage();
    const previousBest = side.best;
    side.moveBest(best);
    for (let k = best; k < previousBest; k++) side.set(k, this.#drawLots(k, k - best));
    const span = side.worst - best + 1 - SHOWN_RANKS;
    if (span <= 0) return;
    for (let i = 0; i < churn; i++) {
      const u = this.#random.uniform();
      const depth = SHOWN_RANKS + Math.floor(span * u * u);
      side.set(best + depth, this.#drawLots(best + depth, depth));
    }
  }

  #showPressure(pressure: number): void {
    const { bids, asks } = this;
    for (let rank = 0; rank < SHOWN_RANKS; rank++) {
      const bits = this.#random.uint32();
      const lean = Math.exp(pressure + PRESSURE_NOISE * this.#normals[bits & NOISE_MASK]!);
      const lots = this.#profile[rank]! * this.#sizeFactors[(bits >>> 16) & NOISE_MASK]!;
      bids.set(bids.best + rank, Math.max(1, Math.round(lots * lean)));
      asks.set(asks.best + rank, Math.max(1, Math.round(lots / lean)));
    }
  }

  #settle(side: Ladder): void {
    side.trim(this.#levels);
    while (side.levels < this.#levels) {
      const next = side.worst + 1;
      side.set(next, this.#drawLots(next, next - side.best));
    }
  }

  /** Lots of a level `depth` ticks behind the touch; 0 (no level) the more often the deeper. Round prices attract size. */
  #drawLots(coordinate: number, depth: number): number {
    const bits = this.#random.uint32();
    const emptyShare = depth < SHOWN_RANKS ? 0 : Math.min(0.25, depth / 1_000);
    if (bits >>> 20 < emptyShare * NOISE_TABLE) return 0;
    const lots = this.#profile[Math.min(depth, PROFILE - 1)]! * this.#sizeFactors[bits & NOISE_MASK]!;
    if (coordinate % 10 !== 0) return Math.max(1, Math.round(lots));
    return Math.max(1, Math.round(lots * (coordinate % 100 === 0 ? 3 : 1.6)));
  }
}
