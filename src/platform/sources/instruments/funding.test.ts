import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Behaviour, status, TEST_NOW_MS } from '../remote/fault-server.ts';
import { answer, binanceFunding, bybitFunding, EIGHT_HOURS_MS, ExchangeScene } from './exchange.fixture.ts';
import { readFundingFile } from './funding-file.ts';
import { fetchFunding } from './funding-rest.ts';

const scene = new ExchangeScene();
const JANUARY = { fromMs: Date.UTC(2025, 0, 1), toMs: Date.UTC(2025, 1, 1) };

describe('funding from the exchange', () => {
  const PATHS = {
    'binance-usdm': '/fapi/v1/fundingRate',
    'bybit-linear': '/v5/market/funding/history',
  } as const;

  it('is every settlement of the stretch, in the minute that its stamp means', async () => {
    scene.server.script(PATHS['binance-usdm'], binanceFunding);
    const { settlements } = await fetchFunding(scene.rest('binance-usdm'), 'BTCUSDT', JANUARY);
    assert.equal(settlements.length, 93);
    assert.ok(settlements.every(({ timeMs }, i) => timeMs === JANUARY.fromMs + i * EIGHT_HOURS_MS));
    assert.deepEqual(new Set(settlements.map(({ rate }) => rate)), new Set([0.0001, -0.000025]));
  });

  it('takes page after page, from the old end or from the new', async () => {
    const years = { fromMs: Date.UTC(2024, 0, 1), toMs: Date.UTC(2025, 3, 1) };
    const expected = (years.toMs - years.fromMs) / EIGHT_HOURS_MS;
    scene.server.script(PATHS['binance-usdm'], binanceFunding, binanceFunding, binanceFunding);
    scene.server.script(PATHS['bybit-linear'], ...Array.from({ length: 8 }, () => bybitFunding));
    for (const [venue, pages] of [
      ['binance-usdm', 2],
      ['bybit-linear', 7],
    ] as const) {
      const { settlements } = await fetchFunding(scene.rest(venue), 'BTCUSDT', years);
      assert.equal(new Set(settlements.map(({ timeMs }) => timeMs)).size, expected);
      assert.equal(settlements.length, expected);
      assert.equal(scene.server.requestsFor(PATHS[venue]).length, pages);
    }
  });

  it('waits as long as a busy exchange asks, a bounded number of times', async () => {
    const busy = status(429, { 'retry-after': '7' });
    scene.server.script(PATHS['binance-usdm'], busy, binanceFunding);
    assert.equal((await fetchFunding(scene.rest('binance-usdm'), 'BTCUSDT', JANUARY)).settlements.length, 93);
    assert.deepEqual(scene.world.pausesMs, [7_000]);
    scene.server.script(PATHS['binance-usdm'], ...Array.from({ length: 9 }, () => busy));
    await assert.rejects(fetchFunding(scene.rest('binance-usdm'), 'BTCUSDT', JANUARY), {
      name: 'TransientError',
      code: 'HTTP_BUSY',
    });
    assert.equal(scene.server.requestsFor(PATHS['binance-usdm']).length, 2 + 6);
  });

  it('heeds Bybit’s limit, which it tells in the answer', async () => {
    const limited: Behaviour = (_request, response) => {
      response
        .writeHead(200, { 'x-bapi-limit-reset-timestamp': String(TEST_NOW_MS + 900) })
        .end('{"retCode":10006,"retMsg":"Too many visits!","result":{}}');
    };
    scene.server.script(PATHS['bybit-linear'], limited, bybitFunding);
    assert.equal((await fetchFunding(scene.rest('bybit-linear'), 'BTCUSDT', JANUARY)).settlements.length, 93);
    assert.deepEqual(scene.world.pausesMs, [900]);
  });

  it('stops at once when it is banned', async () => {
    for (const [venue, code] of [
      ['binance-usdm', 418],
      ['bybit-linear', 403],
    ] as const) {
      scene.server.script(PATHS[venue], status(code, { 'retry-after': '120' }), binanceFunding);
      await assert.rejects(fetchFunding(scene.rest(venue), 'BTCUSDT', JANUARY), {
        name: 'TransientError',
        code: 'EXCHANGE_BAN',
      });
      assert.equal(scene.server.requestsFor(PATHS[venue]).length, 1);
    }
  });

  it('refuses answers that are none, and pages that lead nowhere', async () => {
    for (const value of [
      { code: 1 },
      [1],
      [{ fundingTime: 1, fundingRate: '0' }],
      [{ symbol: 'ETHUSDT', fundingTime: JANUARY.fromMs, fundingRate: '0' }],
    ]) {
      scene.server.script(PATHS['binance-usdm'], answer(value));
      await assert.rejects(fetchFunding(scene.rest('binance-usdm'), 'BTCUSDT', JANUARY), {
        name: 'DataError',
        code: 'FUNDING_UNREADABLE',
      });
    }
    const stuck = Array.from({ length: 1_000 }, () => ({
      fundingTime: JANUARY.fromMs - EIGHT_HOURS_MS,
      fundingRate: '0',
    }));
    scene.server.script(PATHS['binance-usdm'], answer(stuck));
    await assert.rejects(
      fetchFunding(scene.rest('binance-usdm'), 'BTCUSDT', JANUARY),
      /does not keep to the times asked for/,
    );
  });
});

