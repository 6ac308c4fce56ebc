import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readBars } from '../platform/storage/index.ts';
import { ingestL2 } from './ingest.ts';
import { ingestSources, type IngestSourcesOptions } from './ingest-sources.ts';
import { simulate } from './simulate.ts';

describe('ingestSources', () => {
  let folder = '';
  let server: Server | undefined;
  let requests = 0;
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
      readFile(path.join(folder, 'bybit', request.url ?? '')).then(
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
