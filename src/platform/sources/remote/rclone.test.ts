/** Against the real rclone with a remote on this machine, and against stand-ins that misbehave. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { ConfigError, DataError, TransientError } from '../../../domain/core/index.ts';
import { fetchInputs } from './fetch-inputs.ts';
import { planInputs } from './input-plan.ts';
import { Rclone, SYSTEM_RCLONE } from './rclone.ts';

const isInstalled = spawnSync(SYSTEM_RCLONE.program, ['version']).status === 0;
const skip = isInstalled ? false : 'rclone is not installed';
const MAX_BYTES = 1e9;

describe('Rclone', { skip }, () => {
  let folder = '';
  let target = '';
  let rclone: Rclone;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tidemark-rclone-'));
    const remote = path.join(folder, 'remote');
    mkdirSync(path.join(remote, 'days', 'old'), { recursive: true });
    for (const name of ['days/2.zip', 'days/1.zip', 'days/old/0.zip', 'days/notes.txt', 'days/.hidden']) {
      writeFileSync(path.join(remote, name), `content of ${name}`);
    }
    const config = path.join(folder, 'rclone.conf');
    writeFileSync(config, `[archive]\ntype = alias\nremote = ${remote}\n`);
    rclone = new Rclone({ environment: { ...process.env, RCLONE_CONFIG: config } });
    target = path.join(folder, 'downloads', '1.zip');
  });
  after(() => rmSync(folder, { recursive: true }));

  const listed = async (address: string): Promise<readonly string[]> =>
    (await rclone.list(address)).map((file) => file.address);

  it('lists a file, a folder and a glob', async () => {
    assert.deepEqual(await rclone.list('archive:days/1.zip'), [
      { address: 'archive:days/1.zip', sizeBytes: 21, fromFolder: false },
    ]);
    const all = ['1.zip', '2.zip', 'notes.txt', 'old/0.zip'].map((name) => `archive:days/${name}`);
    assert.deepEqual(await listed('archive:days'), all);
    assert.deepEqual(await listed('archive:days/'), all);
    assert.deepEqual(await listed('archive:'), all);
    assert.deepEqual(await listed('archive:days/*.zip'), all.slice(0, 2));
    assert.deepEqual(await listed('archive:**/[02].zip'), [all[1], all[3]]);
  });

  it('says what is not there, and which remote it does not know', async () => {
    for (const address of [
      'archive:nothing',
      'archive:days/*.gz',
      'archive:nothing/*.gz',
      'archive:days/1.zip/*',
    ]) {
      await assert.rejects(rclone.list(address), (error) => error instanceof DataError, address);
    }
    await assert.rejects(rclone.list('nobody:days'), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(
        error.message,
        /rclone:nobody:days: rclone knows no such remote; see "rclone listremotes"/,
      );
      return true;
    });
  });

  it('fetches a file and holds it against the digest of the remote', async () => {
    const [file] = await rclone.list('archive:days/1.zip');
    const first = await rclone.download({ file: file!, target, maxBytes: MAX_BYTES });
    assert.ok(first.kind === 'whole');
    assert.equal(first.verifiedBy, 'sha256');
    assert.equal(readFileSync(target, 'utf8'), 'content of days/1.zip');
    assert.deepEqual(readdirSync(path.dirname(target)).toSorted(), ['.1.zip.json', '1.zip']);
    const again = await rclone.download({ file: file!, target, maxBytes: MAX_BYTES });
    assert.equal(again.kind === 'whole' && again.verifiedBy, 'nothing');
    const known = { file: file!, target, maxBytes: MAX_BYTES, known: first.version };
    assert.deepEqual(await rclone.download(known), { kind: 'unchanged' });
  });

  it('reports a file that has vanished, and refuses one that is too large', async () => {
    const gone = { address: 'archive:days/gone.zip', sizeBytes: 1, fromFolder: true };
    assert.deepEqual(await rclone.download({ file: gone, target, maxBytes: MAX_BYTES }), { kind: 'missing' });
    const file = { ...gone, address: 'archive:days/2.zip' };
    await assert.rejects(rclone.download({ file, target, maxBytes: 3 }), /larger than the limit of 3 bytes/);
  });

  it('brings a planned glob to the consumer and cleans up', async () => {
    const downloadDir = path.join(folder, 'stream');
    const plan = await planInputs(['rclone:archive:days/*.zip'], { rclone });
    const seen: string[] = [];
    for await (const arrival of fetchInputs(plan, { downloadDir, rclone })) {
      assert.ok(arrival.kind === 'file');
      seen.push(readFileSync(arrival.path, 'utf8'));
      await arrival.release();
    }
    assert.deepEqual(seen, ['content of days/1.zip', 'content of days/2.zip']);
    assert.deepEqual(readdirSync(downloadDir), []);
  });
});

