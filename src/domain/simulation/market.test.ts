import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { DAY_MS, MINUTE_MS } from '../core/index.ts';
import { type Candle, candleCsvLine, CANDLE_CSV_HEADER } from './candles.ts';
import { simulatedInstrument } from './instrument.ts';
import { type MarketOptions, simulateMarket } from './market.ts';

const START = Date.UTC(2025, 0, 1);
const OPTIONS: MarketOptions = {
  seed: 7,
  instrument: simulatedInstrument('SIMUSDT'),
  startMs: START,
  days: 2,
  strength: 0.5,
  rate: 'light',
};
const CANDLE_MS = 5 * MINUTE_MS;

interface Message {
  readonly topic: string;
  readonly type: 'snapshot' | 'delta';
  readonly ts: number;
  readonly data: {
    readonly s: string;
    readonly b: readonly (readonly [string, string])[];
    readonly a: readonly (readonly [string, string])[];
    readonly u: number;
    readonly seq: number;
  };
  readonly cts: number;
}

interface Recording {
  /** Lines of each day's archive. */
  readonly days: readonly (readonly string[])[];
  readonly candles: readonly Candle[];
  readonly bytes: number;
}

/** Takes a market's events until it ends, or until `minutes` of candles have come. */
function record(options: MarketOptions, minutes = Number.POSITIVE_INFINITY): Recording {
  const texts: string[][] = [];
  const candles: Candle[] = [];
  let bytes = 0;
  for (const event of simulateMarket(options).events) {
    if (event.kind === 'day-open') texts.push([]);
    if (event.kind === 'bytes') {
      texts.at(-1)!.push(Buffer.from(event.bytes).toString('latin1'));
      bytes += event.bytes.length;
    }
    if (event.kind === 'candle' && candles.push(event.candle) * 5 >= minutes) break;
  }
  return { days: texts.map((text) => text.join('').trimEnd().split('\n')), candles, bytes };
}

/** What an honest reader keeps: price → size of each side, and nothing of the simulator's own book. */
class PlainBook {
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();

  apply({ type, data }: Message): void {
    if (type === 'snapshot') {
      this.bids.clear();
      this.asks.clear();
    }
    for (const [side, levels] of [
      [this.bids, data.b],
      [this.asks, data.a],
    ] as const) {
      for (const [price, size] of levels) {
        if (size === '0') assert.ok(side.delete(ticksOf(price)), `deletes ${price}, which is not there`);
        else side.set(ticksOf(price), Number(size));
      }
    }
  }

  get bestBid(): number {
    let best = Number.NEGATIVE_INFINITY;
    for (const ticks of this.bids.keys()) if (ticks > best) best = ticks;
    return best;
  }

  get bestAsk(): number {
    let best = Number.POSITIVE_INFINITY;
    for (const ticks of this.asks.keys()) if (ticks < best) best = ticks;
    return best;
  }
}

const ticksOf = (price: string): number => Math.round(Number(price) * 10_000);

const LEVEL = String.raw`\["\d+\.\d{4}","\d+"\]`;
const LEVELS = String.raw`\[(?:${LEVEL}(?:,${LEVEL})*)?\]`;
/** The keys of a real archive line in their order; prices on the tick of 0.0001, sizes on the lot of 1. */
const LINE = new RegExp(
  String.raw`^\{"topic":"orderbook\.500\.SIMUSDT","type":"(?:snapshot|delta)","ts":\d{13},` +
    String.raw`"data":\{"s":"SIMUSDT","b":${LEVELS},"a":${LEVELS},"u":\d+,"seq":\d+\},"cts":\d{13}\}$`,
);

/** Replays one archive, asserting all that must hold after each message; returns the touch at every message. */
function replay(lines: readonly string[], depth: number) {
  const book = new PlainBook();
  const touches: { ts: number; bid: number; ask: number }[] = [];
  let previous: Message | null = null;
  for (const [i, line] of lines.entries()) {
    assert.match(line, LINE);
    const message = JSON.parse(line) as Message;
    assert.equal(message.type, i === 0 || i === lines.length - 1 ? 'snapshot' : 'delta');
    book.apply(message);
    if (previous !== null) {
      const step = i === lines.length - 1 ? 0 : 1;
      assert.equal(message.data.u, previous.data.u + step, `line ${i + 1}`);
      assert.ok(message.data.seq >= previous.data.seq + step);
      assert.ok(message.ts > previous.ts && message.cts <= message.ts);
    }
    const { bestBid: bid, bestAsk: ask } = book;
    assert.ok(bid < ask, `line ${i + 1} is crossed: ${bid} ≥ ${ask}`);
    assert.ok(
      book.bids.size === depth && book.asks.size === depth,
      `${book.bids.size} × ${book.asks.size} levels`,
    );
    touches.push({ ts: message.ts, bid, ask });
    previous = message;
  }
  return touches;
}

