/** What the command line says, and how it exits, when it is used wrongly. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { assertRefused, type Ended, start, tidemark } from './fixtures/command-line.ts';
import { removeFolder, temporaryFolder } from './fixtures/road.ts';

const PLACE = ['--venue', 'bybit-linear', '--symbol', 'SIMUSDT'];
const TRAIN = ['train', 'base', ...PLACE, '--name', 'n'];

describe('usage', { concurrency: 2 }, () => {
  let folder = '';
  before(async () => {
    folder = await temporaryFolder();
  });
  after(async () => {
    await removeFolder(folder);
  });

  const run = async (...args: string[]): Promise<Ended> => await tidemark(folder, args);
  const refuses = async (args: readonly string[], ...said: readonly RegExp[]): Promise<void> =>
    assertRefused(await run(...args, '--json'), 2, ...said);
  const put = async (name: string, content: string): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, content);
    return file;
  };

  it('refuses an unknown venue and lists those that there are', async () => {
    const args = ['ingest', 'l2', '--venue', 'mtgox', '--symbol', 'BTCUSD', '--in', folder];
    await refuses(args, /unknown venue "mtgox"; known venues: bybit-linear, binance-usdm, binance-spot/);
  });

  it('refuses an unknown flag, a missing one and a flag without its value', async () => {
    await refuses(['label', ...PLACE, '--colour'], /unknown option '--colour'/);
    await refuses(['label', '--venue', 'bybit-linear'], /required option '--symbol/);
    const plain = await run('label', ...PLACE, '--seed');
    assert.deepEqual([plain.exitCode, plain.stdout], [2, '']);
  });

  it('suggests a command for one that it does not know', async () => {
    const { exitCode, stderr } = await run('ingst');
    assert.equal(exitCode, 2);
    assert.match(stderr, /unknown command 'ingst'\n\(Did you mean ingest\?\)/);
  });

  it('lists every wrong value at once, each under its flag', async () => {
    const args = [...TRAIN, '--seed', 'abc', '--channels', '0', '--hidden', ''];
    await refuses(args, /--seed: "abc" is not a number/, /--channels: Too small/, /--hidden: "" is not/);
  });

  it('names file and field of what a configuration file has wrong, and the flags beside it', async () => {
    const file = await put(
      'bad.yaml',
      'seed: 3\nbase:\n  chanels: 4\n  dropout: 1.5\nvalidation: { folds: 1 }\n',
    );
    const args = [...TRAIN, '--config', file, '--epochs', '0'];
    const said = [
      /bad\.yaml: base: .*"chanels"/,
      /bad\.yaml: base\.dropout: /,
      /bad\.yaml: validation\.folds: /,
    ];
    await refuses(args, ...said, /--epochs: /);
  });

  it('names the line of what is no YAML, and a file that is not there', async () => {
    const file = await put('broken.yaml', 'seed: 3\nbase: [1\n');
    await refuses([...TRAIN, '--config', file], /broken\.yaml:3: /);
    await refuses([...TRAIN, '--config', 'nowhere.yaml'], /--config: cannot read nowhere\.yaml/);
  });

  it('ends quietly when nobody reads what it says', async () => {
    const child = start(folder, ['--help']);
    child.stdout.destroy();
    const stderr: string[] = [];
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => stderr.push(chunk));
    assert.equal(await new Promise((resolve) => child.once('close', resolve)), 130);
    assert.equal(stderr.join(''), '');
  });
});
