/** The official archive's own files, from disk and over loopback, and a real dirty export. Needs `../shared/data`. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  candleFeatures,
  CANDLE_FIELDS,
  type CandleTable,
  CANDLE_WARM_UP,
} from '../../domain/candles/index.ts';
import { sha256File } from '../../platform/storage/index.ts';
import { importCandles } from './import-candles.ts';
import { ingestCandles } from './ingest-candles.ts';
import type { IngestCandlesOptions } from './options.ts';
import type { CandleResult } from './result.ts';
import { loadCandles } from './stored-candles.ts';

const DATA = path.join('..', 'shared', 'data');
const MIRROR = path.join(DATA, 'binance-vision');
const skip = existsSync(DATA) ? false : 'real data is not at ../shared/data';
const SPOT = 'data/spot/monthly/klines/BTCUSDT/1h';

describe('candles of the official archive', { skip }, () => {
  let folder = '';
  let root = MIRROR;
  let server: Server | undefined;
  /** What REST has. */
  let inRest: CandleTable | undefined;
  const requests: string[] = [];
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-real-candles-'));
    server = createServer((request, response) => {
      requests.push(request.url ?? '');
      if (request.url?.startsWith('/api/v3/klines?') === true) {
        response.end(klines(inRest!, new URL(request.url, 'http://localhost').searchParams));
        return;
      }
      readFile(path.join(root, (request.url ?? '').replace(/\?.*/, ''))).then(
        (bytes) => response.writeHead(200, { 'content-length': bytes.length }).end(bytes),
        () => response.writeHead(404).end(),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(async () => {
    server?.closeAllConnections();
    server?.close();
    await rm(folder, { recursive: true });
  });

  const loopback = (): string => `http://127.0.0.1:${(server!.address() as AddressInfo).port}`;
  const ingest = async (
    name: string,
    options: Pick<IngestCandlesOptions, 'symbols' | 'interval' | 'from' | 'to'> &
      Partial<IngestCandlesOptions>,
  ): Promise<readonly CandleResult[]> => {
    const shares = await ingestCandles({
      market: 'futures-um',
      dataDir: path.join(folder, name),
      codeVersion: '0.0.0-test',
      nowMs: Date.UTC(2026, 5, 1),
      baseUrl: MIRROR,
      ...options,
    });
    return shares.map(({ result, errors }) => {
      assert.deepEqual(errors, []);
      return result!;
    });
  };
  const year = { symbols: ['BTCUSDT', 'NEARUSDT'], interval: '5m', from: '2025-01', to: '2025-12' };
  const spot = { market: 'spot', symbols: ['BTCUSDT'], interval: '1h', from: '2024-11', to: '2025-05' };

  it('are a whole year without a gap, the same from disk and over loopback, and fetched once', async () => {
    const fromDisk = await ingest('disk', year);
    const fromServer = await ingest('loopback', { ...year, baseUrl: loopback() });
    for (const [i, result] of fromDisk.entries()) {
      assert.deepEqual([result.rows, result.gaps, result.repaired, result.refused], [105_120, 0, 0, 0]);
      for (const month of result.months) {
        const name = `month=${month}.parquet`;
        const other = path.join(fromServer[i]!.out, name);
        assert.equal(await sha256File(path.join(result.out, name)), await sha256File(other), other);
      }
    }
    requests.length = 0;
    const again = await ingest('loopback', { ...year, baseUrl: loopback() });
    assert.deepEqual(
      again.map(({ rows, unchanged }) => [rows, unchanged]),
      [
        [105_120, 12],
        [105_120, 12],
      ],
    );
    assert.ok(requests.every((url) => !url.endsWith('.zip')));
  });

  it('give features in every row behind the warm-up, but for candles without volume', async () => {
    const place = { dataDir: path.join(folder, 'disk'), venue: 'binance-usdm', symbol: 'BTCUSDT' };
    const { candles } = await loadCandles({ ...place, interval: '5m' });
    const features = candleFeatures(candles, '5m');
    const missing = new Set<number>();
    for (const [i, value] of features.entries()) if (Number.isNaN(value)) missing.add(Math.floor(i / 7));
    const idle = [...candles.volume.keys()].filter((row) => candles.volume[row] === 0);
    assert.equal(idle.length, 5);
    assert.deepEqual([...missing], [...Array(CANDLE_WARM_UP).keys(), ...idle]);
  });

  it('are read as one-minute candles, and across the change from milliseconds to microseconds', async () => {
    const [minutes] = await ingest('disk', {
      symbols: ['FILUSDT'],
      interval: '1m',
      from: '2023-08',
      to: '2023-11',
    });
    assert.deepEqual([minutes!.rows, minutes!.gaps], [175_680, 0]);
    const [hours] = await ingest('disk', spot);
    assert.deepEqual([hours!.rows, hours!.gaps], [5_088, 0]);
  });

  it('are refused with a wrong checksum, from disk as over loopback', async () => {
    root = path.join(folder, 'mirror');
    await cp(path.join(MIRROR, SPOT), path.join(root, SPOT), { recursive: true });
    const january = path.join(root, SPOT, 'BTCUSDT-1h-2025-01.zip');
    await writeFile(january, await readFile(path.join(root, SPOT, 'BTCUSDT-1h-2025-02.zip')));
    for (const baseUrl of [root, loopback()]) {
      const [share] = await ingestCandles({
        ...spot,
        dataDir: path.join(folder, 'wrong'),
        codeVersion: '0.0.0-test',
        nowMs: Date.UTC(2026, 5, 1),
        baseUrl,
      });
      assert.deepEqual(
        share!.errors.map(({ month, error }) => [month, error.code]),
        [['2025-01', 'CHECKSUM_MISMATCH']],
      );
      assert.equal(share!.result!.rows, 5_088 - 31 * 24);
    }
  });

  it('come from REST over loopback where the archive has no file', async () => {
    const place = { dataDir: path.join(folder, 'disk'), venue: 'binance-spot', symbol: 'BTCUSDT' };
    inRest = (await loadCandles({ ...place, interval: '1h' })).candles;
    root = path.join(folder, 'holed');
    await cp(path.join(MIRROR, SPOT), path.join(root, SPOT), { recursive: true });
    await rm(path.join(root, SPOT, 'BTCUSDT-1h-2025-03.zip'));
    const [filled] = await ingest('holed', { ...spot, baseUrl: loopback(), restUrl: loopback() });
    assert.deepEqual([filled!.rows, filled!.gaps, filled!.filled], [5_088, 0, 31 * 24]);
    const { candles } = await loadCandles({ ...place, dataDir: path.join(folder, 'holed'), interval: '1h' });
    assert.deepEqual(candles, inRest);
  });

  it('come from a dirty export with every row accounted for', async () => {
    const { result } = await importCandles({
      market: 'futures-um',
      symbol: 'ETHUSDT',
      interval: '5m',
      csv: path.join(DATA, 'candles-dirty', 'ETHUSDT_5m.csv.gz'),
      dataDir: path.join(folder, 'dirty'),
      codeVersion: '0.0.0-test',
      nowMs: Date.UTC(2026, 5, 1),
    });
    const { rows, kept, repaired, refused } = result!.account!;
    assert.deepEqual([rows, kept, repaired, refused], [9_118, 9_109, 9, 0]);
    assert.deepEqual([result!.gaps, result!.missingCandles], [1, 223]);
  });
});

/** The answer of `GET /api/v3/klines`. */
function klines(candles: CandleTable, query: URLSearchParams): string {
  const [fromMs, toMs, limit] = ['startTime', 'endTime', 'limit'].map((name) => Number(query.get(name)));
  const rows = [...candles.openTimeMs.keys()].filter(
    (row) => candles.openTimeMs[row]! >= fromMs! && candles.openTimeMs[row]! <= toMs!,
  );
  const answer = rows.slice(0, limit).map((row) => {
    const openMs = candles.openTimeMs[row]!;
    const [open, high, low, close, volume, quote, trades, taker] = CANDLE_FIELDS.map((name) =>
      String(candles[name][row]!),
    );
    return [
      openMs,
      open,
      high,
      low,
      close,
      volume,
      openMs + 3_599_999,
      quote,
      Number(trades),
      taker,
      '0',
      '0',
    ];
  });
  return JSON.stringify(answer);
}
