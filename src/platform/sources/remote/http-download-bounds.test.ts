/** Redirects, secrets, sizes, interruptions, earlier runs and full disks. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { DataError, TransientError } from '../../../domain/core/index.ts';
import { explainDiskError } from './disk-error.ts';
import { BYTES, DownloadScene, ETAG, HALF, NEXT_BYTES, rejection } from './download.fixture.ts';
import { FaultServer, status, stuckAfter } from './fault-server.ts';
import { DEFAULT_HTTP_LIMITS } from './network.ts';
import { RemoteUrl } from './remote-url.ts';

describe('download: bounds, secrets and what is left behind', () => {
  const scene = new DownloadScene();
  const { assertNothingLeft, assertWhole, fetchDay, rangesAsked } = scene;

  it('follows redirects, a bounded number of them', async () => {
    scene.server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    scene.server.script('/a', status(302, { location: '/b' }));
    scene.server.script('/b', status(307, { location: '/day.zip' }));
    await fetchDay({ url: RemoteUrl.parse(`${scene.server.origin}/a`)! });
    assertWhole(BYTES);

    scene.server.script(
      '/day.zip',
      ...Array.from({ length: 9 }, () => status(301, { location: '/day.zip' })),
    );
    scene.server.requests.length = 0;
    rmSync(scene.target);
    const error = await rejection(fetchDay());
    assert.ok(error instanceof DataError);
    assert.match(error.message, /more than 5 redirects/);
    assert.equal(scene.server.requests.length, 6);
  });

  it('sends secrets to the origin they are for, and shows them to nobody', async () => {
    const other = await FaultServer.start();
    try {
      other.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
      const secrets = ['us3r', 'p4ss', 't0ken', Buffer.from('us3r:p4ss').toString('base64')];
      const address = `${scene.server.origin.replace('//', '//us3r:p4ss@')}/day.zip?token=t0ken`;
      scene.server.script('/day.zip', status(302, { location: `${other.origin}/day.zip` }));
      await fetchDay({ url: RemoteUrl.parse(address)! });
      assert.equal(scene.server.requests[0]!.headers.authorization, `Basic ${secrets[3]}`);
      assert.equal(other.requests[0]!.headers.authorization, undefined);
      const records = readFileSync(path.join(scene.folder, '.day.zip.json'), 'utf8');
      const shown = [records, inspect(RemoteUrl.parse(address), { showHidden: true, depth: 9 })];
      rmSync(scene.target);
      for (const behaviour of [status(403), status(302, { location: `ftp://us3r:p4ss@host/?t0ken` })]) {
        scene.server.script('/day.zip', behaviour);
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
    scene.server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    const declared = await rejection(fetchDay({ limits }));
    let sendMore = (): void => {};
    scene.server.script('/day.zip', (_request, response) => {
      response.writeHead(200, ETAG).write(BYTES.subarray(0, HALF));
      sendMore = () => void response.write(BYTES.subarray(HALF));
    });
    const undeclared = await rejection(
      fetchDay({ limits, onBytes: (bytes) => bytes === HALF && sendMore() }),
    );
    for (const error of [declared, undeclared]) {
      assert.equal(error instanceof DataError && error.code, 'DOWNLOAD_TOO_LARGE');
    }
    assert.equal(scene.server.requests.length, 2);
    assertNothingLeft();
  });

  it('fetches a file of undeclared length, and says that nothing vouches for it', async () => {
    scene.server.script('/day.zip', (_request, response) => response.writeHead(200).end(BYTES));
    const outcome = await fetchDay();
    assert.deepEqual(outcome.kind === 'whole' && [outcome.verifiedBy, outcome.version.sizeBytes], [
      'nothing',
      BYTES.length,
    ]);
    assertWhole(BYTES);
  });

  it('stops at once when aborted, and leaves only what the next run continues', async () => {
    scene.server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    scene.server.script('/day.zip', stuckAfter(HALF));
    const controller = new AbortController();
    const reason = new Error('enough');
    const error = await rejection(
      fetchDay({
        signal: controller.signal,
        onBytes: (bytes) => bytes === HALF && controller.abort(reason),
      }),
    );
    assert.equal(error, reason);
    assert.deepEqual(readdirSync(scene.folder).toSorted(), ['.day.zip.part', '.day.zip.part.json']);
    await fetchDay();
    assert.deepEqual(rangesAsked(), [undefined, `bytes=${HALF}-`]);
    assertWhole(BYTES);
  });

  it('leaves nothing when aborted in a download that cannot be continued', async () => {
    scene.server.files.set('/day.zip', { bytes: BYTES });
    scene.server.script('/day.zip', stuckAfter(HALF));
    const controller = new AbortController();
    await rejection(
      fetchDay({ signal: controller.signal, onBytes: (bytes) => bytes === HALF && controller.abort() }),
    );
    assertNothingLeft();
  });

  it('does not continue the part of another address, nor one whose record is torn', async () => {
    scene.server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    const version = { ...ETAG, lastModified: null, sizeBytes: BYTES.length, md5: null };
    const foreign = JSON.stringify({ format: 1, source: 'another', version });
    for (const record of [foreign, foreign.slice(0, 40), '']) {
      rmSync(scene.target, { force: true });
      writeFileSync(path.join(scene.folder, '.day.zip.part'), NEXT_BYTES.subarray(0, HALF));
      writeFileSync(path.join(scene.folder, '.day.zip.part.json'), record);
      await fetchDay();
      assertWhole(BYTES);
    }
    assert.deepEqual(rangesAsked(), [undefined, undefined, undefined]);
  });

  it('finishes a part that was complete when the last run was killed', async () => {
    scene.server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    const source = RemoteUrl.parse(`${scene.server.origin}/day.zip`)!.identity;
    const version = { ...ETAG, lastModified: null, sizeBytes: BYTES.length, md5: null };
    writeFileSync(path.join(scene.folder, '.day.zip.part'), BYTES);
    writeFileSync(
      path.join(scene.folder, '.day.zip.part.json'),
      JSON.stringify({ format: 1, source, version }),
    );
    await fetchDay();
    assert.deepEqual(rangesAsked(), []);
    assertWhole(BYTES);
  });

  it('takes the whole file of an earlier run if it is still current', async () => {
    scene.server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    await fetchDay();
    await fetchDay();
    assert.deepEqual(
      scene.server.requestsFor('/day.zip').map((request) => request.status),
      [200, 304],
    );
    assertWhole(BYTES);
    scene.server.files.set('/day.zip', { bytes: NEXT_BYTES, headers: { etag: '"two"' } });
    await fetchDay();
    assertWhole(NEXT_BYTES);
    // Somebody has cut it: its size is not the recorded one.
    writeFileSync(scene.target, NEXT_BYTES.subarray(1));
    await fetchDay();
    assertWhole(NEXT_BYTES);
  });

  it('fetches nothing when the caller knows the version', async () => {
    scene.server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    const first = await fetchDay();
    assert.ok(first.kind === 'whole');
    rmSync(scene.target);
    assert.deepEqual(await fetchDay({ known: first.version }), { kind: 'unchanged' });
    scene.server.files.set('/day.zip', { bytes: NEXT_BYTES, headers: { etag: '"two"' } });
    assert.equal((await fetchDay({ known: first.version })).kind, 'whole');
    assertWhole(NEXT_BYTES);
  });

  it('stops before a download that the disk has no room for', async () => {
    scene.server.script('/day.zip', (_request, response) => {
      response.writeHead(200, { ...ETAG, 'content-length': 2 ** 52 });
      response.write(BYTES);
    });
    const limits = { ...DEFAULT_HTTP_LIMITS, maxBytes: 2 ** 53 };
    const error = await rejection(fetchDay({ limits }));
    assert.equal(error instanceof TransientError && error.code, 'DISK_FULL');
    assert.equal(scene.server.requests.length, 1);
    assertNothingLeft();
  });

  const hasFullDevice = existsSync('/dev/full');
  it('stops when the disk is full', { skip: hasFullDevice ? false : 'there is no /dev/full' }, async () => {
    scene.server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    symlinkSync('/dev/full', path.join(scene.folder, '.day.zip.part'));
    const error = explainDiskError(await rejection(fetchDay()), scene.folder);
    assert.ok(error instanceof TransientError);
    assert.equal(error.code, 'DISK_FULL');
    assert.match(error.message, /no space left for downloads .*run the command again/);
    assert.equal(scene.server.requests.length, 1);
    assert.equal(existsSync(scene.target), false);
  });
});
