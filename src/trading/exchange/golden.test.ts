/**
 * The exchange beside hftbacktest's: the first minute of a recorded session, 76 orders, each alone. Made by
 * `bench/peers/hftbacktest_golden.py`.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { OrderBook } from '../../domain/market/index.ts';
import { Exchange } from './exchange.ts';
import { INSTRUMENT } from './market.fixture.ts';
import type { OrderFill, Side, TimeInForce } from './orders.ts';

const FILE = path.join(import.meta.dirname, 'golden', 'hftbacktest.json');
const SHA256 = '3d9a518b694d0584d3d88ba80b22a9b672032ebc7556ce3ae35118f92489229d';

type Levels = readonly (readonly [ticks: number, lots: number])[];
type Event =
  | readonly [timeMs: number, bids: Levels, asks: Levels]
  | readonly [timeMs: number, ticks: number, lots: number, aggressor: Side];

interface Case {
  readonly side: Side;
  readonly lots: number;
  readonly priceTicks: number;
  readonly timeInForce: TimeInForce;
  readonly sentMs: number;
  /** What became of it until then counts. */
  readonly watchedMs: number;
  /** Of the power model; risk-averse without. */
  readonly exponent?: number;
  readonly expected: {
    readonly lots: number;
    readonly money: number;
    readonly fee: number;
    readonly filledMs?: number;
  };
}

interface Golden {
  readonly latencyMs: number;
  readonly fees: { readonly maker: number; readonly taker: number };
  readonly cases: readonly Case[];
  readonly events: readonly Event[];
}

const text = readFileSync(FILE, 'utf8');
const { latencyMs, fees, cases, events } = JSON.parse(text) as Golden;

/** Plays the market until the order has been watched for long enough. */
function fillsOf({ side, lots, priceTicks, timeInForce, sentMs, watchedMs, exponent }: Case) {
  const fills: OrderFill[] = [];
  const exchange = new Exchange({
    instrument: INSTRUMENT,
    settings: {
      initialCash: 1e8,
      fees,
      latency: { entryMs: latencyMs },
      queue: exponent === undefined ? { kind: 'risk-averse' } : { kind: 'power', exponent },
    },
    journal: (report) => {
      if (report.kind === 'fill') fills.push(report);
    },
  });
  const book = new OrderBook();
  const sent = events.findIndex(([timeMs]) => timeMs > sentMs);
  for (const [row, event] of events.entries()) {
    const [timeMs] = event;
    if (row === sent) {
      exchange.advanceTo(sentMs);
      exchange.submit({ type: 'limit', side, qtyLots: lots, priceTicks, timeInForce });
    }
    exchange.advanceTo(Math.min(timeMs, sentMs + watchedMs));
    if (timeMs > sentMs + watchedMs) break;
    if (event.length === 4) {
      exchange.onTrade({ timeMs, priceTicks: event[1], qtyLots: event[2], aggressor: event[3] });
    } else {
      for (const [ticks, size] of event[1]) book.bids.set(ticks, size);
      for (const [ticks, size] of event[2]) book.asks.set(ticks, size);
      exchange.onBook(book, timeMs);
    }
  }
  return fills;
}

describe('beside hftbacktest', () => {
  it('the golden file is the one that was made', () => {
    assert.equal(createHash('sha256').update(text).digest('hex'), SHA256);
  });

  const told = (fill: OrderFill | undefined) => ({
    lots: fill?.qtyLots ?? 0,
    money: fill === undefined ? 0 : (fill.qtyLots * fill.priceTicks) / 1e4,
    fee: (fill?.feeSteps ?? 0) / 1e6,
  });

  it('orders that take are filled at the same prices, as far as it reports them', () => {
    const takers = cases.filter(({ expected }) => expected.fee > 0);
    assert.ok(takers.length > 20);
    for (const one of takers) {
      // Of an order that walks several levels hftbacktest 2.4 reports the last alone.
      const { lots, money, fee } = told(fillsOf(one).at(-1));
      assert.equal(lots, one.expected.lots);
      assert.ok(Math.abs(money - one.expected.money) < 1e-6);
      assert.ok(Math.abs(fee - one.expected.fee) < 1e-6);
    }
  });

  it('orders that rest are filled, or not, at the same millisecond, in both models of the queue', () => {
    const resting = cases.filter(({ timeInForce, lots }) => timeInForce !== 'IOC' && lots === 1);
    const differing = resting.filter((one) => {
      const fills = fillsOf(one);
      const { lots, fee } = told(fills[0]);
      const isSame = lots === one.expected.lots && Math.abs(fee - one.expected.fee) < 1e-6;
      return !isSame || fills[0]?.timeMs !== one.expected.filledMs;
    });
    assert.deepEqual(differing, []);
    assert.ok(resting.filter(({ expected }) => expected.lots > 0).length > 15);
  });
});
