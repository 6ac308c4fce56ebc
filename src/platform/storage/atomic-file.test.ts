import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { replaceFile, sha256File, writeFileAtomic } from './atomic-file.ts';
import { readJson, writeJsonAtomic } from './json-file.ts';

describe('files on disk', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-files-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  it('are replaced whole, in folders made for them', async () => {
    const file = path.join(folder, 'a', 'b', 'file.txt');
    await writeFileAtomic(file, 'one');
    await writeFileAtomic(file, 'two');
    assert.equal(await readFile(file, 'utf8'), 'two');
    assert.deepEqual(await readdir(path.dirname(file)), ['file.txt']);
  });

  it('stay what they were when writing fails half-way, and nothing is left over', async () => {
    const file = path.join(folder, 'crash', 'file.txt');
    await writeFileAtomic(file, 'before');
    const crash = replaceFile(file, async (temporary) => {
      await writeFile(temporary, 'half a ');
      throw new Error('disk full');
    });
    await assert.rejects(crash, /disk full/);
    assert.equal(await readFile(file, 'utf8'), 'before');
    assert.deepEqual(await readdir(path.dirname(file)), ['file.txt']);
  });

  it('are hashed as they are', async () => {
    const file = path.join(folder, 'hash');
    await writeFileAtomic(file, 'abc');
    assert.equal(await sha256File(file), createHash('sha256').update('abc').digest('hex'));
  });

  it('as JSON are checked when read, the error naming file and field', async () => {
    const schema = z.object({ count: z.int() });
    const file = path.join(folder, 'x.json');
    await writeJsonAtomic(file, { count: 3 });
    assert.deepEqual(await readJson(file, schema), { count: 3 });
    await writeJsonAtomic(file, { count: 'three' });
    await assert.rejects(readJson(file, schema), { name: 'DataError', message: /x\.json: [^]*count/ });
    await writeFileAtomic(file, '{');
    await assert.rejects(readJson(file, schema), { name: 'DataError', message: /x\.json: is not JSON/ });
    await assert.rejects(readJson(path.join(folder, 'no.json'), schema), {
      name: 'DataError',
      message: /no\.json: cannot be read/,
    });
  });
});
