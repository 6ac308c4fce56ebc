/**
 * Resting orders in a recorded session of USD-M BTCUSDT, filled by its trades, against a book and a queue of the test's own: JSON
 * lines, maps and plain arithmetic. Needs `../shared/data`.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type MarketEvent, SequencedBook } from '../domain/market/index.ts';
import { surveyInputs } from '../platform/sources/index.ts';
import { Exchange, type OrderFill, type Side } from '../trading/exchange/index.ts';
import { playRecording } from './play-recording.ts';

const DATA = path.join('..', 'shared', 'data', 'l2', 'binance-usdm-btcusdt');
const skip = existsSync(DATA) ? false : 'real data is not at ../shared/data';
const SESSION = ['usdm_btcusdt_20230404.dat.gz', 'usdm_btcusdt_20230405.dat.gz'].map((name) =>
  path.join(DATA, name),
);

/** A post-only order at the best price of its side, as it stands when the `after`th event has been told. */
interface Probe {
  readonly after: number;
  readonly side: Side;
}

interface Filled {
  readonly timeMs: number;
  readonly lots: number;
}

const ORDER_LOTS = 40;
const LATENCY_MS = 15;
const PROBES = Array.from({ length: 24 }, (_, k): Probe => ({
  after: 500 + 1_100 * k,
  side: k % 2 ? 'buy' : 'sell',
}));

/** One order on one exchange. */
class Client {
  readonly fills: OrderFill[] = [];
  readonly #exchange: Exchange;
  readonly #book: SequencedBook;
  readonly #probe: Probe;
  #events = 0;

  constructor(exchange: (journal: (fill: OrderFill) => void) => Exchange, probe: Probe) {
    this.#exchange = exchange((fill) => this.fills.push(fill));
    this.#probe = probe;
    this.#book = new SequencedBook('binance-usdm', {
      onApplied: (book, timeMs) => this.#exchange.onBook(book, timeMs),
      onBreak: (timeMs) => this.#exchange.onBreak(timeMs),
      onTime: () => {},
    });
  }

  next(event: MarketEvent): void {
    this.#exchange.advanceTo(event.exchangeTimeMs);
    if (event.kind === 'trades') for (const trade of event.trades) this.#exchange.onTrade(trade);
    else if (event.kind === 'mark') this.#exchange.onMark(event.price * 10, event.exchangeTimeMs);
    else if (event.kind !== 'quote') this.#book.process(event);
    if (++this.#events !== this.#probe.after) return;
    const { bids, asks } = this.#book.book;
    const { side } = this.#probe;
    const priceTicks = side === 'buy' ? bids.bestTicks : asks.bestTicks;
    this.#exchange.submit({ type: 'limit', timeInForce: 'GTX', side, qtyLots: ORDER_LOTS, priceTicks });
  }
}

type Levels = readonly (readonly [price: string, size: string])[];

interface Message {
  readonly e?: string;
  readonly E: number;
  readonly T: number;
  readonly lastUpdateId?: number;
  readonly u: number;
  readonly p: string;
  readonly q: string;
  readonly m: boolean;
  readonly X?: string;
  readonly b: Levels;
  readonly a: Levels;
  readonly bids?: Levels;
  readonly asks?: Levels;
}

function* messagesOf(files: readonly string[]): Generator<Message> {
  for (const file of files) {
    for (const line of gunzipSync(readFileSync(file)).toString('utf8').split('\n')) {
      if (line === '' || line.includes('bookTicker')) continue;
      const json = JSON.parse(line.slice(line.indexOf(' ') + 1)) as Message & { readonly data?: Message };
      const message = json.data ?? json;
      if (message.X !== 'INSURANCE_FUND') yield message;
    }
  }
}

const ticks = (price: string): number => Math.round(Number(price) * 10);
const lots = (size: string): number => Math.round(Number(size) * 1_000);

/** One order in the queue of its level, by the rules of `docs/event-engine.md`. */
class PlainOrder {
  readonly fills: Filled[] = [];
  /** Lots ahead of it on arrival. */
  arrivedBehind = Number.NaN;
  /** Orders whose price the other side has come to are out of the comparison's plain arithmetic. */
  wasCrossed = false;
  #sentMs = Number.NaN;
  #price = Number.NaN;
  #ahead = Number.NaN;
  #left = ORDER_LOTS;
  readonly #side: Side;

  constructor(side: Side) {
    this.#side = side;
  }

  send(price: number, timeMs: number): void {
    this.#price = price;
    this.#sentMs = timeMs;
  }

