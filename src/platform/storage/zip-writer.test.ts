import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openPromise } from 'yauzl';
import { ZipWriter } from './zip-writer.ts';

const MEMBER = 'book.data';

describe('ZipWriter', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-zip-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = async (name: string, chunks: readonly Uint8Array[]): Promise<string> => {
    const file = path.join(folder, 'deep', name);
    const writer = await ZipWriter.create(file, MEMBER, { level: 1 });
    for (const chunk of chunks) await writer.write(chunk);
    await writer.finish();
    return file;
  };

  it('gives back what was written, to a reader that checks sizes and checksum', async () => {
    const chunks = Array.from({ length: 40 }, (_, i) =>
      Buffer.from(`${i} the same words again\n`.repeat(9_000)),
    );
    const file = await write('a.zip', chunks);
    const zip = await openPromise(file);
    const entry = await zip.readEntryPromise();
    assert.ok(entry !== null);
    assert.equal(entry.fileName, MEMBER);
    assert.deepEqual(await buffer(await zip.openReadStreamPromise(entry)), Buffer.concat(chunks));
    zip.close();
  });

  it('gives equal bytes for equal content, however it is cut, and for an empty member', async () => {
    const whole = await write('whole.zip', [Buffer.from('abcdefgh'.repeat(5_000))]);
    const cut = await write('cut.zip', [
      Buffer.from('abcdefgh'.repeat(2_000)),
      Buffer.from('abcdefgh'.repeat(3_000)),
    ]);
    assert.deepEqual(await readFile(whole), await readFile(cut));
    assert.ok((await readFile(await write('empty.zip', []))).length > 0);
  });

  it('shows nothing before it is finished and leaves nothing when discarded', async () => {
    const file = path.join(folder, 'b.zip');
    const writer = await ZipWriter.create(file, MEMBER, { level: 1 });
    await writer.write(Buffer.alloc(1 << 20, 1));
    assert.ok(!(await readdir(folder)).includes('b.zip'));
    await writer.discard();
    assert.deepEqual(await readdir(folder), []);
  });
});
