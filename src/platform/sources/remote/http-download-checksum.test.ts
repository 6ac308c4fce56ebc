/** Checksums that agree, disagree, change or lie. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import { DataError } from '../../../domain/core/index.ts';
import { BYTES, DownloadScene, ETAG, HALF, NEXT_BYTES, rejection, sha256 } from './download.fixture.ts';
import { status, stuckAfter } from './fault-server.ts';

describe('download: what a file is held against', () => {
  const scene = new DownloadScene();
  const { assertNothingLeft, assertWhole, fetchDay, hangUpAt, rangesAsked } = scene;

  it('keeps a file that agrees with its .CHECKSUM', async () => {
    scene.server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    scene.server.files.set('/day.zip.CHECKSUM', { bytes: Buffer.from(`${sha256(BYTES)}  day.zip\n`) });
    const outcome = await fetchDay();
    assert.equal(outcome.kind === 'whole' && outcome.verifiedBy, 'sha256');
    assertWhole(BYTES);
  });

  it('refuses a file that disagrees with its .CHECKSUM, after one fresh download', async () => {
    scene.server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    scene.server.files.set('/day.zip.CHECKSUM', { bytes: Buffer.from(`${sha256(NEXT_BYTES)}  day.zip\n`) });
    const error = await rejection(fetchDay());
    assert.ok(error instanceof DataError);
    assert.equal(error.code, 'CHECKSUM_MISMATCH');
    assert.ok(error.message.includes(sha256(BYTES)) && error.message.includes(sha256(NEXT_BYTES)));
    assert.deepEqual(rangesAsked(), [undefined, undefined]);
    assertNothingLeft();
  });

  it('mends a file that was revised between its two halves', async () => {
    scene.server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    scene.server.files.set('/day.zip.CHECKSUM', { bytes: Buffer.from(`${sha256(NEXT_BYTES)}  day.zip\n`) });
    // The server forgets to change the ETag, so that two halves of different files are joined.
    scene.server.script('/day.zip', stuckAfter(HALF), (_request, response) => {
      scene.server.files.set('/day.zip', { bytes: NEXT_BYTES, headers: ETAG });
      response
        .writeHead(206, { 'content-range': `bytes ${HALF}-299999/300000` })
        .end(Buffer.concat([NEXT_BYTES, BYTES]).subarray(HALF, BYTES.length));
    });
    await fetchDay(hangUpAt(HALF));
    assertWhole(NEXT_BYTES);
  });

  it('takes a page that says "not found" with status 200 for no checksum', async () => {
    scene.server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    for (const page of ['<html>not found</html>', `${sha256(NEXT_BYTES)}  other.zip`, 'x'.repeat(100_000)]) {
      scene.server.files.set('/day.zip.CHECKSUM', { bytes: Buffer.from(page) });
      rmSync(scene.target, { force: true });
      const outcome = await fetchDay();
      assert.equal(outcome.kind === 'whole' && outcome.verifiedBy, 'length');
    }
  });

  it('waits for a server that cannot say whether there is a checksum, and keeps the bytes meanwhile', async () => {
    scene.server.files.set('/day.zip', { bytes: BYTES, headers: ETAG });
    scene.server.files.set('/day.zip.CHECKSUM', { bytes: Buffer.from(`${sha256(BYTES)}  day.zip\n`) });
    scene.server.script('/day.zip.CHECKSUM', status(503));
    const outcome = await fetchDay();
    assert.equal(outcome.kind === 'whole' && outcome.verifiedBy, 'sha256');
    assert.deepEqual(rangesAsked(), [undefined]);
  });

  it('takes an ETag for an MD5 only where its maker says so', async () => {
    const md5 = createHash('md5').update(BYTES).digest('hex');
    const wrong = createHash('md5').update(NEXT_BYTES).digest('hex');
    const verified = async (headers: Record<string, string>): Promise<unknown> => {
      scene.server.files.set('/day.zip', { bytes: BYTES, headers });
      rmSync(scene.target, { force: true });
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
});
