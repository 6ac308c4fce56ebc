import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { ConfigError, DataError, TransientError } from '../../../domain/core/index.ts';
import type { Arrival, FetchedFile } from './arrival.ts';
import { planBybitArchive } from './bybit-archive.ts';
import { FaultServer, status, stuckAfter, testNetwork } from './fault-server.ts';
import { fetchInputs, type FetchOptions } from './fetch-inputs.ts';
import { type PlannedInput, planInputs } from './input-plan.ts';

const contentOf = (name: string): Buffer => Buffer.alloc(50_000, name);

describe('fetchInputs', () => {
  let folder = '';
  let downloadDir = '';
  let server: FaultServer;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'tidemark-fetch-'));
    downloadDir = path.join(folder, 'downloads');
    server = await FaultServer.start();
  });
  afterEach(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  const serve = (...names: readonly string[]): void => {
    for (const name of names) {
      server.files.set(`/${name}`, { bytes: contentOf(name), headers: { etag: `"${name}"` } });
    }
  };
  const planOf = async (...names: readonly string[]): Promise<readonly PlannedInput[]> =>
    await planInputs(names.map((name) => `${server.origin}/${name}`));
  const fetching = (
    plan: readonly PlannedInput[],
    options: Partial<FetchOptions> = {},
  ): AsyncGenerator<Arrival> =>
    fetchInputs(plan, { downloadDir, network: testNetwork().network, ...options });
  /** Downloads on the disk, whole or in part. */
  const onDisk = (): readonly string[] =>
    existsSync(downloadDir)
      ? readdirSync(downloadDir).filter((name) => !name.endsWith('.json') && name !== '.lock')
      : [];
  const nameOf = ({ input }: Arrival): string => path.basename(input.origin);
  const use = async (arrival: Arrival): Promise<string> => {
    assert.equal(arrival.kind, 'file');
    const file = arrival;
    assert.ok(readFileSync(file.path).equals(contentOf(nameOf(file))));
    await file.release();
    return nameOf(file);
  };
  const useAll = async (arrivals: AsyncIterable<Arrival>): Promise<readonly string[]> => {
    const names: string[] = [];
    for await (const arrival of arrivals) {
      names.push(arrival.kind === 'file' ? await use(arrival) : `${nameOf(arrival)}: ${arrival.kind}`);
    }
    return names;
  };
  const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

  it('brings every file in order, and leaves nothing', async () => {
    serve(...NAMES);
    assert.deepEqual(await useAll(fetching(await planOf(...NAMES))), NAMES);
    assert.deepEqual(readdirSync(downloadDir), []);
  });

  for (const maxOnDisk of [1, 2, 4]) {
    it(`never has more than ${maxOnDisk} downloads on the disk, whatever the order of release`, async () => {
      serve(...NAMES);
      let most = 0;
      const look = (): void => {
        most = Math.max(most, onDisk().length);
      };
      // A download begins with a request: the file of this one is not there yet.
      server.onRequest = (url) => {
        if (!url.endsWith('.CHECKSUM')) assert.ok(onDisk().length < maxOnDisk);
      };
      const held: FetchedFile[] = [];
      const seen: string[] = [];
      for await (const arrival of fetching(await planOf(...NAMES), { maxOnDisk })) {
        look();
        assert.equal(arrival.kind, 'file');
        held.push(arrival);
        seen.push(nameOf(arrival));
        if (held.length === maxOnDisk) await use(held.pop()!);
        look();
      }
      for (const file of held) await use(file);
      assert.deepEqual(seen, NAMES);
      assert.equal(most, maxOnDisk);
      assert.deepEqual(readdirSync(downloadDir), []);
    });
  }

  it('waits for room until a file is released', async () => {
    serve('a', 'b');
    const arrivals = fetching(await planOf('a', 'b'), { maxOnDisk: 1 });
    const first = (await arrivals.next()).value as FetchedFile;
    const second = arrivals.next();
    await setImmediate();
    assert.deepEqual(onDisk(), [path.basename(first.path)]);
    await first.release();
    await first.release();
    assert.equal(await use((await second).value as Arrival), 'b');
    assert.equal((await arrivals.next()).done, true);
    assert.deepEqual(readdirSync(downloadDir), []);
  });

  it('keeps what it is told to keep, and does not fetch it again', async () => {
    serve('a', 'b', 'c');
    const plan = await planOf('a', 'b', 'c');
    await useAll(fetching(plan, { keep: true, maxOnDisk: 1 }));
    assert.equal(onDisk().filter((name) => !name.startsWith('.')).length, 3);
    await useAll(fetching(plan, { keep: true }));
    const statuses = server.requests.filter(({ path }) => path.length === 2).map((request) => request.status);
    assert.deepEqual(statuses, [200, 200, 200, 304, 304, 304]);
  });

  it('never deletes a local file, and needs no folder for it', async () => {
    const local = path.join(folder, 'local');
    writeFileSync(local, contentOf('local'));
    assert.deepEqual(await useAll(fetching(await planInputs([local]))), ['local']);
    assert.ok(existsSync(local));
    assert.equal(existsSync(downloadDir), false);
  });

  it('keeps files of the same name apart', async () => {
    serve('x/day', 'y/day');
    const paths = new Set<string>();
    for await (const arrival of fetching(await planOf('x/day', 'y/day'))) {
      paths.add((arrival as FetchedFile).path);
    }
    assert.equal(paths.size, 2);
  });

  it('finds a day under the other depth, and reports a missing one', async () => {
    const day = (date: string, depth: number): string => `/X1/${date}_X1_ob${depth}.data.zip`;
    server.files.set(day('2025-08-19', 500), { bytes: contentOf('x') });
    server.files.set(day('2025-08-21', 500), { bytes: contentOf('x') });
    const range = { symbol: 'X1', fromDay: '2025-08-19', toDay: '2025-08-21', baseUrl: server.origin };
    const seen: unknown[] = [];
    for await (const arrival of fetching(planBybitArchive(range), { maxOnDisk: 1 })) {
      seen.push(arrival.kind === 'missing' ? arrival.reason : arrival.kind);
      if (arrival.kind === 'file') await arrival.release();
    }
    assert.deepEqual(seen, [
      'file',
      'the server has neither 2025-08-20_X1_ob500.data.zip nor 2025-08-20_X1_ob200.data.zip',
      'file',
    ]);
    assert.deepEqual(readdirSync(downloadDir), []);
  });

  it('goes on behind an input that cannot be had', async () => {
    serve('a', 'd');
    server.script('/c', status(403));
    const errors: unknown[] = [];
    for await (const arrival of fetching(await planOf('a', 'b', 'c', 'd'))) {
      if (arrival.kind === 'failed') errors.push(arrival.error);
      else await use(arrival);
    }
    assert.equal(errors.length, 2);
    assert.ok(errors.every((error) => error instanceof DataError));
    assert.match(String(errors[0]), /\/b: there is no such file; check the address/);
    assert.deepEqual(readdirSync(downloadDir), []);
  });

  it('stops when the network fails one input after the other', async () => {
    serve(...NAMES);
    for (const name of NAMES.slice(1))
      server.script(`/${name}`, ...Array.from({ length: 9 }, () => status(503)));
    const seen: string[] = [];
    await assert.rejects(async () => {
      for await (const arrival of fetching(await planOf(...NAMES))) {
        seen.push(arrival.kind);
        if (arrival.kind === 'file') await arrival.release();
      }
    }, TransientError);
    assert.deepEqual(seen, ['file', 'failed', 'failed', 'failed']);
    assert.deepEqual(readdirSync(downloadDir), []);
  });

  it('does not fetch again what the caller knows, unless it has changed', async () => {
    serve('a', 'b');
    const plan = await planOf('a', 'b');
    const versions = new Map<string, FetchedFile['version']>();
    for await (const arrival of fetching(plan)) {
      assert.ok(arrival.kind === 'file');
      versions.set(arrival.input.origin, arrival.version);
      await arrival.release();
    }
    server.files.set('/b', { bytes: contentOf('b'), headers: { etag: '"revised"' } });
    const again = fetching(plan, { knownVersion: ({ origin }) => versions.get(origin) ?? null });
    assert.deepEqual(await useAll(again), ['a: unchanged', 'b']);
  });

  it('when aborted leaves what the next run takes up, and gives the folder back', async () => {
    serve('a', 'b', 'c');
    server.script('/b', stuckAfter(20_000));
    const plan = await planOf('a', 'b', 'c');
    const controller = new AbortController();
    const reason = new Error('interrupted');
    const interrupted = fetching(plan, {
      signal: controller.signal,
      maxOnDisk: 3,
      onProgress: ({ origin, bytesDone }) => {
        if (origin.endsWith('/b') && bytesDone === 20_000) controller.abort(reason);
      },
    });
    await assert.rejects(useAll(interrupted), (error) => error === reason);
    assert.ok(!readdirSync(downloadDir).includes('.lock'));
    assert.deepEqual(await useAll(fetching(plan)), ['a', 'b', 'c']);
    const ranges = server.requests.filter(({ path }) => path === '/b').map(({ headers }) => headers.range);
    assert.deepEqual(ranges, [undefined, 'bytes=20000-']);
    assert.deepEqual(readdirSync(downloadDir), []);
  });

  it('tidies up when the consumer stops early', async () => {
    // Without a validator there is nothing that a later run could take up.
    for (const name of NAMES) server.files.set(`/${name}`, { bytes: contentOf(name) });
    for await (const arrival of fetching(await planOf(...NAMES), { maxOnDisk: 3 })) {
      await use(arrival);
      break;
    }
    assert.deepEqual(readdirSync(downloadDir), []);
  });

  it('shares its folder with no other run, and takes over from one that was killed', async () => {
    serve('a', 'b');
    const plan = await planOf('a', 'b');
    const arrivals = fetching(plan);
    const first = (await arrivals.next()).value as FetchedFile;
    await assert.rejects(fetching(plan).next(), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.code, 'DOWNLOAD_DIR_IN_USE');
      return true;
    });
    await arrivals.return(undefined);
    // The file is still in use.
    await assert.rejects(fetching(plan).next(), ConfigError);
    await first.release();
    writeFileSync(path.join(downloadDir, '.lock'), '2147483646\n');
    assert.deepEqual(await useAll(fetching(plan)), ['a', 'b']);
  });

  it('refuses a folder that cannot be written', async () => {
    serve('a');
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    for (const downloadDir of [file, path.join(file, 'below')]) {
      await assert.rejects(fetching(await planOf('a'), { downloadDir }).next(), (error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, /--download-dir: .* cannot be written/);
        return true;
      });
    }
    assert.equal(server.requests.length, 0);
  });
});
