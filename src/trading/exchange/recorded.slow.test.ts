/**
 * Market orders on recorded sessions of USD-M BTCUSDT, against a book of the test's own: JSON lines into maps of decimal
 * strings, walked with plain arithmetic. Needs `../shared/data`.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import {
  type BookUpdate,
  createBookUpdate,
  type LevelPair,
  SequencedBook,
  toSteps,
} from '../../domain/market/index.ts';
import { Exchange } from './exchange.ts';
import { INSTRUMENT } from './market.fixture.ts';
import type { ExecutionReport, Side } from './orders.ts';

const DATA = path.join('..', 'shared', 'data', 'l2', 'binance-usdm-btcusdt');
const skip = existsSync(DATA) ? false : 'real data is not at ../shared/data';

type Level = readonly [price: string, size: string];

interface Depth {
  readonly isSnapshot: boolean;
  readonly timeMs: number;
  readonly U: number;
  readonly u: number;
  readonly pu: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** As Binance writes them. */
interface Snapshot {
  readonly lastUpdateId: number;
  readonly T: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

interface DepthUpdate extends Pick<Depth, 'U' | 'u' | 'pu'> {
  readonly e: string;
  readonly T: number;
  readonly b: readonly Level[];
  readonly a: readonly Level[];
}

/** Depth messages of a session, in the order of the recording. */
function readSession(files: readonly string[]): readonly Depth[] {
  const lines = files.flatMap((file) =>
    gunzipSync(readFileSync(path.join(DATA, file)))
      .toString('utf8')
      .split('\n'),
  );
  const depths: Depth[] = [];
  for (const line of lines) {
    if (line === '') continue;
    const json = JSON.parse(line.slice(line.indexOf(' ') + 1)) as Snapshot | { readonly data: DepthUpdate };
    if ('lastUpdateId' in json) {
      const { T: timeMs, lastUpdateId: u, bids, asks } = json;
      depths.push({ isSnapshot: true, timeMs, U: Number.NaN, u, pu: Number.NaN, bids, asks });
    } else if (json.data.e === 'depthUpdate') {
      const { T: timeMs, U, u, pu, b: bids, a: asks } = json.data;
      depths.push({ isSnapshot: false, timeMs, U, u, pu, bids, asks });
    }
  }
  return depths;
}

/** The book by the exchange's instructions, in decimal strings. */
class PlainBook {
  readonly bids = new Map<string, string>();
  readonly asks = new Map<string, string>();
  #snapshotId = Number.NaN;
  #waiting: Depth[] = [];

