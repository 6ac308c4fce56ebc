import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { listDays, readBars } from '../../platform/storage/index.ts';
import { ingestL2 } from './ingest.ts';
import { ingestSources, type IngestSourcesOptions, ingestSymbolSources } from './sources.ts';
import { simulate } from '../simulate.ts';

describe('ingestSources', () => {
  let folder = '';
  let server: Server | undefined;
  let requests = 0;
  /** Days that the server does not give away. */
  let refusedDay = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-sources-'));
    await simulate({ out: folder, startDate: '2025-01-01', days: 2, seed: 1, strength: 0.3, rate: 'light' });
    server = createServer((request, response) => {
      requests++;
      const etag = '"1"';
      if (request.headers['if-none-match'] === etag) {
        response.writeHead(304).end();
        return;
      }
      if (refusedDay !== '' && request.url?.includes(refusedDay) === true) {
        response.writeHead(403).end();
        return;
      }
      readFile(path.join(folder, 'bybit', (request.url ?? '').replace(/\?.*/, ''))).then(
        (bytes) => response.writeHead(200, { etag, 'content-length': bytes.length }).end(bytes),
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
  const options = (name: string): IngestSourcesOptions => ({
    venue: 'bybit-linear',
    symbol: 'SIMUSDT',
    inputs: [],
    dataDir: path.join(folder, name),
    codeVersion: '0.0.0-test',
    clock: () => 0,
  });
  const place = (name: string) => ({
    dataDir: path.join(folder, name),
    venue: 'bybit-linear',
    symbol: 'SIMUSDT',
  });

  it('fetches days of the archive, says which are missing, keeps no download, and fetches nothing twice', async () => {
    const { port } = server!.address() as AddressInfo;
    const range = { from: '2025-01-01', to: '2025-01-03', baseUrl: `http://127.0.0.1:${port}` };
    const first = await ingestSources({ ...options('fetched'), ...range });
    assert.deepEqual([first.files, first.unchanged, first.gaps], [2, 0, 0]);
    assert.equal(first.missing.length, 1);
    assert.match(first.missing[0]!, /2025-01-03_SIMUSDT_ob500/);
    const left = await readdir(path.join(folder, 'fetched', 'downloads'));
    assert.deepEqual(
      left.filter((name) => name.endsWith('.zip')),
      [],
    );

    const local = path.join(folder, 'bybit', 'SIMUSDT');
    await ingestL2({ ...options('local'), inputs: [local] });
    assert.deepEqual(await readBars(place('fetched')), await readBars(place('local')));

    const before = requests;
    const second = await ingestSources({ ...options('fetched'), ...range });
    assert.deepEqual([second.files, second.unchanged], [0, 2]);
    assert.ok(requests - before <= 4, 'one question a known day, two for the missing one');
  });

  it('reads several downloads at once, of the same day too, and gives what local files give', async () => {
    const { port } = server!.address() as AddressInfo;
    const address = (day: number, copy: number): string =>
      `http://127.0.0.1:${port}/SIMUSDT/2025-01-0${day}_SIMUSDT_ob500.data.zip?copy=${copy}`;
    const inputs = [address(2, 1), address(1, 1), address(2, 2)];
    assert.equal((await ingestSources({ ...options('threads'), inputs, workers: 3 })).files, 3);
    const left = await readdir(path.join(folder, 'threads', 'downloads'));
    assert.deepEqual(
      left.filter((name) => name.endsWith('.zip')),
      [],
    );
    await ingestL2({ ...options('beside'), inputs: [path.join(folder, 'bybit', 'SIMUSDT')] });
    assert.deepEqual(await readBars(place('threads')), await readBars(place('beside')));
  });

  it('goes on with the other days when one cannot be fetched, and says what was kept', async () => {
    const { port } = server!.address() as AddressInfo;
    const range = { from: '2025-01-01', to: '2025-01-03', baseUrl: `http://127.0.0.1:${port}`, workers: 2 };
    refusedDay = '2025-01-01';
    await assert.rejects(ingestSources({ ...options('refused'), ...range }), {
      name: 'DataError',
      message: /2025-01-01_SIM[^]* answers 403[^]*Kept: 1440 bars of 1 files\nmissing: [^]*2025-01-03_SIM/,
    });
    assert.deepEqual(await listDays(place('refused')), ['2025-01-02']);
    refusedDay = '';
    const again = await ingestSources({ ...options('refused'), ...range });
    assert.deepEqual([again.files, again.unchanged, again.joined], [1, 1, 1]);
  });

  it('fetches the days of every symbol, and does one although there is nothing of the other', async () => {
    const { port } = server!.address() as AddressInfo;
    const range = { from: '2025-01-02', baseUrl: `http://127.0.0.1:${port}` };
    const { symbol: _, ...common } = options('both');
    const shares = await ingestSymbolSources({ ...common, ...range, symbols: ['NONEUSDT', 'SIMUSDT'] });
    assert.match(shares[0]!.error!.message, /nothing could be fetched[^]*NONEUSDT/);
    assert.deepEqual([shares[1]!.result?.files, shares[1]!.error], [1, null]);
    await assert.rejects(ingestSymbolSources({ ...common, ...range, symbols: 'all' }), {
      name: 'ConfigError',
      message: /--symbol/,
    });
  });

  it('leaves nothing but what the next run continues when it is interrupted', async () => {
    const { port } = server!.address() as AddressInfo;
    const stop = new AbortController();
    const downloadDir = path.join(folder, 'stopped-downloads');
    const interrupted = ingestSources({
      ...options('stopped'),
      from: '2025-01-01',
      to: '2025-01-02',
      baseUrl: `http://127.0.0.1:${port}`,
      downloadDir,
      workers: 2,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await assert.rejects(interrupted, /enough/);
    const left = await readdir(downloadDir);
    assert.deepEqual(left.filter((name) => !name.startsWith('.')), []); // prettier-ignore
    assert.ok(!left.includes('.lock'));
    assert.deepEqual(await listDays(place('stopped')), []);
  });

  it('takes a glob of local files', async () => {
    const glob = path.join(folder, 'bybit', 'SIMUSDT', '*.zip');
    assert.equal((await ingestSources({ ...options('glob'), inputs: [glob] })).files, 2);
  });

  it('says so when nothing can be fetched', async () => {
    const { port } = server!.address() as AddressInfo;
    const nowhere = { from: '2026-01-01', baseUrl: `http://127.0.0.1:${port}` };
    await assert.rejects(ingestSources({ ...options('nothing'), ...nowhere }), {
      name: 'DataError',
      message: /nothing could be fetched[^]*2026-01-01_SIMUSDT/,
    });
  });
});
