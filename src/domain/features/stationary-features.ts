/**
 * The `stationary` row of a minute: features without a unit, so that a price or a typical size ten times higher gives the
 * same numbers. It is gathered in the same pass over the book as the bar. Formulas and sources: `docs/features.md`.
 */
import type { OrderBook } from '../market/index.ts';
import { BAR_LEVELS } from './bar.ts';
import { OrderFlow } from './order-flow.ts';
import type { TopLevels } from './top-levels.ts';

/** In the order in which every file and model holds them. */
export const STATIONARY = [
  'body',
  'upper_wick',
  'lower_wick',
  'log_ret_close',
  'volatility_bps',
  'max_spread_bps',
  'mean_spread_bps',
  'mean_obi',
  'mean_deep_obi',
  'depth_imbalance_10',
  'depth_imbalance_50',
  'depth_imbalance_200',
  'near_depth_ratio',
  'bid_slope',
  'ask_slope',
  'order_flow_imbalance',
] as const;

/** Basis points in 1. */
const BPS = 1e4;

/** Ranks down to which sizes are summed; the 20 best levels are the near book. */
const RANKS = [10, 20, 50, BAR_LEVELS] as const;
const TEN = 0;
const NEAR = 1;
const FIFTY = 2;
const FAR = 3;

export class StationaryFeatures {
  readonly #flow = new OrderFlow();
  readonly #bidDepths = new Float64Array(RANKS.length);
  readonly #askDepths = new Float64Array(RANKS.length);
  /** Sums over the minute's samples. */
  readonly #imbalances = new Float64Array(RANKS.length);
  #samples = 0;
  #maxSpread = 0;
  #spreads = 0;
  #nearRatios = 0;
  #bidSlopes = 0;
  #askSlopes = 0;

  /** A message has been applied to the book. */
  onMessage(book: OrderBook): void {
    this.#flow.onMessage(book);
  }

  /** Messages are missing: the next book state does not follow the last one. */
  onBreak(): void {
    this.#flow.onBreak();
  }

  /** A sample of a two-sided book, with its best levels. */
  onSample(bids: TopLevels, asks: TopLevels): void {
    const bidTicks = bids.ticks[0]!;
    const askTicks = asks.ticks[0]!;
    const middleTicks = (bidTicks + askTicks) / 2;
    const spread = (askTicks - bidTicks) / middleTicks;
    this.#samples++;
    this.#maxSpread = Math.max(this.#maxSpread, spread);
    this.#spreads += spread;

    const bid = this.#bidDepths;
    const ask = this.#askDepths;
    sumDepths(bids, bid);
    sumDepths(asks, ask);
    for (let i = 0; i < RANKS.length; i++) this.#imbalances[i]! += (bid[i]! - ask[i]!) / (bid[i]! + ask[i]!);
    this.#nearRatios += Math.log((bid[NEAR]! / bid[FAR]!) * (ask[FAR]! / ask[NEAR]!));
    this.#bidSlopes += slopeOf(bids, bid, middleTicks);
    this.#askSlopes += slopeOf(asks, ask, middleTicks);
  }

  /**
   * `[16]` in the order of {@link STATIONARY}; the minute has at least one sample.
   * @param nine the minute's features in the order of `QUANTGOD_9`
   * @param close in quote currency
   */
  row(nine: Float64Array, close: number): Float64Array {
    const [body, upperWick, lowerWick, logReturn, volatility, , meanObi, meanDeepObi] = nine;
    const mean = (sum: number): number => sum / this.#samples;
    return Float64Array.of(
      body!,
      upperWick!,
      lowerWick!,
      logReturn!,
      (BPS * volatility!) / close,
      BPS * this.#maxSpread,
      BPS * mean(this.#spreads),
      meanObi!,
      meanDeepObi!,
      mean(this.#imbalances[TEN]!),
      mean(this.#imbalances[FIFTY]!),
      mean(this.#imbalances[FAR]!),
      mean(this.#nearRatios),
      mean(this.#bidSlopes),
      mean(this.#askSlopes),
      this.#flow.imbalance,
    );
  }

  /** The minute is over; what the last message left in the book stays known. */
  startMinute(): void {
    this.#flow.startMinute();
    this.#imbalances.fill(0);
    this.#samples = 0;
    this.#maxSpread = 0;
    this.#spreads = 0;
    this.#nearRatios = 0;
    this.#bidSlopes = 0;
    this.#askSlopes = 0;
  }
}

/** Fills in the summed lots down to each of {@link RANKS}; a level that is missing adds nothing. */
function sumDepths({ lots, count }: TopLevels, depths: Float64Array): void {
  let sum = 0;
  let rank = 0;
  for (let i = 0; i < RANKS.length; i++) {
    const end = Math.min(RANKS[i]!, count);
    for (; rank < end; rank++) sum += lots[rank]!;
    depths[i] = sum;
  }
}

/** Elasticity of the summed size in the distance from the middle; 0 when nothing lies beyond the near book. */
function slopeOf({ ticks, count }: TopLevels, depths: Float64Array, middleTicks: number): number {
  if (count <= RANKS[NEAR]) return 0;
  const near = Math.abs(ticks[RANKS[NEAR] - 1]! - middleTicks);
  const far = Math.abs(ticks[count - 1]! - middleTicks);
  return Math.log(depths[FAR]! / depths[NEAR]!) / Math.log(far / near);
}