  get isLoaded(): boolean {
    return !Number.isNaN(this.#snapshotId);
  }

  apply(depth: Depth): void {
    if (depth.isSnapshot) {
      this.#snapshotId = depth.u;
      this.#set(depth);
      for (const waiting of this.#waiting) if (waiting.u >= depth.u) this.#set(waiting);
    } else if (this.isLoaded) this.#set(depth);
    else this.#waiting.push(depth);
  }

  #set({ bids, asks }: Depth): void {
    for (const [levels, side] of [
      [bids, this.bids],
      [asks, this.asks],
    ] as const) {
      for (const [price, size] of levels) {
        if (Number(size) === 0) side.delete(price);
        else side.set(price, size);
      }
    }
  }

  /** Thousandths of a coin by tenths of a dollar that an order gets, best first. */
  walk(side: Side, lots: number): readonly (readonly [ticks: number, lots: number])[] {
    const levels = [...(side === 'buy' ? this.asks : this.bids)]
      .map(([price, size]) => [Math.round(Number(price) * 10), Math.round(Number(size) * 1_000)] as const)
      .toSorted((a, b) => (side === 'buy' ? a[0] - b[0] : b[0] - a[0]));
    let left = lots;
    return levels.flatMap(([ticks, there]) => {
      const taken = Math.min(left, there);
      left -= taken;
      return taken > 0 ? [[ticks, taken] as const] : [];
    });
  }
}

function updateOf(depth: Depth): BookUpdate {
  const levels = (side: readonly Level[]): LevelPair[] =>
    side.map(([price, size]) => [toSteps(price, INSTRUMENT.tick), toSteps(size, INSTRUMENT.lot)]);
  return createBookUpdate({
    kind: depth.isSnapshot ? 'snapshot' : 'delta',
    exchangeTimeMs: depth.timeMs,
    firstUpdateId: depth.U,
    lastUpdateId: depth.u,
    previousUpdateId: depth.pu,
    bids: levels(depth.bids),
    asks: levels(depth.asks),
  });
}

interface Probe {
  readonly sentMs: number;
  readonly side: Side;
  readonly lots: number;
}

const LATENCY_MS = 37;
/** Of Binance's snapshots: deeper levels are known only as far as they changed. */
const LOTS = [1, 10, 100, 1_000, 5_000, 20_000, 100_000, 400_000, 5_000_000];

interface Outcome {
  readonly journal: readonly ExecutionReport[];
  /** Average price of what was filled. */
  readonly entryTicks: number;
}

/** One exchange for each order, all of them on the same book. */
function outcomesOf(depths: readonly Depth[], probes: readonly Probe[]): readonly Outcome[] {
  const journals = probes.map((): ExecutionReport[] => []);
  const exchanges = probes.map(
    (_, i) =>
      new Exchange({
        instrument: INSTRUMENT,
        settings: { initialCash: 1e9, latency: { entryMs: LATENCY_MS } },
        journal: (report) => journals[i]!.push(report),
      }),
  );
  const sequenced = new SequencedBook('binance-usdm', {
    onApplied: (book, timeMs) => exchanges.forEach((exchange) => exchange.onBook(book, timeMs)),
    onBreak: (timeMs) => exchanges.forEach((exchange) => exchange.onBreak(timeMs)),
    onTime: () => {},
  });
  const isSent = probes.map(() => false);
  for (const depth of depths) {
    exchanges.forEach((exchange, i) => {
      const { sentMs, side, lots } = probes[i]!;
      if (!isSent[i] && depth.timeMs > sentMs) {
        exchange.advanceTo(sentMs);
        exchange.submit({ type: 'market', side, qtyLots: lots });
        isSent[i] = true;
      }
      exchange.advanceTo(depth.timeMs);
    });
    sequenced.process(updateOf(depth));
  }
  return exchanges.map((exchange, i) => {
    exchange.finish();
    return { journal: journals[i]!, entryTicks: exchange.account.entryTicks };
  });
}

/** What each order must get: the walk of the plain book after every message whose time is not past its arrival. */
function expectedFills(depths: readonly Depth[], probes: readonly Probe[]) {
  const book = new PlainBook();
  const expected = probes.map((): readonly (readonly [number, number])[] | null => null);
  let clockMs = -Infinity;
  for (const depth of [...depths, null]) {
    clockMs = depth === null ? Infinity : Math.max(clockMs, depth.timeMs);
    probes.forEach(({ sentMs, side, lots }, i) => {
      if (expected[i] === null && clockMs > sentMs + LATENCY_MS) expected[i] = book.walk(side, lots);
    });
    if (depth !== null) book.apply(depth);
  }
  return expected;
}

describe('market orders on recorded sessions', { skip }, () => {
  for (const files of [
    ['usdm_btcusdt_20230404.dat.gz', 'usdm_btcusdt_20230405.dat.gz'],
    ['usdm_btcusdt_20240718.gz', 'usdm_btcusdt_20240719.gz'],
  ]) {
    it(`${files[0]}: fill level by level as the book stood on arrival, at its volume-weighted price`, (t) => {
      const depths = readSession(files);
      const loaded = depths.findIndex(({ isSnapshot }) => isSnapshot);
      const startMs = depths[loaded + 20]!.timeMs;
      const spanMs = depths.at(-1)!.timeMs - startMs - 2 * LATENCY_MS;
      const probes = Array.from({ length: 6 }, (_, k) =>
        Math.floor(startMs + ((k + 0.5) / 6) * spanMs),
      ).flatMap((sentMs, k) =>
        LOTS.map((lots, j): Probe => ({ sentMs, lots, side: (j + k) % 2 ? 'buy' : 'sell' })),
      );
      const expected = expectedFills(depths, probes);
      let slices = 0;
      let exhausted = 0;
      outcomesOf(depths, probes).forEach(({ journal, entryTicks }, i) => {
        const { sentMs, lots: wanted } = probes[i]!;
        const fills = journal.flatMap((report) => (report.kind === 'fill' ? [report] : []));
        const got = fills.map(({ priceTicks, qtyLots }) => [priceTicks, qtyLots] as const);
        assert.deepEqual(got, expected[i]);
        const paid = expected[i]!.reduce((sum, [ticks, lots]) => sum + ticks * lots, 0);
        const filled = expected[i]!.reduce((sum, [, lots]) => sum + lots, 0);
        assert.equal(entryTicks, paid / filled);
        for (const { timeMs } of fills) assert.equal(timeMs, sentMs + LATENCY_MS);
        slices += got.length;
        if (filled === wanted) return;
        exhausted++;
        const last = journal.at(-1)!;
        assert.ok(last.kind === 'cancelled' && last.reason === 'book-exhausted');
        assert.equal(last.leavesLots, wanted - filled);
      });
      t.diagnostic(
        `${probes.length} orders of ${LOTS[0]} to ${LOTS.at(-1)} lots, ${slices} fills, ${exhausted} emptied the book`,
      );
      assert.ok(slices > 1_000 && exhausted > 0);
    });
  }
});
