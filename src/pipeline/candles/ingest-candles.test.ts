import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Candle, candleAt, CANDLE_INTERVALS, type TimeSpan } from '../../domain/candles/index.ts';
import { DAY_MS, MINUTE_MS, Random } from '../../domain/core/index.ts';
import { CANDLE_FILE_COLUMNS, candleFile } from '../../platform/storage/index.ts';
import { writeMarker } from '../truth.ts';
import { ingestCandles } from './ingest-candles.ts';
import { candleManifestFile, readCandleManifest } from './manifest.ts';
import type { IngestCandlesOptions } from './options.ts';
import type { CandleResult, CandleShare } from './result.ts';
import { ARCHIVE, REST, sha256, StandInExchange } from './exchange.fixture.ts';
import { loadCandles } from './stored-candles.ts';

const HOURS_4 = CANDLE_INTERVALS['4h'];
const MONTHLY = '/data/spot/monthly/klines/AAA/4h';
const DAILY = '/data/spot/daily/klines/AAA/4h';
const JANUARY = { fromMs: Date.UTC(2025, 0, 1), toMs: Date.UTC(2025, 1, 1) };
const FEBRUARY = { fromMs: Date.UTC(2025, 1, 1), toMs: Date.UTC(2025, 2, 1) };
const JULY = Date.UTC(2025, 6, 1);

/** Depends on the time alone. */
function candlesOf({ fromMs, toMs }: TimeSpan): readonly Candle[] {
  return Array.from({ length: (toMs - fromMs) / HOURS_4 }, (_, i) => {
    const openTimeMs = fromMs + i * HOURS_4;
    const price = 50 + Random.fromSeed(openTimeMs / HOURS_4).integer(50);
    return {
      openTimeMs,
      open: price,
      high: price + 2,
      low: price - 1,
      close: price + 1,
      volume: 3,
      quoteVolume: 3 * price,
      trades: 4,
      takerBuyVolume: 1,
    };
  });
}

const without = (candles: readonly Candle[], ...indices: readonly number[]): readonly Candle[] =>
  candles.filter((_, i) => !indices.includes(i));

