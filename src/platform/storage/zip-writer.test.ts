import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openPromise } from 'yauzl';
import { writeZip } from './zip-writer.ts';

describe('writeZip', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-zip-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = async (name: string, chunks: Iterable<Uint8Array>): Promise<string> => {
    const file = path.join(folder, 'deep', name);
    await writeZip(file, { member: 'book.data', level: 1, chunks });
    return file;
  };

  it('gives back what was written, to a reader that checks sizes and checksum', async () => {
    const chunks = Array.from({ length: 40 }, (_, i) =>
      Buffer.from(`${i} the same words again\n`.repeat(9_000)),
    );
    const zip = await openPromise(await write('a.zip', chunks));
    for await (const entry of zip.eachEntry()) {
      assert.equal(entry.fileName, 'book.data');
      assert.deepEqual(await buffer(await zip.openReadStreamPromise(entry)), Buffer.concat(chunks));
    }
    assert.equal(zip.entryCount, 1);
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

  it('leaves nothing behind when its source fails', async () => {
    function* failing(): Generator<Uint8Array> {
      yield Buffer.alloc(1 << 20, 1);
      throw new Error('the source fails');
    }
    await assert.rejects(write('b.zip', failing()), /the source fails/);
    assert.deepEqual(await readdir(path.join(folder, 'deep')), []);
  });
});
