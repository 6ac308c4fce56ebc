/**
 * Every way in which a server, a network or a disk lets a download down, and what comes of it. One list with one fixture,
 * and therefore long.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { DataError, Random, TransientError } from '../../../domain/core/index.ts';
import { explainDiskError } from './disk-error.ts';
import {
  type Behaviour,
  FaultServer,
  ignoringRange,
  status,
  stuckAfter,
  TEST_NOW_MS,
  type TestNetwork,
  testNetwork,
} from './fault-server.ts';
import { download, type DownloadOptions } from './http-download.ts';
import { DEFAULT_HTTP_LIMITS } from './network.ts';
import { RemoteUrl } from './remote-url.ts';
import type { DownloadOutcome } from './download-outcome.ts';

function randomBytes(count: number, seed: number): Buffer {
  const random = Random.fromSeed(seed);
  return Buffer.from(Uint8Array.from({ length: count }, () => random.integer(256)));
}

const BYTES = randomBytes(300_000, 1);
const NEXT_BYTES = randomBytes(280_000, 2);
const ETAG = { etag: '"one"' };
const HALF = 150_000;

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('download', () => {
  let folder = '';
  let target = '';
  let server: FaultServer;
  let world: TestNetwork;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'tidemark-download-'));
    target = path.join(folder, 'day.zip');
    server = await FaultServer.start();
    world = testNetwork();
  });
  afterEach(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  const fetchDay = (options: Partial<DownloadOptions> = {}): Promise<DownloadOutcome> =>
    download({
      network: world.network,
      limits: DEFAULT_HTTP_LIMITS,
      url: RemoteUrl.parse(`${server.origin}/day.zip`)!,
      target,
      ...options,
    });
  /** Breaks all connections as soon as so many bytes are in hand, once. */
  const hangUpAt = (count: number): { readonly onBytes: (bytes: number) => void } => {
    let isDone = false;
    return {
      onBytes: (bytes) => {
        if (isDone || bytes < count) return;
        isDone = true;
        server.hangUp();
      },
    };
  };
  const rangesAsked = (): readonly (string | undefined)[] =>
    server.requestsFor('/day.zip').map(({ headers }) => headers.range);
  const rejection = async (work: Promise<unknown>): Promise<unknown> =>
    await work.then(
      () => assert.fail('should have failed'),
      (error: unknown) => error,
    );
  const assertWhole = (bytes: Buffer): void => {
    assert.ok(readFileSync(target).equals(bytes), 'byte for byte');
    assert.deepEqual(readdirSync(folder).toSorted(), ['.day.zip.json', 'day.zip']);
  };
  const assertNothingLeft = (): void => assert.deepEqual(readdirSync(folder), []);

  it('fetches a file whole and leaves no part behind', async () => {
    server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    const outcome = await fetchDay();
    assert.equal(outcome.kind, 'whole');
    assert.deepEqual(outcome.kind === 'whole' && [outcome.version.sizeBytes, outcome.verifiedBy], [
      BYTES.length,
      'length',
    ]);
    assertWhole(BYTES);
  });

  it('fetches an empty file', async () => {
    server.files.set('/day.zip', { bytes: Buffer.alloc(0), headers: ETAG });
    await fetchDay();
    assertWhole(Buffer.alloc(0));
  });

  for (const headers of [ETAG, { 'last-modified': 'Wed, 20 Aug 2025 00:00:00 GMT' }]) {
    it(`goes on where the connection broke, by ${Object.keys(headers)[0]}`, async () => {
      server.files.set('/day.zip', { bytes: BYTES, headers });
      server.script('/day.zip', stuckAfter(HALF));
      await fetchDay(hangUpAt(HALF));
      assert.deepEqual(rangesAsked(), [undefined, `bytes=${HALF}-`]);
      assert.equal(server.requests[1]!.headers['if-range'], Object.values(headers)[0]);
      assert.equal(server.requests[1]!.status, 206);
      assertWhole(BYTES);
    });
  }

  it('starts over when the server offers nothing to go on by', async () => {
    for (const headers of [{}, { etag: 'W/"weak"' }]) {
      server.requests.length = 0;
      server.files.set('/day.zip', { bytes: BYTES, headers });
      server.script('/day.zip', stuckAfter(HALF));
      await fetchDay(hangUpAt(HALF));
      assert.deepEqual(rangesAsked(), [undefined, undefined]);
      assertWhole(BYTES);
      rmSync(target);
    }
  });

  it('starts over when the server ignores the range', async () => {
    server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    server.script('/day.zip', stuckAfter(HALF), ignoringRange);
    await fetchDay(hangUpAt(HALF));
    assert.deepEqual(rangesAsked(), [undefined, `bytes=${HALF}-`]);
    assertWhole(BYTES);
  });

  it('starts over when the file has changed in between', async () => {
    server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    server.script('/day.zip', stuckAfter(HALF), (_request, response) => {
      server.files.set('/day.zip', { bytes: NEXT_BYTES, headers: { etag: '"two"' } });
      response.destroy();
    });
    await fetchDay(hangUpAt(HALF));
    assert.deepEqual(rangesAsked(), [undefined, `bytes=${HALF}-`, `bytes=${HALF}-`]);
    assertWhole(NEXT_BYTES);
  });

  for (const [what, range, etag] of [
    ['another place', `bytes ${HALF - 1}-299999/300000`, '"one"'],
    ['a file of another length', `bytes ${HALF}-300000/300001`, '"one"'],
    ['a file of another ETag', `bytes ${HALF}-299999/300000`, '"two"'],
    ['no place at all', 'rubbish', '"one"'],
  ] as const) {
    it(`does not believe a server that goes on from ${what}`, async () => {
      server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
      server.script('/day.zip', stuckAfter(HALF), (_request, response) => {
        response.writeHead(206, { 'content-range': range, etag }).end(NEXT_BYTES.subarray(0, HALF));
      });
      await fetchDay(hangUpAt(HALF));
      assert.deepEqual(rangesAsked(), [undefined, `bytes=${HALF}-`, undefined]);
      assertWhole(BYTES);
    });
  }

  it('gives up on a server that always breaks off, and lets the next run go on', async () => {
    server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    const brokenAttempts = 6;
    // The first attempt brings half; the others bring nothing.
    server.script(
      '/day.zip',
      stuckAfter(HALF),
      ...Array.from({ length: brokenAttempts }, () => stuckAfter(0)),
    );
    server.onRequest = () => {
      if (server.requests.length > 0) setImmediate(() => server.hangUp());
    };
    const error = await rejection(fetchDay(hangUpAt(HALF)));
    assert.ok(error instanceof TransientError);
    assert.match(
      error.message,
      /day\.zip: the connection failed .*given up after 6 attempts; run the command again/,
    );
    assert.equal(server.requests.length, 6);
    assert.equal(existsSync(target), false);
    assert.equal(statSync(path.join(folder, '.day.zip.part')).size, HALF);

    server.onRequest = () => {};
    server.script('/day.zip');
    await fetchDay();
    assert.equal(rangesAsked().at(-1), `bytes=${HALF}-`);
    assertWhole(BYTES);
  });

  it('forgives failures as long as the file grows', async () => {
    const large = randomBytes(5_000_000, 3);
    const step = 1_200_000;
    server.files.set('/day.zip', { bytes: large, headers: ETAG });
    server.script('/day.zip', ...Array.from({ length: 4 }, () => stuckAfter(step)));
    let mark = step;
    await fetchDay({
      limits: { ...DEFAULT_HTTP_LIMITS, maxAttempts: 2 },
      onBytes: (bytes) => {
        if (bytes < mark || mark > 4 * step) return;
        mark += step;
        server.hangUp();
      },
    });
    assert.deepEqual(
      rangesAsked(),
      [undefined, 1, 2, 3, 4].map((k) => (k === undefined ? k : `bytes=${k * step}-`)),
    );
    assertWhole(large);
  });

  it('gives the same bytes wherever the connection breaks', async () => {
    const cuts = fc.array(fc.integer({ min: 1, max: BYTES.length - 1 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(cuts, fc.constantFrom(ETAG, {}), async (lengths, headers) => {
        rmSync(target, { force: true });
        server.files.set('/day.zip', { bytes: BYTES, headers });
        let breakAt = BYTES.length;
        const breaking = lengths.map((length): Behaviour => (request, response, file) => {
          breakAt = Number(request.headers.range?.match(/\d+/)?.[0] ?? 0) + length;
          stuckAfter(length)(request, response, file);
        });
        server.script('/day.zip', ...breaking);
        await fetchDay({
          onBytes: (bytes) => bytes === breakAt && bytes < BYTES.length && server.hangUp(),
        });
        assertWhole(BYTES);
      }),
      { numRuns: 30 },
    );
  });

  it('never takes a short file for a whole one', async () => {
    server.files.set('/day.zip', { bytes: BYTES });
    const short: Behaviour = (_request, response) => {
      response.writeHead(200, { 'content-length': BYTES.length + 1, connection: 'close' }).end(BYTES);
    };
    server.script('/day.zip', ...Array.from({ length: 6 }, () => short));
    const error = await rejection(fetchDay());
    assert.ok(error instanceof TransientError);
    assert.equal(server.requests.length, 6);
    assertNothingLeft();
  });

  it('reports a missing file as an outcome, without asking twice', async () => {
    assert.deepEqual(await fetchDay(), { kind: 'missing' });
    server.script('/day.zip', status(410));
    assert.deepEqual(await fetchDay(), { kind: 'missing' });
    assert.equal(server.requests.length, 2);
    assertNothingLeft();
  });

  for (const code of [400, 401, 403, 451]) {
    it(`does not ask again after ${code}`, async () => {
      server.script('/day.zip', status(code));
      const error = await rejection(fetchDay());
      assert.ok(error instanceof DataError);
      assert.ok(error.message.includes(`${server.origin}/day.zip: the server answers ${code}; `));
      assert.equal(server.requests.length, 1);
      assertNothingLeft();
    });
  }

  it('asks again after a passing refusal, later each time, and as late as the server says', async () => {
    server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    server.script(
      '/day.zip',
      status(500),
      status(408),
      status(425),
      status(429, { 'retry-after': '120' }),
      status(503, { 'retry-after': new Date(TEST_NOW_MS + 90_000).toUTCString() }),
    );
    await fetchDay();
    assert.deepEqual(world.pausesMs, [500, 1_000, 2_000, 120_000, 90_000]);
    assertWhole(BYTES);
  });

  it('does not wait for a server that wants too long a pause', async () => {
    server.script('/day.zip', status(429, { 'retry-after': '86400' }));
    const error = await rejection(fetchDay());
    assert.ok(error instanceof TransientError);
    assert.equal(error.retryAfterMs, 86_400_000);
    assert.match(error.message, /the server asks for a pause of 86400 s/);
    assert.equal(server.requests.length, 1);
  });

  it('hangs up on silence and goes on', async () => {
    server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    server.script('/day.zip', stuckAfter(HALF), () => world.fallSilent());
    await fetchDay({
      onBytes: (bytes) => {
        if (bytes === HALF) world.fallSilent();
      },
    });
    await server.quiet();
    // The second request meets a server that does not even begin to answer.
    assert.deepEqual(rangesAsked(), [undefined, `bytes=${HALF}-`, `bytes=${HALF}-`]);
    assertWhole(BYTES);
  });

  it('keeps a file that agrees with its .CHECKSUM', async () => {
    server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    server.files.set('/day.zip.CHECKSUM', { bytes: Buffer.from(`${sha256(BYTES)}  day.zip\n`) });
    const outcome = await fetchDay();
    assert.equal(outcome.kind === 'whole' && outcome.verifiedBy, 'sha256');
    assertWhole(BYTES);
  });

  it('refuses a file that disagrees with its .CHECKSUM, after one fresh download', async () => {
    server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    server.files.set('/day.zip.CHECKSUM', { bytes: Buffer.from(`${sha256(NEXT_BYTES)}  day.zip\n`) });
    const error = await rejection(fetchDay());
    assert.ok(error instanceof DataError);
    assert.equal(error.code, 'CHECKSUM_MISMATCH');
    assert.ok(error.message.includes(sha256(BYTES)) && error.message.includes(sha256(NEXT_BYTES)));
    assert.deepEqual(rangesAsked(), [undefined, undefined]);
    assertNothingLeft();
  });

  it('mends a file that was revised between its two halves', async () => {
    server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    server.files.set('/day.zip.CHECKSUM', { bytes: Buffer.from(`${sha256(NEXT_BYTES)}  day.zip\n`) });
    // The server forgets to change the ETag, so that two halves of different files are joined.
    server.script('/day.zip', stuckAfter(HALF), (_request, response) => {
      server.files.set('/day.zip', { bytes: NEXT_BYTES, headers: ETAG });
      response
        .writeHead(206, { 'content-range': `bytes ${HALF}-299999/300000` })
        .end(Buffer.concat([NEXT_BYTES, BYTES]).subarray(HALF, BYTES.length));
    });
    await fetchDay(hangUpAt(HALF));
    assertWhole(NEXT_BYTES);
  });

  it('takes a page that says "not found" with status 200 for no checksum', async () => {
    server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    for (const page of ['<html>not found</html>', `${sha256(NEXT_BYTES)}  other.zip`, 'x'.repeat(100_000)]) {
      server.files.set('/day.zip.CHECKSUM', { bytes: Buffer.from(page) });
      rmSync(target, { force: true });
      const outcome = await fetchDay();
      assert.equal(outcome.kind === 'whole' && outcome.verifiedBy, 'length');
    }
  });

  it('waits for a server that cannot say whether there is a checksum, and keeps the bytes meanwhile', async () => {
    server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    server.files.set('/day.zip.CHECKSUM', { bytes: Buffer.from(`${sha256(BYTES)}  day.zip\n`) });
    server.script('/day.zip.CHECKSUM', status(503));
    const outcome = await fetchDay();
    assert.equal(outcome.kind === 'whole' && outcome.verifiedBy, 'sha256');
    assert.deepEqual(rangesAsked(), [undefined]);
  });

  it('takes an ETag for an MD5 only where its maker says so', async () => {
    const md5 = createHash('md5').update(BYTES).digest('hex');
    const wrong = createHash('md5').update(NEXT_BYTES).digest('hex');
    const verified = async (headers: Record<string, string>): Promise<unknown> => {
      server.files.set('/day.zip', { bytes: BYTES, headers });
      rmSync(target, { force: true });
      const outcome = await fetchDay();
      return outcome.kind === 'whole' && outcome.verifiedBy;
    };
    assert.equal(await verified({ etag: `"${md5}"`, server: 'AmazonS3' }), 'md5');
    assert.equal(await verified({ etag: `"${wrong}"`, server: 'nginx' }), 'length');
    assert.equal(await verified({ etag: `"${wrong}-12"`, server: 'AmazonS3' }), 'length');
    const encrypted = { 'x-amz-server-side-encryption': 'aws:kms' };
    assert.equal(await verified({ etag: `"${wrong}"`, server: 'AmazonS3', ...encrypted }), 'length');
    const error = await rejection(verified({ etag: `"${wrong}"`, server: 'AmazonS3' }));
    assert.equal(error instanceof DataError && error.code, 'CHECKSUM_MISMATCH');
  });

  it('follows redirects, a bounded number of them', async () => {
    server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    server.script('/a', status(302, { location: '/b' }));
    server.script('/b', status(307, { location: '/day.zip' }));
    await fetchDay({ url: RemoteUrl.parse(`${server.origin}/a`)! });
    assertWhole(BYTES);

    server.script('/day.zip', ...Array.from({ length: 9 }, () => status(301, { location: '/day.zip' })));
    server.requests.length = 0;
    rmSync(target);
    const error = await rejection(fetchDay());
    assert.ok(error instanceof DataError);
    assert.match(error.message, /more than 5 redirects/);
    assert.equal(server.requests.length, 6);
  });

  it('sends secrets to the origin they are for, and shows them to nobody', async () => {
    const other = await FaultServer.start();
    try {
      other.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
      const secrets = ['us3r', 'p4ss', 't0ken', Buffer.from('us3r:p4ss').toString('base64')];
      const address = `${server.origin.replace('//', '//us3r:p4ss@')}/day.zip?token=t0ken`;
      server.script('/day.zip', status(302, { location: `${other.origin}/day.zip` }));
      await fetchDay({ url: RemoteUrl.parse(address)! });
      assert.equal(server.requests[0]!.headers.authorization, `Basic ${secrets[3]}`);
      assert.equal(other.requests[0]!.headers.authorization, undefined);
      const records = readFileSync(path.join(folder, '.day.zip.json'), 'utf8');
      const shown = [records, inspect(RemoteUrl.parse(address), { showHidden: true, depth: 9 })];
      rmSync(target);
      for (const behaviour of [status(403), status(302, { location: `ftp://us3r:p4ss@host/?t0ken` })]) {
        server.script('/day.zip', behaviour);
        const error = await rejection(fetchDay({ url: RemoteUrl.parse(address)! }));
        shown.push(inspect(error, { depth: 9 }), JSON.stringify(error));
      }
      const closed = RemoteUrl.parse('http://us3r:p4ss@127.0.0.1:1/x.zip?token=t0ken')!;
      const error = await rejection(fetchDay({ url: closed }));
      shown.push(inspect(error, { depth: 9 }), JSON.stringify(error));
      for (const secret of secrets) assert.ok(!shown.join('\n').includes(secret), secret);
    } finally {
      await other.stop();
    }
  });

  it('refuses a file larger than the limit, declared or not', async () => {
    const limits = { ...DEFAULT_HTTP_LIMITS, maxBytes: 200_000 };
    server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    const declared = await rejection(fetchDay({ limits }));
    let sendMore = (): void => {};
    server.script('/day.zip', (_request, response) => {
      response.writeHead(200, ETAG).write(BYTES.subarray(0, HALF));
      sendMore = () => void response.write(BYTES.subarray(HALF));
    });
    const undeclared = await rejection(
      fetchDay({ limits, onBytes: (bytes) => bytes === HALF && sendMore() }),
    );
    for (const error of [declared, undeclared]) {
      assert.equal(error instanceof DataError && error.code, 'DOWNLOAD_TOO_LARGE');
    }
    assert.equal(server.requests.length, 2);
    assertNothingLeft();
  });

  it('fetches a file of undeclared length, and says that nothing vouches for it', async () => {
    server.script('/day.zip', (_request, response) => response.writeHead(200).end(BYTES));
    const outcome = await fetchDay();
    assert.deepEqual(outcome.kind === 'whole' && [outcome.verifiedBy, outcome.version.sizeBytes], [
      'nothing',
      BYTES.length,
    ]);
    assertWhole(BYTES);
  });

  it('stops at once when aborted, and leaves only what the next run continues', async () => {
    server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    server.script('/day.zip', stuckAfter(HALF));
    const controller = new AbortController();
    const reason = new Error('enough');
    const error = await rejection(
      fetchDay({
        signal: controller.signal,
        onBytes: (bytes) => bytes === HALF && controller.abort(reason),
      }),
    );
    assert.equal(error, reason);
    assert.deepEqual(readdirSync(folder).toSorted(), ['.day.zip.part', '.day.zip.part.json']);
    await fetchDay();
    assert.deepEqual(rangesAsked(), [undefined, `bytes=${HALF}-`]);
    assertWhole(BYTES);
  });

  it('leaves nothing when aborted in a download that cannot be continued', async () => {
    server.files.set('/day.zip', { bytes: BYTES });
    server.script('/day.zip', stuckAfter(HALF));
    const controller = new AbortController();
    await rejection(
      fetchDay({ signal: controller.signal, onBytes: (bytes) => bytes === HALF && controller.abort() }),
    );
    assertNothingLeft();
  });

  it('does not continue the part of another address, nor one whose record is torn', async () => {
    server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    const version = { ...ETAG, lastModified: null, sizeBytes: BYTES.length, md5: null };
    const foreign = JSON.stringify({ format: 1, source: 'another', version });
    for (const record of [foreign, foreign.slice(0, 40), '']) {
      rmSync(target, { force: true });
      writeFileSync(path.join(folder, '.day.zip.part'), NEXT_BYTES.subarray(0, HALF));
      writeFileSync(path.join(folder, '.day.zip.part.json'), record);
      await fetchDay();
      assertWhole(BYTES);
    }
    assert.deepEqual(rangesAsked(), [undefined, undefined, undefined]);
  });

  it('finishes a part that was complete when the last run was killed', async () => {
    server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    const source = RemoteUrl.parse(`${server.origin}/day.zip`)!.identity;
    const version = { ...ETAG, lastModified: null, sizeBytes: BYTES.length, md5: null };
    writeFileSync(path.join(folder, '.day.zip.part'), BYTES);
    writeFileSync(path.join(folder, '.day.zip.part.json'), JSON.stringify({ format: 1, source, version }));
    await fetchDay();
    assert.deepEqual(rangesAsked(), []);
    assertWhole(BYTES);
  });

  it('takes the whole file of an earlier run if it is still current', async () => {
    server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    await fetchDay();
    await fetchDay();
    assert.deepEqual(
      server.requestsFor('/day.zip').map((request) => request.status),
      [200, 304],
    );
    assertWhole(BYTES);
    server.files.set('/day.zip', { bytes: NEXT_BYTES, headers: { etag: '"two"' } });
    await fetchDay();
    assertWhole(NEXT_BYTES);
    // Somebody has cut it: its size is not the recorded one.
    writeFileSync(target, NEXT_BYTES.subarray(1));
    await fetchDay();
    assertWhole(NEXT_BYTES);
  });

  it('fetches nothing when the caller knows the version', async () => {
    server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    const first = await fetchDay();
    assert.ok(first.kind === 'whole');
    rmSync(target);
    assert.deepEqual(await fetchDay({ known: first.version }), { kind: 'unchanged' });
    server.files.set('/day.zip', { bytes: NEXT_BYTES, headers: { etag: '"two"' } });
    assert.equal((await fetchDay({ known: first.version })).kind, 'whole');
    assertWhole(NEXT_BYTES);
  });

  it('stops before a download that the disk has no room for', async () => {
    server.script('/day.zip', (_request, response) => {
      response.writeHead(200, { ...ETAG, 'content-length': 2 ** 52 });
      response.write(BYTES);
    });
    const limits = { ...DEFAULT_HTTP_LIMITS, maxBytes: 2 ** 53 };
    const error = await rejection(fetchDay({ limits }));
    assert.equal(error instanceof TransientError && error.code, 'DISK_FULL');
    assert.equal(server.requests.length, 1);
    assertNothingLeft();
  });

  const hasFullDevice = existsSync('/dev/full');
  it('stops when the disk is full', { skip: hasFullDevice ? false : 'there is no /dev/full' }, async () => {
    server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    symlinkSync('/dev/full', path.join(folder, '.day.zip.part'));
    const error = explainDiskError(await rejection(fetchDay()), folder);
    assert.ok(error instanceof TransientError);
    assert.equal(error.code, 'DISK_FULL');
    assert.match(error.message, /no space left for downloads .*run the command again/);
    assert.equal(server.requests.length, 1);
    assert.equal(existsSync(target), false);
  });
});