describe('ingestCandles', () => {
  let dataDir = '';
  let exchange = new StandInExchange();
  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'tidemark-candles-'));
    exchange = new StandInExchange();
    exchange.candles = candlesOf({ fromMs: JANUARY.fromMs, toMs: JULY });
  });
  afterEach(async () => {
    await rm(dataDir, { recursive: true });
  });

  const location = (symbol = 'AAA') => ({ dataDir, venue: 'binance-spot', symbol, interval: '4h' as const });
  const ingest = async (options: Partial<IngestCandlesOptions> = {}): Promise<CandleShare> => {
    const [share] = await ingestCandles({
      market: 'spot',
      symbols: ['aaa'],
      interval: '4h',
      from: '2025-01',
      dataDir,
      codeVersion: '0.0.0-test',
      nowMs: JULY,
      baseUrl: ARCHIVE,
      network: exchange.network,
      ...options,
    });
    return share!;
  };
  const good = async (options: Partial<IngestCandlesOptions> = {}): Promise<CandleResult> => {
    const { result, errors } = await ingest(options);
    assert.deepEqual(errors, []);
    return result!;
  };
  const stored = async (): Promise<readonly Candle[]> => {
    const { candles } = await loadCandles(location());
    return Array.from({ length: candles.rows }, (_, row) => candleAt(candles, row));
  };

  it('stores a month with its manifest, and asks the next time for the checksum alone', async () => {
    exchange.publish(`${MONTHLY}/AAA-4h-2025-01.zip`, candlesOf(JANUARY));
    const first = await good();
    assert.deepEqual([first.rows, first.gaps, first.refused, first.unchanged], [186, 0, 0, 0]);
    assert.deepEqual(await stored(), candlesOf(JANUARY));
    const manifest = await readCandleManifest(location(), '2025-01');
    assert.deepEqual(manifest!.columns, CANDLE_FILE_COLUMNS);
    const [source] = manifest!.sources;
    assert.equal(source!.sha256, sha256(exchange.files.get(`${MONTHLY}/AAA-4h-2025-01.zip`)!));
    assert.deepEqual([source!.rows, source!.kept, source!.verifiedBy], [186, 186, 'sha256']);
    exchange.takeAsked();
    const bytes = await readFile(candleManifestFile(location(), '2025-01'));
    assert.equal((await good()).unchanged, 1);
    assert.deepEqual(exchange.takeAsked(), ['SYNTHETIC.json', 'AAA-4h-2025-01.zip.CHECKSUM']);
    assert.deepEqual(await readFile(candleManifestFile(location(), '2025-01')), bytes);
    assert.deepEqual(await readdir(path.join(dataDir, 'downloads')), []);
  });

  it('does a revised archive again, and nothing beside it', async () => {
    exchange.publish(`${MONTHLY}/AAA-4h-2025-01.zip`, candlesOf(JANUARY));
    exchange.publish(`${MONTHLY}/AAA-4h-2025-02.zip`, candlesOf(FEBRUARY));
    await good({ to: '2025-02' });
    const revised = [{ ...candlesOf(JANUARY)[0]!, volume: 9 }, ...candlesOf(JANUARY).slice(1, -1)];
    exchange.publish(`${MONTHLY}/AAA-4h-2025-01.zip`, revised);
    const again = await good({ to: '2025-02' });
    assert.deepEqual([again.rows, again.gaps, again.unchanged], [186 + 168 - 1, 1, 1]);
    assert.deepEqual(await stored(), [...revised, ...candlesOf(FEBRUARY)]);
  });

  it('refuses a wrong checksum, keeps what was stored before, and goes on with the other months', async () => {
    exchange.publish(`${MONTHLY}/AAA-4h-2025-01.zip`, candlesOf(JANUARY));
    await good();
    exchange.publish(`${MONTHLY}/AAA-4h-2025-02.zip`, candlesOf(FEBRUARY));
    exchange.files.set(
      `${MONTHLY}/AAA-4h-2025-01.zip.CHECKSUM`,
      `${sha256('something else')}  AAA-4h-2025-01.zip\n`,
    );
    const { result, errors } = await ingest({ to: '2025-02' });
    assert.deepEqual(
      errors.map(({ month, error }) => [month, error.name, error.code]),
      [['2025-01', 'DataError', 'CHECKSUM_MISMATCH']],
    );
    assert.deepEqual(result!.months, ['2025-02']);
    assert.equal((await stored()).length, 186 + 168);
  });

  it('notices in a folder that a file or its checksum has changed, and refuses what does not fit together', async () => {
    const folder = path.join(dataDir, 'mirror', MONTHLY);
    const publish = async (candles: readonly Candle[], what: 'both' | 'file' = 'both'): Promise<void> => {
      exchange.publish(`${MONTHLY}/AAA-4h-2025-01.zip`, candles);
      await mkdir(folder, { recursive: true });
      for (const [file, text] of exchange.files)
        if (what === 'both' || file.endsWith('.zip'))
          await writeFile(path.join(dataDir, 'mirror', file), text);
    };
    const baseUrl = path.join(dataDir, 'mirror');
    await publish(candlesOf(JANUARY));
    assert.equal((await good({ baseUrl })).unchanged, 0);
    assert.equal((await good({ baseUrl })).unchanged, 1);
    await publish(without(candlesOf(JANUARY), 9), 'file');
    assert.equal((await ingest({ baseUrl })).errors[0]!.error.code, 'CHECKSUM_MISMATCH');
    assert.equal((await stored()).length, 186);
    await publish(without(candlesOf(JANUARY), 9));
    const { rows, gaps } = await good({ baseUrl });
    assert.deepEqual([rows, gaps], [185, 1]);
    await rm(path.join(folder, 'AAA-4h-2025-01.zip'));
    assert.deepEqual([(await good({ baseUrl })).rows, (await stored()).length], [185, 185]);
  });

  it('stops after three months in a row that the network fails, and keeps what was done', async () => {
    for (const month of ['01', '02', '03', '04', '05'])
      exchange.publish(`${MONTHLY}/AAA-4h-2025-${month}.zip`, without(candlesOf(JANUARY), 1));
    exchange.publish(`${MONTHLY}/AAA-4h-2025-01.zip`, candlesOf(JANUARY));
    exchange.archiveStatus.set('AAA-4h-2025-02.zip', 503);
    exchange.archiveStatus.set('AAA-4h-2025-03.zip', 503);
    exchange.archiveStatus.set('AAA-4h-2025-04.zip', 503);
    await assert.rejects(ingest({ to: '2025-05', workers: 1 }), { name: 'TransientError' });
    assert.ok(!exchange.takeAsked().includes('AAA-4h-2025-05.zip'));
    assert.deepEqual(await stored(), candlesOf(JANUARY));
  });

  it('does a month again whose file was damaged here, and lets nobody read it until then', async () => {
    exchange.publish(`${MONTHLY}/AAA-4h-2025-01.zip`, candlesOf(JANUARY));
    await good();
    await writeFile(candleFile(location(), '2025-01'), 'PAR1');
    await assert.rejects(stored(), { name: 'DataError', code: 'CANDLES_CHANGED' });
    assert.equal((await good()).unchanged, 0);
    assert.deepEqual(await stored(), candlesOf(JANUARY));
  });

  it('fills gaps from REST, and asks no second time for what the exchange does not have', async () => {
    exchange.publish(`${MONTHLY}/AAA-4h-2025-01.zip`, without(candlesOf(JANUARY), 0, 50, 51, 100));
    exchange.candles = without(exchange.candles, 100);
    const { rows, gaps, repaired, filled, gapList } = await good({ restUrl: REST });
    assert.deepEqual([rows, gaps, repaired, filled], [185, 1, 3, 3]);
    assert.deepEqual(gapList[0], {
      fromMs: JANUARY.fromMs + 100 * HOURS_4,
      toMs: JANUARY.fromMs + 101 * HOURS_4,
      candles: 1,
      confirmed: true,
    });
    assert.deepEqual(await stored(), without(candlesOf(JANUARY), 100));
    assert.equal(exchange.takeAsked().filter((what) => what.startsWith('klines')).length, 1);
    const again = await good({ restUrl: REST });
    assert.deepEqual([again.rows, again.filled, again.unchanged], [185, 3, 1]);
    assert.ok(exchange.takeAsked().every((what) => !what.startsWith('klines')));
  });

  it('asks REST page by page', async () => {
    const minutes = Array.from({ length: 2_500 }, (_, i) => ({
      ...candlesOf(JANUARY)[0]!,
      openTimeMs: JANUARY.fromMs + i * MINUTE_MS,
    }));
    exchange.candles = minutes;
    const result = await good({ interval: '1m', restUrl: REST, nowMs: JANUARY.fromMs + 2_500 * MINUTE_MS });
    assert.deepEqual([result.rows, result.gaps], [2_500, 0]);
    assert.deepEqual(
      exchange.takeAsked().filter((what) => what.startsWith('klines')),
      ['klines 2025-01-01T00:00', 'klines 2025-01-01T16:40', 'klines 2025-01-02T09:20'],
    );
  });

  it('stores what the archive has when REST fails, says so, and fills the gap the next time', async () => {
    exchange.publish(`${MONTHLY}/AAA-4h-2025-01.zip`, without(candlesOf(JANUARY), 7));
    exchange.restStatus = 418;
    const { result, errors } = await ingest({ restUrl: REST });
    assert.deepEqual([result!.rows, result!.gaps], [185, 1]);
    assert.equal(errors[0]!.error.name, 'TransientError');
    exchange.restStatus = 200;
    assert.deepEqual([(await good({ restUrl: REST })).rows, await stored()], [186, candlesOf(JANUARY)]);
  });

  it('makes the current month of daily files and REST, without the open candle, and goes on the next day', async () => {
    const day = (n: number): TimeSpan => ({
      fromMs: JANUARY.fromMs + (n - 1) * DAY_MS,
      toMs: JANUARY.fromMs + n * DAY_MS,
    });
    exchange.publish(`${DAILY}/AAA-4h-2025-01-01.zip`, candlesOf(day(1)));
    const noon = day(2).fromMs + 13 * 60 * MINUTE_MS;
    const first = await good({ restUrl: REST, nowMs: noon });
    assert.deepEqual([first.rows, first.filled, first.gaps], [9, 3, 0]);
    // The archive is the last word on what REST has said.
    const final = candlesOf(day(2)).map((candle) => Object.assign(candle, { trades: 5 }));
    exchange.publish(`${DAILY}/AAA-4h-2025-01-02.zip`, final);
    exchange.takeAsked();
    const second = await good({ restUrl: REST, nowMs: day(3).fromMs + HOURS_4 });
    assert.deepEqual([second.rows, second.filled, second.gaps], [13, 1, 0]);
    assert.deepEqual(await stored(), [...candlesOf(day(1)), ...final, ...candlesOf(day(3)).slice(0, 1)]);
    const asked = exchange.takeAsked();
    assert.ok(!asked.includes('AAA-4h-2025-01-01.zip') && asked.includes('AAA-4h-2025-01-02.zip'));
    // The month is over: its own file takes the place of all that.
    exchange.publish(`${MONTHLY}/AAA-4h-2025-01.zip`, candlesOf(JANUARY));
    const last = await good({ restUrl: REST });
    assert.deepEqual([last.rows, last.filled, await stored()], [186, 0, candlesOf(JANUARY)]);
  });

  it('accounts for rows that are no candles, and for the gap that they leave', async () => {
    const rows = candlesOf(JANUARY).with(3, { ...candlesOf(JANUARY)[3]!, high: 1, low: 2 });
    exchange.publish(`${MONTHLY}/AAA-4h-2025-01.zip`, rows);
    const result = await good();
    assert.deepEqual([result.rows, result.refused, result.gaps], [185, 1, 1]);
    const { sources } = (await readCandleManifest(location(), '2025-01'))!;
    assert.deepEqual(sources[0]!.refusedRows, [{ line: 4, reason: 'high 1 is below low 2' }]);
  });

  it('tells a symbol that is not there from one that is', async () => {
    exchange.publish(`${MONTHLY}/AAA-4h-2025-01.zip`, candlesOf(JANUARY));
    const [there, absent] = await ingestCandles({
      market: 'spot',
      interval: '4h',
      from: '2025-01',
      dataDir,
      codeVersion: '0',
      symbols: ['AAA', 'BBB'],
      nowMs: JULY,
      baseUrl: ARCHIVE,
      network: exchange.network,
    });
    assert.equal(there!.result!.rows, 186);
    assert.equal(absent!.result, null);
    assert.match(
      absent!.errors[0]!.error.message,
      /BBB 4h: the source has not one candle from 2025-01 to 2025-01/,
    );
  });

  it('carries the marker of simulated archives, from a folder and from a server', async () => {
    const root = path.join(dataDir, 'simulated');
    const folder = path.join(root, MONTHLY);
    exchange.publish(`${MONTHLY}/AAA-4h-2025-01.zip`, candlesOf(JANUARY));
    await mkdir(folder, { recursive: true });
    for (const [file, text] of exchange.files) await writeFile(path.join(root, file), text);
    await writeMarker(folder, path.join(root, 'truth'));
    const local = await good({ baseUrl: root });
    assert.ok(local.synthetic);
    const { synthetic } = (await readCandleManifest(location(), '2025-01'))!;
    assert.deepEqual(synthetic, { truth: path.join(root, 'truth') });
    assert.ok((await readdir(local.out)).includes('SYNTHETIC.json'));
    // Real candles do not mix with them, unless that is asked for.
    const { errors } = await ingest();
    assert.equal(errors[0]!.error.code, 'CANDLES_OTHER_ORIGIN');
    exchange.files.set(`${MONTHLY}/SYNTHETIC.json`, '{"synthetic":true,"truth":"../truth"}');
    assert.ok((await good({ replace: true })).synthetic);
  });

  it('names every wrong option at once', async () => {
    await assert.rejects(
      ingest({ market: 'futures', interval: '7m', from: '2025-1', to: 'x', symbols: ['A/B'], workers: 0 }),
      (error: Error) => {
        assert.equal(error.name, 'ConfigError');
        for (const flag of ['--market', '--interval', '--from', '--to', '--symbol', '--workers'])
          assert.match(error.message, new RegExp(`^${flag}: `, 'm'));
        return true;
      },
    );
    await assert.rejects(ingest({ from: '2025-02', to: '2025-01' }), { name: 'ConfigError' });
    await assert.rejects(ingest({ baseUrl: path.join(dataDir, 'nowhere') }), { name: 'ConfigError' });
  });

  it('stops when it is told to', async () => {
    exchange.publish(`${MONTHLY}/AAA-4h-2025-01.zip`, candlesOf(JANUARY));
    await assert.rejects(ingest({ signal: AbortSignal.abort(new Error('enough')) }), { message: 'enough' });
    assert.deepEqual(await readdir(dataDir), []);
  });
});