describe('simulateMarket at light rate', () => {
  let recording: Recording;
  let touches: ReturnType<typeof replay>[];
  before(() => {
    recording = record(OPTIONS);
    touches = recording.days.map((lines) => replay(lines, 240));
  });

  it('writes archives whose book is contiguous, deep, on tick and lot, and never crossed', () => {
    // Asserted message by message in the replay.
    assert.equal(touches.length, 2);
    for (const day of touches) assert.ok(day.length > 20_000);
  });

  it('holds one UTC day, 1 to 7 deltas of the next, and the next one’s opening snapshot, which repeats `u`', () => {
    for (const [day, lines] of recording.days.entries()) {
      const endMs = START + (day + 1) * DAY_MS;
      const first = touches[day]![0]!.ts - (endMs - DAY_MS);
      assert.ok(first >= 100 && first <= 1_100, `opens ${first} ms after midnight`);
      const tail = touches[day]!.filter(({ ts }) => ts >= endMs);
      assert.ok(tail.length >= 2 && tail.length <= 8, `${tail.length} lines behind midnight`);
      assert.ok(tail.at(-1)!.ts < endMs + 1_100);
      if (day + 1 < recording.days.length) assert.equal(lines.at(-1), recording.days[day + 1]![0]);
    }
  });

  it('ends a day with the snapshot of the very book that the deltas built', () => {
    for (const lines of recording.days) {
      const book = new PlainBook();
      for (const line of lines.slice(0, -1)) book.apply(JSON.parse(line) as Message);
      const closing = new PlainBook();
      closing.apply(JSON.parse(lines.at(-1)!) as Message);
      const sorted = (side: Map<number, number>) => [...side].toSorted(([a], [b]) => a - b);
      assert.deepEqual(sorted(book.bids), sorted(closing.bids));
      assert.deepEqual(sorted(book.asks), sorted(closing.asks));
    }
  });

  it('has candles that hold together and trade at the touch of the book', () => {
    const path = touches.flat();
    assert.equal(recording.candles.length, (2 * DAY_MS) / CANDLE_MS);
    let at = 0;
    for (const [i, candle] of recording.candles.entries()) {
      assert.equal(candle.openTimeMs, START + i * CANDLE_MS);
      const { open, high, low, close, volume, quoteVolume, takerBuyVolume, takerBuyQuoteVolume, trades } =
        candle;
      assert.ok(low <= Math.min(open, close) && high >= Math.max(open, close));
      assert.ok(takerBuyVolume >= 0 && takerBuyVolume <= volume && Number.isInteger(volume));
      assert.ok(takerBuyQuoteVolume <= quoteVolume && trades > 0 && Number.isInteger(trades));
      assert.ok(quoteVolume >= low * volume && quoteVolume <= high * volume);
      let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (; at < path.length && path[at]!.ts < candle.openTimeMs + CANDLE_MS; at++) {
        lowest = Math.min(lowest, path[at]!.bid);
        highest = Math.max(highest, path[at]!.ask);
      }
      // The first candle also has the trades before the first archive opens.
      if (i > 0) assert.ok(low >= lowest && high <= highest, `candle ${i}`);
    }
  });

  it('writes a candle in the columns of a USD-M archive', () => {
    const candle: Candle = {
      openTimeMs: START,
      open: 20_000,
      high: 20_010,
      low: 19_999,
      close: 20_005,
      volume: 1_000,
      quoteVolume: 20_001_000,
      trades: 12,
      takerBuyVolume: 400,
      takerBuyQuoteVolume: 8_000_400,
    };
    const line = candleCsvLine(candle, OPTIONS.instrument);
    assert.equal(
      line,
      `${START},2.0000,2.0010,1.9999,2.0005,1000,${START + CANDLE_MS - 1},2000.10000,12,400,800.04000,0`,
    );
    assert.equal(CANDLE_CSV_HEADER.split(',').length, line.split(',').length);
  });
});

describe('simulateMarket', () => {
  const hashes = (options: Partial<MarketOptions>) => {
    const { days, candles } = record({ ...OPTIONS, days: 1, ...options });
    const { truth } = simulateMarket({ ...OPTIONS, days: 1, ...options });
    const hash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
    return [hash(days), hash(candles), hash([...truth.state]), hash([...truth.mid])];
  };

  it('gives the same bytes for the same options, and other bytes for another seed', () => {
    const once = hashes({});
    assert.deepEqual(hashes({}), once);
    const other = hashes({ seed: 8 });
    for (const [i, hash] of once.entries()) assert.notEqual(other[i], hash);
  });

  it('hides one truth in both rates', () => {
    assert.deepEqual(simulateMarket({ ...OPTIONS, rate: 'full' }).truth, simulateMarket(OPTIONS).truth);
  });

  it('writes at full rate what an exchange does: 862,000 messages and about a gigabyte a day', () => {
    const minutes = 10;
    const { days, bytes } = record({ ...OPTIONS, days: 1, rate: 'full' }, minutes);
    const [lines] = days;
    // The last chunk is still with the encoder: count by the time that the lines reach.
    const last = JSON.parse(lines!.at(-2)!) as Message;
    const share = (last.ts - START) / DAY_MS;
    const messages = lines!.length / share;
    assert.ok(Math.abs(messages - 862_000) < 20_000, `${messages} messages a day`);
    const gigabytes = bytes / share / 1e9;
    assert.ok(gigabytes > 0.6 && gigabytes < 1.6, `${gigabytes} GB a day`);
    const book = new PlainBook();
    for (const line of lines!.slice(0, 1_000)) {
      assert.match(line, LINE);
      book.apply(JSON.parse(line) as Message);
      assert.ok(book.bestBid < book.bestAsk && book.bids.size === 500 && book.asks.size === 500);
    }
  });

  it('refuses a market whose price leaves no room for the book', () => {
    const instrument = { ...OPTIONS.instrument, startPrice: 0.05 };
    assert.throws(() => simulateMarket({ ...OPTIONS, instrument, rate: 'full' }), {
      name: 'ConfigError',
      message: /^--days: the price falls to 0\.0\d+, fewer than the 1000 ticks that the book needs/,
    });
  });
});
