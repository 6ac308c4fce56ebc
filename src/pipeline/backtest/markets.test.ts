/** Order-book bars as candles with their books, through the files that ingest writes. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DataError, MINUTE_MS } from '../../domain/core/index.ts';
import { BAR_LEVELS, type MinuteBar } from '../../domain/features/index.ts';
import { writeBarDay } from '../../platform/storage/index.ts';
import { barMarket } from './markets.ts';

const START = Date.UTC(2024, 6, 23, 12);
const ALL = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY, depth: true };

type Prices = readonly [open: number, high: number, low: number, close: number];

function bar(minute: number, [open, high, low, close]: Prices, previousClose: number): MinuteBar {
  const levels = (of: (rank: number) => number, missing: number): Float64Array =>
    Float64Array.from({ length: BAR_LEVELS }, (_, rank) => (rank < 3 ? of(rank) : missing));
  const features = Float64Array.of(
    Math.log(close / open),
    (high - Math.max(open, close)) / previousClose,
    (Math.min(open, close) - low) / previousClose,
    Math.log(close / previousClose),
    ...Array.from({ length: 5 }, () => 0.1),
  );
  return {
    minuteMs: START + minute * MINUTE_MS,
    features,
    stationary: new Float64Array(16),
    open,
    high,
    low,
    close,
    bidPrices: levels((rank) => close - 1 - rank, Number.NaN),
    bidSizes: levels((rank) => 1 + rank, 0),
    askPrices: levels((rank) => close + 1 + rank, Number.NaN),
    askSizes: levels((rank) => 2 + rank, 0),
    messages: 10,
    samples: 60,
    incomplete: [],
  };
}

describe('barMarket', () => {
  let dataDir = '';
  const place = () => ({ dataDir, venue: 'bybit-linear', symbol: 'SIMUSDT' });
  before(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'tidemark-markets-'));
    const unknown = bar(3, [100, 100, 100, 100], 100);
    const broken: MinuteBar = { ...unknown, close: Number.NaN };
    const incomplete = bar(2, [104, 104, 104, 104], 101);
    await writeBarDay(place(), [
      bar(0, [100, 103, 99, 102], Number.NaN),
      bar(1, [103, 106, 100, 101], 102),
      {
        ...incomplete,
        features: incomplete.features.map(() => Number.NaN),
        askPrices: new Float64Array(BAR_LEVELS).fill(Number.NaN),
      },
      broken,
      bar(4, [100, 101, 99, 100], 104),
    ]);
  });
  after(async () => {
    await rm(dataDir, { recursive: true, force: true });
  });

  it('rebuilds the candles of the micro price from body and wicks', async () => {
    const { checked, synthetic, interval } = await barMarket(place(), ALL);
    const { openTimeMs, open, high, low, close } = checked.candles;
    assert.deepEqual([synthetic, interval, checked.intervalMs], [false, '1m', MINUTE_MS]);
    assert.deepEqual(
      Array.from(openTimeMs, (ms) => (ms - START) / MINUTE_MS),
      [0, 1, 2, 4],
      'a bar without a close is none',
    );
    const rounded = (column: Float64Array) => Array.from(column, (x) => Number(x.toFixed(9)));
    assert.deepEqual(rounded(open), [100, 103, 104, 100]);
    assert.deepEqual(rounded(close), [102, 101, 104, 100]);
    // The first bar has no close before it, so that its wicks are not known; an incomplete one is its close.
    assert.deepEqual(rounded(high), [102, 106, 104, 101]);
    assert.deepEqual(rounded(low), [100, 100, 104, 99]);
  });

  it('keeps the books row by row, and halts where a side is empty', async () => {
    const { depth, halted } = (await barMarket(place(), ALL)).checked;
    assert.deepEqual([...halted!], [0, 0, 1, 0]);
    assert.deepEqual([...depth!.askPrices.subarray(BAR_LEVELS, BAR_LEVELS + 4)], [102, 103, 104, Number.NaN]);
    assert.deepEqual([...depth!.bidSizes.subarray(3 * BAR_LEVELS, 3 * BAR_LEVELS + 4)], [1, 2, 3, 0]);
    assert.equal((await barMarket(place(), { ...ALL, depth: false })).checked.depth, undefined);
  });

  it('refuses a range without two bars', async () => {
    await assert.rejects(barMarket(place(), { ...ALL, fromMs: START + 4 * MINUTE_MS }), DataError);
    await assert.rejects(barMarket({ ...place(), symbol: 'NONE' }, ALL), /0 bars of bybit-linear NONE/);
  });
});