describe(
  'Rclone, when the program misbehaves',
  { skip: process.platform === 'win32' && 'needs scripts' },
  () => {
    let folder = '';
    let target = '';
    const file = { address: 'far:1.zip', sizeBytes: 5, fromFolder: false };

    beforeEach(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'tidemark-rclone-'));
      target = path.join(folder, 'downloads', '1.zip');
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    /** A program that answers `lsjson` as a remote with one file of five bytes, and `copyto TARGET` by `copy`. */
    const standIn = (copy: string): Rclone => {
      const program = path.join(folder, 'rclone');
      const entry = {
        Path: '1.zip',
        Size: 5,
        ModTime: 'then',
        IsDir: false,
        Hashes: { md5: '5d41402abc4b2a76b9719d911017c592' },
      };
      writeFileSync(
        program,
        `#!/bin/sh\ntarget="$4"\ncase "$2" in\nlsjson) echo '${JSON.stringify(entry)}' ;;\ncopyto) ${copy} ;;\nesac\n`,
        { mode: 0o755 },
      );
      return new Rclone({ program });
    };
    const leftovers = (): readonly string[] =>
      existsSync(path.dirname(target)) ? readdirSync(path.dirname(target)) : [];
    const rejection = async (rclone: Rclone, signal?: AbortSignal): Promise<unknown> =>
      await rclone.download({ file, target, maxBytes: MAX_BYTES, signal }).then(
        () => assert.fail('should have failed'),
        (error: unknown) => error,
      );

    it('takes what agrees with the listing', async () => {
      const outcome = await standIn('printf hello > "$target"').download({
        file,
        target,
        maxBytes: MAX_BYTES,
      });
      assert.equal(outcome.kind === 'whole' && outcome.verifiedBy, 'md5');
    });

    it('does not take a short file or another content', async () => {
      const short = await rejection(standIn('printf hell > "$target"'));
      assert.ok(short instanceof TransientError);
      assert.match(short.message, /4 of 5 bytes arrived/);
      const other = await rejection(standIn('printf HELLO > "$target"'));
      assert.equal(other instanceof DataError && other.code, 'CHECKSUM_MISMATCH');
      assert.deepEqual(leftovers(), []);
    });

    it('repeats its complaint without the secrets in it', async () => {
      const error = await rejection(standIn(`echo 'Get "https://u:p4ss@host/x?sig=t0ken": EOF' >&2; exit 5`));
      assert.ok(error instanceof TransientError);
      assert.match(error.message, /rclone:far:1\.zip: rclone ended with 5: Get "https:\/\/host\/x\?…": EOF/);
      assert.deepEqual(leftovers(), []);
    });

    it('says when the disk is full', async () => {
      const error = await rejection(standIn(`echo 'write: no space left on device' >&2; exit 1`));
      assert.equal(error instanceof TransientError && error.code, 'DISK_FULL');
    });

    it('stops it when aborted, and waits until it is gone', async () => {
      const controller = new AbortController();
      const reason = new Error('interrupted');
      const started = path.join(folder, 'started');
      const rclone = standIn(`printf hel > "$target"; touch ${started}; exec sleep 60`);
      const stopped = rejection(rclone, controller.signal);
      while (!existsSync(started)) await new Promise((resolve) => setTimeout(resolve, 5));
      controller.abort(reason);
      assert.equal(await stopped, reason);
      assert.deepEqual(leftovers(), []);
    });

    it('says how to get it when it is not installed', async () => {
      const error = await rejection(new Rclone({ program: path.join(folder, 'none') }));
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /needs the program .*none, which cannot be started .*; install it/);
    });

    it('passes arguments without a shell', async () => {
      const program = path.join(folder, 'rclone');
      writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$@" > ${folder}/args\nexit 3\n`, { mode: 0o755 });
      const address = `far:a b; touch ${folder}/owned; $(touch ${folder}/owned)`;
      await assert.rejects(new Rclone({ program }).list(address), DataError);
      assert.equal(readFileSync(`${folder}/args`, 'utf8').trimEnd().split('\n').at(-1), address);
      assert.equal(existsSync(`${folder}/owned`), false);
    });
  },
);
