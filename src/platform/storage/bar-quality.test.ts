import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MINUTE_MS } from '../../domain/core/index.ts';
import {
  BAR_LEVELS,
  FEATURE_COUNT,
  type MinuteBar,
  QUANTGOD_9,
  STATIONARY,
} from '../../domain/features/index.ts';
import {
  BAR_FILE_SCHEMA,
  readBarDay,
  readDayFileFacts,
  readFeatureDay,
  STATIONARY_FILE_SCHEMA,
} from './bar-quality.ts';
import { readFeatureMonths } from './bar-quality-months.ts';
import { barFile, stationaryFile, writeBarDay } from './bar-store.ts';

const JANUARY = Date.UTC(2025, 0, 31);
const FEBRUARY = Date.UTC(2025, 1, 1);

function bar(minuteMs: number, value: number): MinuteBar {
  return {
    minuteMs,
    features: new Float64Array(FEATURE_COUNT).fill(value),
    stationary: new Float64Array(STATIONARY.length).fill(2 * value),
    open: 7,
    high: 7,
    low: 7,
    close: 7,
    bidPrices: new Float64Array(BAR_LEVELS).map((_, k) => 100 - k),
    bidSizes: new Float64Array(BAR_LEVELS).fill(1),
    askPrices: new Float64Array(BAR_LEVELS).map((_, k) => 101 + k),
    askSizes: new Float64Array(BAR_LEVELS).fill(2),
    messages: 1,
    samples: 1,
    incomplete: [],
  };
}

describe('bar files as a quality check reads them', () => {
  let location = { dataDir: '', venue: 'bybit-linear', symbol: 'X' };
  before(async () => {
    location = { ...location, dataDir: await mkdtemp(path.join(tmpdir(), 'tidemark-quality-')) };
    const january = Array.from({ length: 10 }, (_, i) => bar(JANUARY + i * MINUTE_MS, i));
    await writeBarDay(location, january);
    await writeBarDay(location, [
      bar(FEBRUARY, 3),
      bar(FEBRUARY + MINUTE_MS, Number.NaN),
      bar(FEBRUARY + 2 * MINUTE_MS, 100),
    ]);
  });
  after(async () => {
    await rm(location.dataDir, { recursive: true });
  });

  it('have the schema that was promised', async () => {
    const facts = await readDayFileFacts(barFile(location, JANUARY));
    assert.deepEqual(facts, { columns: BAR_FILE_SCHEMA, nulls: [] });
    const beside = await readDayFileFacts(stationaryFile(location, JANUARY));
    assert.deepEqual(beside, { columns: STATIONARY_FILE_SCHEMA, nulls: [] });
  });

  it('give a day with its books, column by column', async () => {
    const day = await readBarDay(location, FEBRUARY);
    assert.equal(day.rows, 3);
    assert.deepEqual(
      [...day.minuteMs],
      [0, 1, 2].map((i) => FEBRUARY + i * MINUTE_MS),
    );
    assert.deepEqual(day.features.get('mean_obi'), Float64Array.of(3, Number.NaN, 100));
    const beside = await readFeatureDay(location, FEBRUARY);
    assert.deepEqual(beside.minuteMs, day.minuteMs);
    assert.deepEqual(beside.features.get('bid_slope'), Float64Array.of(6, Number.NaN, 200));
    assert.deepEqual(day.asks.prices[199], Float64Array.of(300, 300, 300));
    assert.deepEqual(day.bids.prices[5], Float64Array.of(95, 95, 95));
    assert.deepEqual(day.asks.sizes[0], Float64Array.of(2, 2, 2));
  });

  it('give the distribution of a feature by month, finite values only', async () => {
    const files = [JANUARY, FEBRUARY].map((dayMs) => barFile(location, dayMs));
    const [body] = await readFeatureMonths({ files, names: QUANTGOD_9, referenceRows: 10 });
    assert.equal(body?.feature, 'body');
    assert.equal(body.referenceMs, Date.UTC(2025, 0, 1));
    // Deciles of 0 … 9 with linear interpolation: 0.9, 1.8, … 8.1.
    assert.deepEqual(
      body.edges.map((edge) => Math.round(edge * 10)),
      [9, 18, 27, 36, 45, 54, 63, 72, 81],
    );
    const [january, february] = body.months;
    assert.deepEqual(january?.binRows, new Array(10).fill(1));
    assert.deepEqual([january.rows, january.mean, january.median], [10, 4.5, 4.5]);
    assert.ok(Math.abs(january.standardDeviation - Math.sqrt(82.5 / 9)) < 1e-12);
    assert.deepEqual([january.lowerQuartile, january.upperQuartile], [2.25, 6.75]);
    assert.deepEqual(
      [february?.rows, february?.least, february?.greatest, february?.binRows],
      [2, 3, 100, [0, 0, 0, 1, 0, 0, 0, 0, 0, 1]],
    );
  });

  it('have no reference month when none has enough rows', async () => {
    const files = [stationaryFile(location, JANUARY)];
    const [body] = await readFeatureMonths({ files, names: ['bid_slope'], referenceRows: 11 });
    assert.deepEqual([body?.referenceMs, body?.edges, body?.months[0]!.binRows], [null, [], []]);
  });

  it('are refused when they cannot be read', async () => {
    const missing = { ...location, symbol: 'NONE' };
    await assert.rejects(readDayFileFacts(barFile(missing, JANUARY)), { code: 'BARS_UNREADABLE' });
    await assert.rejects(readBarDay(missing, JANUARY), { code: 'BARS_UNREADABLE' });
  });
});
