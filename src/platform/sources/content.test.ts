import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import yazl from 'yazl';
import { DataError, Random } from '../../domain/core/index.ts';
import { inflateOnly } from './bare-inflate.ts';
import { readContent } from './content.ts';

/** Several chunks of text that does not compress to nothing. */
const TEXT = (() => {
  const random = Random.fromSeed(1);
  return Buffer.from(Array.from({ length: 400_000 }, () => random.integer(100_000)).join('\n'));
})();

async function zip(members: readonly Buffer[], compress: boolean): Promise<Buffer> {
  const archive = new yazl.ZipFile();
  for (const [i, member] of members.entries()) archive.addBuffer(member, `m${i}.data`, { compress });
  archive.end();
  return await buffer(archive.outputStream);
}

/** What comes out, and how it ends. */
async function drain(file: string): Promise<{ readonly bytes: Buffer; readonly error: unknown }> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of readContent(file)) chunks.push(chunk);
    return { bytes: Buffer.concat(chunks), error: null };
  } catch (error) {
    return { bytes: Buffer.concat(chunks), error };
  }
}

describe('readContent', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-content-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });
  const put = async (name: string, bytes: Buffer): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, bytes);
    return file;
  };

  it('reads plain, gzip and zip by content, whatever the name says', async () => {
    const half = TEXT.indexOf('\n', TEXT.length / 2) + 1;
    const files = [
      await put('a.zip', TEXT),
      await put('b.txt', gzipSync(TEXT)),
      await put('c.gz', await zip([TEXT], true)),
      await put('d.dat', await zip([TEXT], false)),
      await put('e.zip', await zip([TEXT.subarray(0, half), Buffer.alloc(0), TEXT.subarray(half)], true)),
      await put('f.gz', Buffer.concat([gzipSync(TEXT.subarray(0, half)), gzipSync(TEXT.subarray(half))])),
    ];
    for (const file of files) {
      const { bytes, error } = await drain(file);
      assert.equal(error, null);
      assert.ok(bytes.equals(TEXT), file);
    }
  });

  it('has a yardstick that inflates all of an archive', async () => {
    const file = await put('bare.zip', await zip([TEXT, TEXT], true));
    assert.equal(await inflateOnly(file), 2 * TEXT.length);
  });

  it('counts the bytes on disk', async () => {
    const file = await put('count.gz', gzipSync(TEXT));
    let bytesOnDisk = 0;
    for await (const chunk of readContent(file, (bytes) => (bytesOnDisk += bytes)))
      assert.ok(chunk.length > 0);
    assert.equal(bytesOnDisk, (await readFile(file)).length);
  });

  for (const compress of [true, false]) {
    it(`keeps what comes before the cut of a ${compress ? 'deflated' : 'stored'} archive`, async () => {
      const whole = await zip([TEXT], compress);
      const file = await put('cut.zip', whole.subarray(0, whole.length * 0.6));
      const { bytes, error } = await drain(file);
      assert.ok(error instanceof DataError);
      assert.equal(
        error.message,
        `${file}: the zip archive is cut off (no directory at its end); what could be read of it is kept. ` +
          'Download the file again.',
      );
      assert.ok(bytes.length > TEXT.length * 0.55 && bytes.length < TEXT.length * 0.65);
      assert.ok(bytes.equals(TEXT.subarray(0, bytes.length)));
    });
  }

  it('says of a damaged member that nothing of it can be trusted, however the damage shows', async () => {
    const whole = await zip([TEXT], true);
    const random = Random.fromSeed(2);
    for (let i = 0; i < 30; i++) {
      const damaged = Buffer.from(whole);
      const place = 100 + random.integer(whole.length - 400);
      if (i % 2 === 0) damaged.fill(0xff, place, place + 200);
      else damaged[place] = damaged[place]! ^ (1 << random.integer(8));
      const { error } = await drain(await put('damaged.zip', damaged));
      assert.ok(error instanceof DataError);
      assert.equal(error.code, 'CONTENT_CHANGED');
      assert.match(error.message, /damaged\.zip: member "m0\.data" .*; .* so nothing of the file is kept/);
    }
  });

  it('does not let an archive expand without measure', async () => {
    const { bytes, error } = await drain(await put('bomb.zip', await zip([Buffer.alloc(100 << 20)], true)));
    assert.ok(error instanceof DataError);
    assert.match(error.message, /bomb\.zip: more than 67108864 bytes come out of a piece of it/);
    assert.ok(bytes.length < 90 << 20);
  });

  it('sees a stored member whose bytes were changed, by its checksum', async () => {
    const whole = await zip([TEXT], false);
    const middle = Math.floor(whole.length / 2);
    whole[middle] = whole[middle]! ^ 1;
    const { error } = await drain(await put('flipped.zip', whole));
    assert.ok(error instanceof DataError);
    assert.match(
      error.message,
      /flipped\.zip: member "m0\.data" does not have the checksum .* nothing of the file is kept/,
    );
  });

  it('keeps what comes before the cut of a gzip stream', async () => {
    const whole = gzipSync(TEXT);
    const file = await put('cut.gz', whole.subarray(0, whole.length * 0.6));
    const { bytes, error } = await drain(file);
    assert.ok(error instanceof DataError);
    assert.match(error.message, /cut\.gz: the gzip stream is cut off; what could be read of it is kept/);
    assert.ok(bytes.length > TEXT.length * 0.55);
    assert.ok(bytes.equals(TEXT.subarray(0, bytes.length)));
  });
});
