/** A client's orders that rest in the book, and what the market gives them. */
import type { MarketTrade, OrderBook } from '../../domain/market/index.ts';
import { type LimitOrder, type Side, signOf } from './orders.ts';
import { type QueueModel, QueuePosition } from './queue.ts';
import type { SideLiquidity } from './liquidity.ts';

export class RestingOrder {
  readonly id: number;
  readonly side: Side;
  readonly priceTicks: number;
  readonly reduceOnly: boolean;
  readonly queue: QueuePosition;
  leavesLots: number;
  /** Of the order when it came, what opens or enlarges a position: margin is set aside for it until it is filled. */
  readonly #openingLots: number;

  constructor(
    id: number,
    order: LimitOrder,
    { leavesLots, openingLots, levelLots }: Record<'leavesLots' | 'openingLots' | 'levelLots', number>,
  ) {
    this.id = id;
    this.side = order.side;
    this.priceTicks = order.priceTicks;
    this.reduceOnly = order.reduceOnly ?? false;
    this.queue = new QueuePosition(levelLots);
    this.leavesLots = leavesLots;
    this.#openingLots = openingLots;
  }

  /** Notional in ticks and lots for which margin is set aside. */
  get reservedTickLots(): number {
    return this.priceTicks * Math.min(this.leavesLots, this.#openingLots);
  }
}

/** Fills an order at its own price, as far as it may be; returns the lots filled. */
type FillMaker = (order: RestingOrder, qtyLots: number) => number;

export class RestingOrders {
  /** By priority: best price first, then the earlier one. */
  readonly #sides: Readonly<Record<Side, RestingOrder[]>> = { buy: [], sell: [] };
  readonly #model: QueueModel;

  constructor(model: QueueModel) {
    this.#model = model;
  }

  get count(): number {
    return this.#sides.buy.length + this.#sides.sell.length;
  }

  get reservedTickLots(): number {
    return this.all().reduce((sum, order) => sum + order.reservedTickLots, 0);
  }

  all(): readonly RestingOrder[] {
    return [...this.#sides.buy, ...this.#sides.sell];
  }

  add(order: RestingOrder): void {
    const orders = this.#sides[order.side];
    const sign = signOf(order.side);
    const behind = orders.findIndex((other) => sign * other.priceTicks < sign * order.priceTicks);
    orders.splice(behind < 0 ? orders.length : behind, 0, order);
  }

  /** Takes an order out; null when it is not there. */
  remove(id: number): RestingOrder | null {
    for (const orders of Object.values(this.#sides)) {
      const at = orders.findIndex((order) => order.id === id);
      if (at >= 0) return orders.splice(at, 1)[0]!;
    }
    return null;
  }

  /**
   * A trade gives at most its own size to all orders together: to those at a better price than its own at once, to those at
   * its price what is left when everything ahead of them is filled.
   */
  onTrade(trade: MarketTrade, fill: FillMaker): void {
    const side = trade.aggressor === 'sell' ? 'buy' : 'sell';
    const sign = signOf(side);
    let given = 0;
    for (const order of this.#sides[side].slice()) {
      const distance = sign * (order.priceTicks - trade.priceTicks);
      if (distance < 0) break;
      const offered = distance > 0 ? trade.qtyLots : Math.floor(order.queue.onTrade(trade.qtyLots));
      if (offered > given) given += fill(order, offered - given);
    }
  }

  /** The book has changed: orders that it crosses are filled from what crosses, the others find their place in the queue. */
  onBook(book: OrderBook, liquidity: Readonly<Record<Side, SideLiquidity>>, fill: FillMaker): void {
    for (const side of ['buy', 'sell'] as const) {
      const orders = this.#sides[side];
      if (orders.length === 0) continue;
      const sign = signOf(side);
      const [own, other] = side === 'buy' ? [book.bids, book.asks] : [book.asks, book.bids];
      for (const order of orders.slice()) {
        const crosses = (ticks: number): boolean => sign * ticks <= sign * order.priceTicks;
        if (crosses(other.bestTicks)) {
          order.queue.onCrossed();
          for (const slice of liquidity[side].walk(other, order.leavesLots, crosses)) {
            const qtyLots = fill(order, slice.qtyLots);
            if (qtyLots > 0) liquidity[side].take(other, { ...slice, qtyLots });
          }
        } else {
          order.queue.onLevel(own.lotsAt(order.priceTicks), this.#model);
        }
      }
    }
  }
}
