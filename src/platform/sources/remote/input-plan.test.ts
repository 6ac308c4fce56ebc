import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ConfigError, DataError } from '../../../domain/core/index.ts';
import { planInputs } from './input-plan.ts';

describe('planInputs', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tidemark-plan-'));
    mkdirSync(path.join(folder, 'sub'));
    for (const name of ['a.zip', 'b.zip', 'c[1].zip', 'sub/d.zip', '.hidden.zip', 'notes.txt']) {
      writeFileSync(path.join(folder, name), name);
    }
  });
  after(() => rmSync(folder, { recursive: true }));
  const planned = async (...inputs: readonly string[]): Promise<readonly string[]> =>
    (await planInputs(inputs.map((input) => (input.includes(':') ? input : path.join(folder, input))))).map(
      ({ origin }) => path.relative(folder, origin),
    );

  it('takes files, folders and globs in the order given, each file once', async () => {
    assert.deepEqual(await planned('b.zip', '*.zip', '.'), [
      'b.zip',
      'a.zip',
      'c[1].zip',
      'notes.txt',
      'sub/d.zip',
    ]);
    assert.deepEqual(await planned('**/[ad].zip'), ['a.zip', 'sub/d.zip']);
  });

  it('takes a name with brackets for a name when there is such a file', async () => {
    assert.deepEqual(await planned('c[1].zip'), ['c[1].zip']);
  });

  it('says what does not exist', async () => {
    await assert.rejects(planned('nothing.zip'), DataError);
    await assert.rejects(planned('*.gz'), /no file matches .*\*\.gz/);
  });

  it('plans addresses without asking anybody, and without their secrets', async () => {
    const plan = await planInputs([
      'https://u:p@host/a.zip?token=t',
      'https://host/a.zip?token=t',
      'HTTP://host/b',
    ]);
    assert.deepEqual(
      plan.map(({ kind, origin }) => [kind, origin]),
      [
        ['http', 'https://host/a.zip?…'],
        ['http', 'http://host/b'],
      ],
    );
    assert.doesNotMatch(JSON.stringify(plan), /u:p|token/);
  });

  it('names every input that cannot be understood at once, and repeats no secret', async () => {
    const bad = [
      'https://u:p@/',
      's3://u:p@bucket/x',
      'rclone:here',
      'rclone::http,pass=p:x',
      'http://u:p@h/',
      '',
    ];
    await assert.rejects(planInputs(bad), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(
        error.problems.map((problem) => problem.path),
        bad.map((_, index) => `--in[${index}]`),
      );
      assert.match(error.message, /s3:\/\/ is not read directly; make it an rclone remote/);
      assert.doesNotMatch(error.message, /u:p|pass/);
      return true;
    });
  });
});
