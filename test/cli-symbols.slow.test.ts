/** One network for two symbols: trained together, audited, judged and replayed each with its own scaling. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { loadModel } from '../src/platform/storage/index.ts';
import { assertRefused, jsonOf, tidemark } from './fixtures/command-line.ts';
import { removeFolder, temporaryFolder } from './fixtures/road.ts';
import { ingestL2, simulate } from '../src/pipeline/index.ts';

const VENUE = ['--venue', 'bybit-linear'];
const LABEL = ['--short', '-0.002', '--long', '0.002', '--lookahead-minutes', '20'];
const RECIPE = [
  ['--sequence-length', '24', '--channels', '4', '--hidden', '8', '--layers', '1'],
  ['--labelled-steps', '48', '--batch-size', '4', '--epochs', '2', '--threads', '1'],
  LABEL,
].flat();

const train = (symbols: string, name: string): readonly string[] =>
  ['train', 'base', VENUE, '--symbol', symbols, '--name', name, RECIPE].flat();

describe('one network for two symbols', () => {
  let folder = '';
  let dataDir = '';
  const archives = new Map<string, string>();
  const json = async (...args: string[]): Promise<Record<string, unknown>> => {
    const done = await tidemark(folder, [...args, '--data-dir', dataDir, '--json']);
    assert.equal(done.exitCode, 0, done.stderr);
    return jsonOf(done) as Record<string, unknown>;
  };
  const label = async (symbol: string) => await json('label', ...VENUE, '--symbol', symbol, ...LABEL);

  before(async () => {
    folder = await temporaryFolder();
    dataDir = path.join(folder, 'data');
    for (const [i, symbol] of ['AAAUSDT', 'BBBUSDT'].entries()) {
      const plan = { days: 2, startDate: '2025-01-01', strength: 0.5, rate: 'light' } as const;
      const market = await simulate({ ...plan, out: path.join(folder, 'archives'), symbol, seed: i + 1 });
      archives.set(symbol, market.archives.at(-1)!);
      const place = { venue: 'bybit-linear', symbol, dataDir, codeVersion: '0.0.0-test', clock: () => 0 };
      await ingestL2({ ...place, inputs: [market.folder] });
      await label(symbol);
    }
  });
  after(async () => {
    await removeFolder(folder);
  });

  it('gives each symbol a model whose audit, evaluation and replay are its own', async () => {
    const trained = await json(...train('aaausdt,BBBUSDT', 'both'));
    assert.equal(trained['model'], 'both-aaausdt@1');
    const [companion] = trained['companions'] as { symbol: string; model: string }[];
    assert.deepEqual([companion!.symbol, companion!.model], ['BBBUSDT', 'both-bbbusdt@1']);
    const [a, b] = [await loadModel(dataDir, 'both-aaausdt'), await loadModel(dataDir, 'both-bbbusdt')];
    assert.notDeepEqual(a.files['model.onnx'], b.files['model.onnx']);
    const { symbol, companions } = b.manifest.data!;
    assert.equal(symbol, 'BBBUSDT');
    assert.deepEqual(
      companions!.map((each) => [each.symbol, each.sha256]),
      [['AAAUSDT', a.manifest.data!.sha256]],
    );

    const folds = ['--folds', '2', '--rounds', '20', '--test-share', '0.2'];
    const audited = await json('audit', '--model', 'both-bbbusdt', ...folds);
    assert.equal(audited['model'], 'both-bbbusdt@2');
    const { manifest } = await loadModel(dataDir, 'both-bbbusdt@2');
    assert.equal(manifest.data!.companions![0]!.symbol, 'AAAUSDT');
    assert.ok(manifest.data!.companions![0]!.rows > 1_000);
    const judged = await json('evaluate', '--model', 'both-bbbusdt');
    assert.equal(judged['symbol'], 'BBBUSDT');

    const replay = ['replay', '--model', 'both-bbbusdt', '--in'];
    const replayed = await json(...replay, archives.get('BBBUSDT')!);
    assert.ok((replayed['signals'] as unknown[]).length > 1_000);
    const refuse = async (other: string, ...said: RegExp[]) => {
      const args = [...replay, archives.get('AAAUSDT')!, '--symbol', other, '--data-dir', dataDir, '--json'];
      assertRefused(await tidemark(folder, args), 2, /scaled for BBBUSDT, not/, ...said);
    };
    await refuse('AAAUSDT', /take the model of that symbol/);
    await refuse('CCCUSDT', /knows BBBUSDT, AAAUSDT alone/);
  });

  it('refuses a list with a symbol twice or none, and a symbol without bars', async () => {
    const attempt = async (list: string) =>
      await tidemark(folder, [...train(list, 'n'), '--data-dir', dataDir, '--json']);
    assertRefused(await attempt('AAAUSDT,AAAUSDT'), 2, /no list of different symbols/);
    assertRefused(await attempt('AAAUSDT,'), 2, /no list of different symbols/);
    assertRefused(await attempt('AAAUSDT,CCCUSDT'), 3, /CCCUSDT/);
  });
});