  /** The book before an event of this time. */
  before(timeMs: number, own: ReadonlyMap<number, number>): void {
    if (!(timeMs > this.#sentMs + LATENCY_MS) || !Number.isNaN(this.#ahead)) return;
    this.arrivedBehind = this.#ahead = own.get(this.#price) ?? 0;
  }

  onTrade(price: number, size: number, seller: boolean, timeMs: number): void {
    if (Number.isNaN(this.#ahead) || seller !== (this.#side === 'buy')) return;
    const isThrough = this.#side === 'buy' ? price < this.#price : price > this.#price;
    if (isThrough) this.#fill(size, timeMs);
    else if (price === this.#price) {
      const past = Math.max(0, size - this.#ahead);
      this.#ahead = Math.max(0, this.#ahead - size);
      this.#fill(past, timeMs);
    }
  }

  /** The book after a change, and what of the other side has changed: only that can newly cross the order. */
  onBook(own: ReadonlyMap<number, number>, changes: Levels): void {
    if (Number.isNaN(this.#ahead) || this.#left === 0) return;
    const crosses = changes.some(
      ([price, size]) =>
        lots(size) > 0 && (this.#side === 'buy' ? ticks(price) <= this.#price : ticks(price) >= this.#price),
    );
    if (crosses) this.wasCrossed = true;
    else this.#ahead = Math.min(this.#ahead, own.get(this.#price) ?? 0);
  }

  #fill(offered: number, timeMs: number): void {
    const filled = Math.min(offered, this.#left);
    if (filled === 0 || this.wasCrossed) return;
    this.#left -= filled;
    this.fills.push({ timeMs, lots: filled });
  }
}

function expectedOrders(): readonly PlainOrder[] {
  const [bids, asks] = [new Map<number, number>(), new Map<number, number>()];
  const set = (side: Map<number, number>, levels: Levels): void => {
    for (const [price, size] of levels) {
      if (lots(size) === 0) side.delete(ticks(price));
      else side.set(ticks(price), lots(size));
    }
  };
  const orders = PROBES.map(({ side }) => new PlainOrder(side));
  let [clockMs, events, snapshotId] = [-Infinity, 0, Number.NaN];
  for (const message of messagesOf(SESSION)) {
    clockMs = Math.max(clockMs, message.e === 'markPriceUpdate' ? message.E : message.T);
    orders.forEach((order, i) => order.before(clockMs, PROBES[i]!.side === 'buy' ? bids : asks));
    if (message.e === 'trade') {
      const { p, q, m } = message;
      for (const order of orders) order.onTrade(ticks(p), lots(q), m, clockMs);
    } else if (message.lastUpdateId !== undefined || message.u >= snapshotId) {
      snapshotId = message.lastUpdateId ?? snapshotId;
      const [bidChanges, askChanges] = [message.bids ?? message.b, message.asks ?? message.a];
      set(bids, bidChanges);
      set(asks, askChanges);
      orders.forEach((order, i) =>
        PROBES[i]!.side === 'buy' ? order.onBook(bids, askChanges) : order.onBook(asks, bidChanges),
      );
    }
    events++;
    orders.forEach((order, i) => {
      const { after, side } = PROBES[i]!;
      if (after !== events) return;
      order.send(side === 'buy' ? Math.max(...bids.keys()) : Math.min(...asks.keys()), clockMs);
    });
  }
  return orders;
}

describe('playRecording', { skip }, () => {
  it('fills orders at the best price by the trades that go past the queue ahead, and no sooner', async (t) => {
    const survey = await surveyInputs({ venue: 'binance-usdm', symbol: 'BTCUSDT', inputs: SESSION });
    const settings = { initialCash: 1e9, latency: { entryMs: LATENCY_MS } };
    const { instrument } = survey;
    const clients = PROBES.map(
      (probe) =>
        new Client(
          (keep) =>
            new Exchange({
              instrument,
              settings,
              journal: (report) => (report.kind === 'fill' ? keep(report) : undefined),
            }),
          probe,
        ),
    );
    const played = await playRecording(survey, { listeners: clients });
    assert.deepEqual([played.messages, played.trades, played.marks, played.report.quarantined], [16_111, 12_934, 514, 0]); // prettier-ignore
    const expected = expectedOrders();
    let [compared, byTrades, waited] = [0, 0, 0];
    expected.forEach(({ fills, wasCrossed, arrivedBehind }, i) => {
      const got = clients[i]!.fills.map(({ timeMs, qtyLots }): Filled => ({ timeMs, lots: qtyLots }));
      assert.deepEqual(got.slice(0, fills.length), fills, `order ${i}`);
      if (!wasCrossed) assert.equal(got.length, fills.length, `order ${i}`);
      compared++;
      byTrades += fills.length;
      if (arrivedBehind > ORDER_LOTS && fills.length > 0) waited++;
      assert.ok(clients[i]!.fills.every(({ liquidity }) => liquidity === 'maker'));
    });
    t.diagnostic(
      `${compared} orders, ${byTrades} fills by trades, ${waited} orders waited behind a longer queue`,
    );
    assert.ok(byTrades > 10 && waited > 5);
  });

  it('tells nothing that lies beyond the end', async () => {
    const survey = await surveyInputs({ venue: 'binance-usdm', symbol: 'BTCUSDT', inputs: SESSION });
    const times: number[] = [];
    const endMs = 1_680_652_730_000;
    const listener = { next: (event: MarketEvent) => void times.push(event.exchangeTimeMs) };
    const { lastMs } = await playRecording(survey, { listeners: [listener], endMs });
    assert.equal(lastMs, times.at(-1));
    assert.ok(lastMs > endMs && times.slice(0, -1).every((timeMs) => timeMs <= endMs));
  });
});
