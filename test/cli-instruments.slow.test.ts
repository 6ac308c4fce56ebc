/** Rules and funding at the command line: from files, and from an exchange that stands on the loopback. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { assertRefused, jsonOf, tidemark } from './fixtures/command-line.ts';
import { removeFolder, temporaryFolder } from './fixtures/road.ts';

const PLACE = ['--venue', 'bybit-linear', '--symbol', 'BTCUSDT', '--json'];
const EIGHT_HOURS_MS = 28_800_000;

/** As Bybit: the newest first, times as text. */
const exchange = createServer(({ url = '/' }, response) => {
  const query = new URL(url, 'http://stand.in').searchParams;
  const [from, to] = [Number(query.get('startTime')), Number(query.get('endTime'))];
  const list = Array.from({ length: 93 }, (_, i) => from + i * EIGHT_HOURS_MS)
    .filter((time) => time <= to)
    .map((time) => ({ symbol: 'BTCUSDT', fundingRate: '0.0001', fundingRateTimestamp: String(time) }));
  response.end(JSON.stringify({ retCode: 0, retMsg: 'OK', result: { list: list.toReversed() } }));
});

describe('tidemark', () => {
  let folder = '';
  before(async () => {
    folder = await temporaryFolder();
    await new Promise<void>((resolve) => {
      exchange.listen(0, '127.0.0.1', resolve);
    });
  });
  after(async () => {
    exchange.close();
    await removeFolder(folder);
  });

  it('ingests funding once, and has it without a network afterwards', async () => {
    const origin = `http://127.0.0.1:${(exchange.address() as AddressInfo).port}`;
    const months = ['--from', '2025-01', '--to', '2025-02'];
    const first = await tidemark(folder, ['ingest', 'funding', ...PLACE, ...months, '--base-url', origin]);
    assert.equal(first.exitCode, 0, first.stderr);
    const { settlements, intervalHours, gaps, cached } = jsonOf(first) as Record<string, unknown>;
    assert.deepEqual([settlements, intervalHours, gaps, cached], [177, 8, 0, []]);
    exchange.close();
    exchange.closeAllConnections();
    const second = await tidemark(folder, ['ingest', 'funding', ...PLACE, ...months, '--base-url', origin]);
    assert.deepEqual((jsonOf(second) as Record<string, unknown>)['cached'], ['2025-01', '2025-02']);
  });

  it('tells the rules of an instrument from a file, and from the cache afterwards', async () => {
    const rules = [
      'instruments:',
      '  - { venue: bybit-linear, symbol: BTCUSDT, contract: perpetual, tickSize: 0.1, lotSize: 0.001, minQty: 0.001 }',
    ];
    await writeFile(path.join(folder, 'rules.yaml'), rules.join('\n'));
    const told = await tidemark(folder, ['instruments', ...PLACE, '--in', 'rules.yaml']);
    assert.equal(told.exitCode, 0, told.stderr);
    const cached = jsonOf(await tidemark(folder, ['instruments', ...PLACE])) as Record<string, unknown>;
    assert.deepEqual([cached['tickSize'], cached['maxQty'], cached['fromCache']], ['0.1', null, true]);
    const text = await tidemark(folder, ['instruments', ...PLACE.slice(0, 4)]);
    assert.match(text.stdout, /bybit-linear BTCUSDT, perpetual\nprice step +0\.1\nsize step +0\.001\n/);
  });

  it('refuses what it does not know', async () => {
    const unknown = [
      'instruments',
      '--venue',
      'bybit-linear',
      '--symbol',
      'NOUSDT',
      '--in',
      'rules.yaml',
      '--json',
    ];
    assertRefused(await tidemark(folder, unknown), 3, /rules\.yaml: NOUSDT is not among its 1 instruments/);
    const spot = ['ingest', 'funding', '--venue', 'binance-spot', '--symbol', 'BTCUSDT', '--json'];
    assertRefused(
      await tidemark(folder, spot),
      2,
      /--venue: binance-spot has no funding/,
      /--from: give the first month/,
    );
  });
});
