import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ConfigError } from '../../domain/core/index.ts';
import { writeZip } from '../../platform/storage/index.ts';
import { ingestFunding, type IngestFundingOptions } from './ingest-funding.ts';
import { readInstrument } from './read-instrument.ts';
import { readFunding } from './stored-funding.ts';

const HOUR_MS = 3_600_000;
const EIGHT_HOURS_MS = 8 * HOUR_MS;
const NOW_MS = Date.UTC(2025, 2, 10, 12);
const ARCHIVE = '/data/futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2025-01.zip';

/** An exchange and its archive on the loopback; what is not in `files` is REST, and else not there. */
class StandIn {
  readonly files = new Map<string, Buffer>();
  readonly asked: string[] = [];
  info: unknown = {};
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(({ url = '/' }, response) => {
      const { pathname, searchParams } = new URL(url, 'http://stand.in');
      this.asked.push(pathname.split('/').at(-1)!);
      const file = this.files.get(pathname);
      if (file !== undefined) response.end(file);
      else if (pathname === '/fapi/v1/exchangeInfo') response.end(JSON.stringify(this.info));
      else if (pathname === '/fapi/v1/fundingRate') response.end(JSON.stringify(rowsOf(searchParams)));
      else response.writeHead(404).end();
    });
  }

  static async start(): Promise<StandIn> {
    const standIn = new StandIn();
    await new Promise<void>((resolve) => {
      standIn.#server.listen(0, '127.0.0.1', resolve);
    });
    return standIn;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  takeAsked(): readonly string[] {
    return this.asked.splice(0);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

/** Every eight hours, but none on the second of a month. */
function rowsOf(query: URLSearchParams): unknown {
  const [from, to] = [Number(query.get('startTime')), Number(query.get('endTime'))];
  return Array.from({ length: 100 }, (_, i) => from + i * EIGHT_HOURS_MS)
    .filter((time) => time <= to && new Date(time).getUTCDate() !== 2)
    .map((fundingTime) => ({ symbol: 'BTCUSDT', fundingTime: fundingTime + 3, fundingRate: '0.0001' }));
}

/** January as the archive has it, three settlements of the 31st twice. */
function january(): string {
  const rows = Array.from(
    { length: 93 },
    (_, i) => `${Date.UTC(2025, 0, 1) + i * EIGHT_HOURS_MS + 1},8,0.0002`,
  );
  return ['calc_time,funding_interval_hours,last_funding_rate', ...rows, ...rows.slice(-3)].join('\n');
}

let folder = '';
let exchange: StandIn;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'tidemark-funding-'));
  exchange = await StandIn.start();
});
afterEach(async () => {
  await exchange.stop();
  rmSync(folder, { recursive: true });
});

const ingest = async (more: Partial<IngestFundingOptions> = {}) =>
  await ingestFunding({
    venue: 'binance-usdm',
    symbol: 'btcusdt',
    from: '2025-01',
    to: '2025-03',
    baseUrl: more.files === undefined ? exchange.origin : undefined,
    dataDir: folder,
    nowMs: NOW_MS,
    ...more,
  });
const place = { venue: 'binance-usdm', symbol: 'BTCUSDT' };
const stored = (): readonly string[] =>
  readdirSync(path.join(folder, 'funding', 'venue=binance-usdm', 'symbol=BTCUSDT')).toSorted();

