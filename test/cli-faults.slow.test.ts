/** Faults of the second table in `docs/guides/faults.md`, and one of each exit code of the first, by the command line. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Ended, ended, jsonOf, start } from './fixtures/command-line.ts';
import { GOOD_LINES } from './fixtures/good-stream.ts';
import { INGEST_FAULTS, RUN_FAULTS } from './fixtures/ingest-faults.ts';
import { removeFolder, temporaryFolder } from './fixtures/road.ts';

const MAIN = path.resolve(import.meta.dirname, '../src/apps/cli/main.ts');
const PLACE = ['--venue', 'bybit-linear', '--symbol', 'SIMUSDT'];
/** In units of 512 bytes: room for the run store, and not for a day of bars. */
const MAX_FILE_BLOCKS = 160;

describe('faults of ingest by the command line', { concurrency: 2 }, () => {
  let folder = '';
  before(async () => {
    folder = await temporaryFolder();
    await writeFile(path.join(folder, 'good'), GOOD_LINES.join('\n'));
  });
  after(async () => {
    await removeFolder(folder);
  });

  const args = (file: string, dataDir: string): string[] => [
    'ingest',
    'l2',
    ...PLACE,
    '--in',
    path.join(folder, file),
    '--data-dir',
    path.join(folder, dataDir),
    '--json',
  ];
  const failure = (
    done: Ended,
  ): { readonly code: string; readonly error: string; readonly exitCode: number } => {
    assert.doesNotMatch(done.stderr, /^ {4}at /m, 'no stack for what is no bug');
    return jsonOf(done) as { code: string; error: string; exitCode: number };
  };
  const filesIn = async (name: string): Promise<readonly string[]> =>
    (await readdir(path.join(folder, name), { recursive: true })).filter((file) =>
      /\.(parquet|tmp|json)$/.test(file),
    );

  it(RUN_FAULTS['diskFull']!.fault, { skip: process.platform === 'win32' && 'no ulimit' }, async () => {
    const limited = `ulimit -f ${MAX_FILE_BLOCKS}; exec "$0" "$@"`;
    const child = spawn('sh', ['-c', limited, process.execPath, MAIN, ...args('good', 'full')], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const done = await ended(child);
    assert.equal(done.exitCode, RUN_FAULTS['diskFull']!.exitCode, done.stderr);
    const { code, error } = failure(done);
    assert.equal(code, 'DISK_FULL');
    // DuckDB's file of bars or SQLite's log: whichever meets the limit first.
    assert.match(error, /full: no room left to write \(.+\); what was written before is whole\. Make room/);
    assert.ok((await filesIn('full')).every((file) => !/tmp$|bars.*parquet$/.test(file)));

    const again = await ended(start(folder, args('good', 'full')));
    assert.equal(again.exitCode, 0, again.stderr);
  });

  it(RUN_FAULTS['readOnly']!.fault, async () => {
    const done = await ended(start(folder, args('good', 'good')));
    assert.equal(done.exitCode, RUN_FAULTS['readOnly']!.exitCode, done.stderr);
    assert.match(failure(done).error, /--data-dir: .*good cannot be written \(.*\); name another folder/);
  });

  it(RUN_FAULTS['limit']!.fault, async () => {
    const done = await ended(start(folder, [...args('good', 'limit'), '--max-unzipped', 'lots']));
    assert.equal(done.exitCode, RUN_FAULTS['limit']!.exitCode, done.stderr);
    assert.match(failure(done).error, /--max-unzipped: "lots" is not a size such as 500MB or 64GiB/);
  });

  it(RUN_FAULTS['interrupted']!.fault, async () => {
    const child = start(folder, args('good', 'interrupted'));
    child.stderr.once('data', () => child.kill('SIGINT'));
    const stderr: string[] = [];
    child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text));
    await once(child, 'exit');
    assert.equal(child.exitCode, RUN_FAULTS['interrupted']!.exitCode, stderr.join(''));
    assert.deepEqual(await filesIn('interrupted'), []);
  });

  it('an archive whose members leave the folder, and one that is a bomb', async () => {
    const names = INGEST_FAULTS.find(({ fault }) => fault.startsWith('member names'))!;
    await writeFile(path.join(folder, 'names'), names.input());
    const whole = await ended(start(folder, args('names', 'a/b/names')));
    assert.equal(whole.exitCode, 0, whole.stderr);
    const entries = await readdir(path.dirname(folder), { recursive: true });
    assert.ok(entries.every((entry) => !entry.includes('escaped')));

    const limited = await ended(start(folder, [...args('names', 'bomb'), '--max-unzipped', '100KiB']));
    assert.equal(limited.exitCode, 3, limited.stderr);
    assert.match(
      failure(limited).error,
      /names: unpacks to more than 102400 bytes; what comes before is kept/,
    );
    assert.equal((await filesIn('bomb')).filter((file) => file.startsWith('bars')).length, 2);
  });
});
