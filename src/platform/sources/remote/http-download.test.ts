/** Every way in which a server or a network lets a download down, and what comes of it. */
import assert from 'node:assert/strict';
import { existsSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DataError, TransientError } from '../../../domain/core/index.ts';
import { BYTES, DownloadScene, ETAG, HALF, NEXT_BYTES, randomBytes, rejection } from './download.fixture.ts';
import { type Behaviour, ignoringRange, status, stuckAfter, TEST_NOW_MS } from './fault-server.ts';
import { DEFAULT_HTTP_LIMITS } from './network.ts';

describe('download: broken connections and refusals', () => {
  const scene = new DownloadScene();
  const { assertNothingLeft, assertWhole, fetchDay, hangUpAt, rangesAsked } = scene;

  it('fetches a file whole and leaves no part behind', async () => {
    scene.server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    const outcome = await fetchDay();
    assert.equal(outcome.kind, 'whole');
    assert.deepEqual(outcome.kind === 'whole' && [outcome.version.sizeBytes, outcome.verifiedBy], [
      BYTES.length,
      'length',
    ]);
    assertWhole(BYTES);
  });

  it('fetches an empty file', async () => {
    scene.server.files.set('/day.zip', { bytes: Buffer.alloc(0), headers: ETAG });
    await fetchDay();
    assertWhole(Buffer.alloc(0));
  });

  for (const headers of [ETAG, { 'last-modified': 'Wed, 20 Aug 2025 00:00:00 GMT' }]) {
    it(`goes on where the connection broke, by ${Object.keys(headers)[0]}`, async () => {
      scene.server.files.set('/day.zip', { bytes: BYTES, headers });
      scene.server.script('/day.zip', stuckAfter(HALF));
      await fetchDay(hangUpAt(HALF));
      assert.deepEqual(rangesAsked(), [undefined, `bytes=${HALF}-`]);
      assert.equal(scene.server.requests[1]!.headers['if-range'], Object.values(headers)[0]);
      assert.equal(scene.server.requests[1]!.status, 206);
      assertWhole(BYTES);
    });
  }

  it('starts over when the server offers nothing to go on by', async () => {
    for (const headers of [{}, { etag: 'W/"weak"' }]) {
      scene.server.requests.length = 0;
      scene.server.files.set('/day.zip', { bytes: BYTES, headers });
      scene.server.script('/day.zip', stuckAfter(HALF));
      await fetchDay(hangUpAt(HALF));
      assert.deepEqual(rangesAsked(), [undefined, undefined]);
      assertWhole(BYTES);
      rmSync(scene.target);
    }
  });

  it('starts over when the server ignores the range', async () => {
    scene.server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    scene.server.script('/day.zip', stuckAfter(HALF), ignoringRange);
    await fetchDay(hangUpAt(HALF));
    assert.deepEqual(rangesAsked(), [undefined, `bytes=${HALF}-`]);
    assertWhole(BYTES);
  });

  it('starts over when the file has changed in between', async () => {
    scene.server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    scene.server.script('/day.zip', stuckAfter(HALF), (_request, response) => {
      scene.server.files.set('/day.zip', { bytes: NEXT_BYTES, headers: { etag: '"two"' } });
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
      scene.server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
      scene.server.script('/day.zip', stuckAfter(HALF), (_request, response) => {
        response.writeHead(206, { 'content-range': range, etag }).end(NEXT_BYTES.subarray(0, HALF));
      });
      await fetchDay(hangUpAt(HALF));
      assert.deepEqual(rangesAsked(), [undefined, `bytes=${HALF}-`, undefined]);
      assertWhole(BYTES);
    });
  }

  it('gives up on a server that always breaks off, and lets the next run go on', async () => {
    scene.server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    const brokenAttempts = 6;
    // The first attempt brings half; the others bring nothing.
    scene.server.script(
      '/day.zip',
      stuckAfter(HALF),
      ...Array.from({ length: brokenAttempts }, () => stuckAfter(0)),
    );
    scene.server.onRequest = () => {
      if (scene.server.requests.length > 0) setImmediate(() => scene.server.hangUp());
    };
    const error = await rejection(fetchDay(hangUpAt(HALF)));
    assert.ok(error instanceof TransientError);
    assert.match(
      error.message,
      /day\.zip: the connection failed .*given up after 6 attempts; run the command again/,
    );
    assert.equal(scene.server.requests.length, 6);
    assert.equal(existsSync(scene.target), false);
    assert.equal(statSync(path.join(scene.folder, '.day.zip.part')).size, HALF);

    scene.server.onRequest = () => {};
    scene.server.script('/day.zip');
    await fetchDay();
    assert.equal(rangesAsked().at(-1), `bytes=${HALF}-`);
    assertWhole(BYTES);
  });

  it('forgives failures as long as the file grows', async () => {
    const large = randomBytes(5_000_000, 3);
    const step = 1_200_000;
    scene.server.files.set('/day.zip', { bytes: large, headers: ETAG });
    scene.server.script('/day.zip', ...Array.from({ length: 4 }, () => stuckAfter(step)));
    let mark = step;
    await fetchDay({
      limits: { ...DEFAULT_HTTP_LIMITS, maxAttempts: 2 },
      onBytes: (bytes) => {
        if (bytes < mark || mark > 4 * step) return;
        mark += step;
        scene.server.hangUp();
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
        rmSync(scene.target, { force: true });
        scene.server.files.set('/day.zip', { bytes: BYTES, headers });
        let breakAt = BYTES.length;
        const breaking = lengths.map((length): Behaviour => (request, response, file) => {
          breakAt = Number(request.headers.range?.match(/\d+/)?.[0] ?? 0) + length;
          stuckAfter(length)(request, response, file);
        });
        scene.server.script('/day.zip', ...breaking);
        await fetchDay({
          onBytes: (bytes) => bytes === breakAt && bytes < BYTES.length && scene.server.hangUp(),
        });
        assertWhole(BYTES);
      }),
      { numRuns: 30 },
    );
  });

  it('never takes a short file for a whole one', async () => {
    scene.server.files.set('/day.zip', { bytes: BYTES });
    const short: Behaviour = (_request, response) => {
      response.writeHead(200, { 'content-length': BYTES.length + 1, connection: 'close' }).end(BYTES);
    };
    scene.server.script('/day.zip', ...Array.from({ length: 6 }, () => short));
    const error = await rejection(fetchDay());
    assert.ok(error instanceof TransientError);
    assert.equal(scene.server.requests.length, 6);
    assertNothingLeft();
  });

  it('reports a missing file as an outcome, without asking twice', async () => {
    assert.deepEqual(await fetchDay(), { kind: 'missing' });
    scene.server.script('/day.zip', status(410));
    assert.deepEqual(await fetchDay(), { kind: 'missing' });
    assert.equal(scene.server.requests.length, 2);
    assertNothingLeft();
  });

  for (const code of [400, 401, 403, 451]) {
    it(`does not ask again after ${code}`, async () => {
      scene.server.script('/day.zip', status(code));
      const error = await rejection(fetchDay());
      assert.ok(error instanceof DataError);
      assert.ok(error.message.includes(`${scene.server.origin}/day.zip: the server answers ${code}; `));
      assert.equal(scene.server.requests.length, 1);
      assertNothingLeft();
    });
  }

  it('asks again after a passing refusal, later each time, and as late as the server says', async () => {
    scene.server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    scene.server.script(
      '/day.zip',
      status(500),
      status(408),
      status(425),
      status(429, { 'retry-after': '120' }),
      status(503, { 'retry-after': new Date(TEST_NOW_MS + 90_000).toUTCString() }),
    );
    await fetchDay();
    assert.deepEqual(scene.world.pausesMs, [500, 1_000, 2_000, 120_000, 90_000]);
    assertWhole(BYTES);
  });

  it('does not wait for a server that wants too long a pause', async () => {
    scene.server.script('/day.zip', status(429, { 'retry-after': '86400' }));
    const error = await rejection(fetchDay());
    assert.ok(error instanceof TransientError);
    assert.equal(error.retryAfterMs, 86_400_000);
    assert.match(error.message, /the server asks for a pause of 86400 s/);
    assert.equal(scene.server.requests.length, 1);
  });

  it('hangs up on silence and goes on', async () => {
    scene.server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    scene.server.script('/day.zip', stuckAfter(HALF), () => scene.world.fallSilent());
    await fetchDay({
      onBytes: (bytes) => {
        if (bytes === HALF) scene.world.fallSilent();
      },
    });
    await scene.server.quiet();
    // The second request meets a server that does not even begin to answer.
    assert.deepEqual(rangesAsked(), [undefined, `bytes=${HALF}-`, `bytes=${HALF}-`]);
    assertWhole(BYTES);
  });
});