describe('ingestFunding', () => {
  beforeEach(async () => {
    const file = path.join(folder, 'january.zip');
    await writeZip(file, {
      member: 'BTCUSDT-fundingRate-2025-01.csv',
      level: 6,
      chunks: [Buffer.from(january())],
    });
    const archive = readFileSync(file);
    exchange.files.set(ARCHIVE, archive);
    const sha256 = createHash('sha256').update(archive).digest('hex');
    exchange.files.set(`${ARCHIVE}.CHECKSUM`, Buffer.from(`${sha256}  ${path.basename(ARCHIVE)}\n`));
  });

  it('takes the archive where it has a month, and REST for the others, up to now', async () => {
    const result = await ingest();
    assert.deepEqual(
      result.months.map(({ month, from, isComplete, settlements, duplicates }) => [
        month,
        from,
        isComplete,
        settlements.length,
        duplicates,
      ]),
      [
        ['2025-01', 'archive', true, 93, 3],
        ['2025-02', 'rest', true, 81, 0],
        ['2025-03', 'rest', false, 26, 0],
      ],
    );
    assert.equal(result.intervalMs, EIGHT_HOURS_MS);
    assert.deepEqual(
      result.gaps.map(({ fromMs, toMs, missing }) => [
        new Date(fromMs).getUTCDate(),
        (toMs - fromMs) / HOUR_MS,
        missing,
      ]),
      [
        [1, 32, 3],
        [1, 32, 3],
      ],
    );
    assert.deepEqual(stored(), ['month=2025-01.json', 'month=2025-02.json', 'month=2025-03.json']);
    assert.deepEqual(readdirSync(path.join(folder, 'downloads')), []);
    const file = JSON.parse(readFileSync(path.join(result.out, 'month=2025-01.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    assert.deepEqual(
      [file['fetchedAt'], file['origins']],
      ['2025-03-10T12:00:00.000Z', [`${exchange.origin}${ARCHIVE}`]],
    );
  });

  it('asks again for the month that is not over alone, and for all with refresh', async () => {
    const first = await ingest();
    exchange.takeAsked();
    const second = await ingest();
    assert.deepEqual([second.cached, exchange.takeAsked()], [['2025-01', '2025-02'], ['fundingRate']]);
    assert.deepEqual(second.funding, first.funding);
    const third = await ingest({ refresh: true });
    assert.deepEqual(third.cached, []);
    assert.equal(exchange.takeAsked().filter((name) => name === 'fundingRate').length, 2);
  });

  it('is read without a network, and says which month is not there', async () => {
    await ingest();
    await exchange.stop();
    exchange = await StandIn.start();
    const span = { fromMs: Date.UTC(2025, 0, 31), toMs: Date.UTC(2025, 1, 2) };
    const { funding } = await readFunding({ dataDir: folder, ...place, ...span });
    assert.deepEqual([...funding.rate], [0.0002, 0.0002, 0.0002, 0.0001, 0.0001, 0.0001]);
    assert.equal(funding.timeMs[0], span.fromMs);
    await assert.rejects(
      readFunding({ dataDir: folder, ...place, fromMs: Date.UTC(2025, 2, 31), toMs: Date.UTC(2025, 3, 2) }),
      {
        code: 'FUNDING_MISSING',
        message: /for 2025-04 .*tidemark ingest funding --venue binance-usdm --symbol BTCUSDT --from 2025-04/,
      },
    );
    assert.deepEqual(exchange.takeAsked(), []);
  });

  it('reads files by month, and keeps nothing of files that contradict each other', async () => {
    const own = path.join(folder, 'own.csv');
    const other = path.join(folder, 'other.csv');
    writeFileSync(own, january());
    writeFileSync(other, `time,rate\n${Date.UTC(2025, 0, 1)},0.5\n${Date.UTC(2025, 3, 1)},0.5\n`);
    await assert.rejects(
      ingest({ files: [own, other], from: undefined, to: undefined }),
      /two funding rates for 2025-01-01/,
    );
    assert.throws(stored, /ENOENT/);
    const { months, funding } = await ingest({ files: [own], from: undefined, to: undefined });
    assert.deepEqual(
      [months.length, months[0]!.from, months[0]!.duplicates, funding.timeMs.length],
      [1, 'file', 3, 93],
    );
    await assert.rejects(ingest({ files: [own], from: '2025-02', to: '2025-02' }), { code: 'FUNDING_NONE' });
  });

  it('refuses an archive that is not the one its checksum tells of, and keeps what was stored', async () => {
    await ingest({ to: '2025-01' });
    exchange.files.set(ARCHIVE, Buffer.from('calc_time,funding_interval_hours,last_funding_rate\n'));
    await assert.rejects(ingest({ to: '2025-01', refresh: true }), { name: 'DataError' });
    assert.equal((await ingest({ to: '2025-01' })).funding.timeMs.length, 93);
  });

  it('takes a folder for the archive, without REST beside it', async () => {
    const root = path.join(folder, 'mirror');
    mkdirSync(path.join(root, path.dirname(ARCHIVE)), { recursive: true });
    writeFileSync(path.join(root, ARCHIVE), january());
    assert.equal((await ingest({ baseUrl: root, to: '2025-01' })).funding.timeMs.length, 93);
    await assert.rejects(ingest({ baseUrl: root, from: '2025-02', to: '2025-02' }), { code: 'FUNDING_NONE' });
    assert.deepEqual(exchange.takeAsked(), []);
  });

  it('names every option that is wrong', async () => {
    const wrong = ingest({ venue: 'binance-spot', from: '2025-13', to: '2025' });
    await assert.rejects(wrong, (error) => error instanceof ConfigError && error.problems.length === 3);
    await assert.rejects(ingest({ from: '2025-05', to: undefined }), /2025-05 has not begun/);
    await assert.rejects(ingest({ from: '2025-02', to: '2025-01' }), /2025-01 is before --from 2025-02/);
  });
});

describe('readInstrument', () => {
  const read = async (more: { readonly files?: readonly string[]; readonly refresh?: boolean } = {}) =>
    await readInstrument({ ...place, baseUrl: exchange.origin, dataDir: folder, nowMs: NOW_MS, ...more });
  const infoWith = (tickSize: string): unknown => ({
    symbols: [
      {
        symbol: 'BTCUSDT',
        contractType: 'PERPETUAL',
        filters: [
          { filterType: 'PRICE_FILTER', tickSize },
          { filterType: 'LOT_SIZE', stepSize: '0.001', minQty: '0.001', maxQty: '1000' },
          { filterType: 'MIN_NOTIONAL', notional: '100' },
        ],
      },
    ],
  });

  it('asks once, then takes the cache, until a refresh', async () => {
    exchange.info = infoWith('0.10');
    const first = await read();
    exchange.info = infoWith('0.20');
    const second = await read();
    assert.deepEqual(second.rules, first.rules);
    assert.deepEqual([first.fromCache, second.fromCache, second.origins], [false, true, first.origins]);
    assert.deepEqual(exchange.takeAsked(), ['exchangeInfo']);
    assert.equal((await read({ refresh: true })).rules.tick.text, '0.2');
  });

  it('keeps what files say, and the cache when a refresh is refused', async () => {
    const file = path.join(folder, 'info.json');
    writeFileSync(file, JSON.stringify(infoWith('0.05')));
    const told = await read({ files: [file] });
    assert.deepEqual([told.rules.tick.text, told.origins, exchange.takeAsked()], ['0.05', [file], []]);
    exchange.info = infoWith('0');
    await assert.rejects(
      read({ refresh: true }),
      /exchangeInfo: BTCUSDT: tickSize: "0" is not a step above 0/,
    );
    assert.equal((await read()).rules.tick.text, '0.05');
  });
});