describe('funding from files', () => {
  const time = JANUARY.fromMs;
  const read = async (name: string, content: string | Buffer) =>
    await readFundingFile(scene.file(name, content), 'BTCUSDT');

  it('is the archive’s CSV, others’ CSV, and what exchanges answer', async () => {
    const expected = [
      { timeMs: time, rate: 0.0001 },
      { timeMs: time + EIGHT_HOURS_MS, rate: -0.00002 },
    ];
    const next = time + EIGHT_HOURS_MS;
    const archive = `calc_time,funding_interval_hours,last_funding_rate\n${time + 1},8,0.00010000\n${next},8,-0.00002\n`;
    assert.deepEqual(await read('archive.csv', archive), expected);
    assert.deepEqual(await read('archive.csv.gz', gzipSync(archive)), expected);
    assert.deepEqual(await read('bare.csv', archive.split('\n').slice(1).join('\n')), expected);
    assert.deepEqual(
      await read('own.csv', 'time,rate\r\n2025-01-01T00:00:00Z,1e-4\r\n2025-01-01T08:00:00Z,-0.00002\r\n'),
      expected,
    );
    const rows = expected.map(({ timeMs, rate }) => ({
      symbol: 'BTCUSDT',
      fundingTime: timeMs,
      fundingRate: String(rate),
    }));
    assert.deepEqual(await read('binance.json', JSON.stringify(rows)), expected);
    const bybit = {
      result: {
        list: expected.map(({ timeMs, rate }) => ({
          fundingRateTimestamp: String(timeMs),
          fundingRate: String(rate),
        })),
      },
    };
    assert.deepEqual(await read('bybit.json', JSON.stringify(bybit)), expected);
  });

  it('names file, line and field of what it refuses', async () => {
    const refused: readonly (readonly [string, string, RegExp])[] = [
      ['a.csv', 'calc_time,hours\n1,2', /a\.csv:1: no column last_funding_rate/],
      ['b.csv', `time,rate\n${time},0.1\nsoon,0.1`, /b\.csv:3: time "soon" is none/],
      ['c.csv', `time,rate\n${time},`, /c\.csv:2: rate "" is no share/],
      ['d.csv', `time,rate\n${time},10.5`, /d\.csv:2: rate "10.5" is no share/],
      ['e.csv', `symbol,time,rate\nETHUSDT,${time},0.1`, /e\.csv:2: is of ETHUSDT, not of BTCUSDT/],
      ['f.json', '[{"fundingTime":1}]', /f\.json: row 1: has no field last_funding_rate/],
      ['g.json', '{"a":1}', /g\.json: is neither a list of rows/],
    ];
    for (const [name, content, message] of refused) {
      await assert.rejects(read(name, content), { name: 'DataError', message });
    }
    await assert.rejects(
      readFundingFile(path.join(scene.folder, 'none.csv'), 'BTCUSDT'),
      /none\.csv: cannot be read/,
    );
  });
});
