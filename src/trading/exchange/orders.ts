/** What a client sends to an exchange and what it hears back, in integer ticks and lots. Terms: Binance, FIX. */

export type Side = 'buy' | 'sell';

/** +1 for a purchase, −1 for a sale. */
export const signOf = (side: Side): 1 | -1 => (side === 'buy' ? 1 : -1);

/** `GTC` rests what is not filled at once, `IOC` cancels it, `GTX` (post-only) is refused when it would take. */
export type TimeInForce = 'GTC' | 'IOC' | 'GTX';

interface OrderTerms {
  readonly side: Side;
  readonly qtyLots: number;
  /** It may only bring the position nearer to flat: what goes beyond is cut off. Default false. */
  readonly reduceOnly?: boolean;
}

export interface MarketOrder extends OrderTerms {
  readonly type: 'market';
}

export interface LimitOrder extends OrderTerms {
  readonly type: 'limit';
  readonly priceTicks: number;
  /** Default `GTC`. */
  readonly timeInForce?: TimeInForce;
}

export type NewOrder = MarketOrder | LimitOrder;

export type RejectReason =
  /** Not a whole number of lots above 0. */
  | 'invalid-quantity'
  /** Not a whole number of ticks above 0. */
  | 'invalid-price'
  | 'quantity-below-minimum'
  | 'quantity-above-maximum'
  | 'notional-below-minimum'
  | 'price-out-of-band'
  | 'insufficient-margin'
  /** There is no position that it could reduce. */
  | 'nothing-to-reduce'
  /** A post-only order whose price crosses the book. */
  | 'would-take'
  /** The book is being rebuilt, is crossed, or has an empty side. */
  | 'no-market';

export type CancelReason =
  | 'requested'
  /** The remainder of an IOC order. */
  | 'immediate-or-cancel'
  /** The remainder of a market order: the book had no more, or none within the price band. */
  | 'book-exhausted'
  /** A resting reduce-only order with nothing left to reduce. */
  | 'nothing-to-reduce'
  | 'liquidation';

/** The order of a liquidation, which no client has sent. */
export const LIQUIDATION_ORDER = 0;

interface Happened {
  /** When it happened at the exchange. The client hears of it one response latency later. */
  readonly timeMs: number;
}

export interface OrderFill extends Happened {
  readonly kind: 'fill';
  readonly orderId: number;
  readonly side: Side;
  readonly priceTicks: number;
  readonly qtyLots: number;
  /** Of the order, after this fill. */
  readonly leavesLots: number;
  readonly liquidity: 'maker' | 'taker';
  /** Middle of the book in which it was filled. */
  readonly midTicks: number;
  /** In money steps, below 0 for a rebate; a liquidation's includes its own fee. */
  readonly feeSteps: number;
}

export interface FundingPayment extends Happened {
  readonly kind: 'funding';
  readonly rate: number;
  readonly markTicks: number;
  /** In money steps; above 0 when paid, below when received. */
  readonly paidSteps: number;
}

export type ExecutionReport =
  /** It rests in the book. */
  | (Happened & { readonly kind: 'accepted'; readonly orderId: number })
  | OrderFill
  | (Happened & {
      readonly kind: 'cancelled';
      readonly orderId: number;
      readonly leavesLots: number;
      readonly reason: CancelReason;
    })
  | (Happened & { readonly kind: 'rejected'; readonly orderId: number; readonly reason: RejectReason })
  /** The order was no longer open, or never was: it had been filled, cancelled or refused before. */
  | (Happened & { readonly kind: 'cancel-rejected'; readonly orderId: number })
  | FundingPayment;
