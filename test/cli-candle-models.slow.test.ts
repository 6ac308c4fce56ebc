/** The road of candles at the command line: simulated candles → MacroNet → MicroNet → judged. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import type { Evaluation, WrittenReport } from '../src/pipeline/index.ts';
import type { CandleSignal } from '../src/pipeline/live/index.ts';
import { assertRefused, ended, type Ended, jsonOf, start, tidemark } from './fixtures/command-line.ts';
import { removeFolder, temporaryFolder } from './fixtures/road.ts';

const PLACE = ['--symbol', 'SIMUSDT', '--threads', '1'];
const MACRO = [
  ['train', 'macro', ...PLACE, '--name', 'days', '--days', '1', '--patch', '24', '--channels', '8'],
  ['--layers', '1', '--embedding', '6', '--stride', '12', '--epochs', '2', '--stop-share', '0.3'],
].flat();
const MICRO = [
  ['train', 'micro', ...PLACE, '--channels', '6', '--hidden', '8', '--window', '24'],
  ['--output', 'classes', '--label', 'volatility', '--epochs', '2'],
].flat();

describe('candle models at the command line', () => {
  let folder = '';
  const run = async (...args: string[]): Promise<Ended> => await tidemark(folder, args);
  const done = async (...args: string[]): Promise<Record<string, unknown>> => {
    const result = await run(...args, '--json');
    assert.equal(result.exitCode, 0, result.stderr);
    return jsonOf(result) as Record<string, unknown>;
  };
  before(async () => {
    folder = await temporaryFolder();
    await done('simulate', '--out', 'sim', '--days', '8', '--rate', 'light');
    const ingest = ['ingest', 'candles', '--market', 'futures-um', '--interval', '5m', '--from', '2025-01'];
    await done(...ingest, '--symbol', 'SIMUSDT', '--base-url', 'sim/binance-vision');
  });
  after(async () => await removeFolder(folder));

  it('trains, lists and judges, and marks what is simulated', async () => {
    const macro = await done(...MACRO);
    assert.equal(macro['model'], 'days@1');
    assert.equal(
      readFileSync(path.join(folder, String(macro['metrics'])), 'utf8')
        .trim()
        .split('\n').length,
      2,
    );
    const cache = readdirSync(path.join(folder, 'data/embeddings'));
    assert.deepEqual(cache, [`model=${String(macro['sha256']).slice(0, 16)}`]);
    const micro = await done(...MICRO, '--name', 'hours', '--macro', 'days');
    assert.deepEqual([micro['model'], micro['macro']], ['hours@1', 'days@1']);
    const blind = await done(...MICRO, '--name', 'blind', '--macro', 'none', '--days', '1');
    assert.equal(blind['macro'], null);
    const list = await run('models', 'list');
    assert.match(list.stdout, /days@1 +macro +binance-usdm SIMUSDT \(synthetic\) +tcn contrastive +288/);
    assert.match(list.stdout, /hours@1 +micro +binance-usdm SIMUSDT \(synthetic\) +volatility-1-288-12 +24/);
    const judged = await run('evaluate', '--model', 'hours');
    assert.equal(judged.exitCode, 0, judged.stderr);
    assert.match(judged.stdout, /^SYNTHETIC DATA\n/);
    assert.match(judged.stdout, /MicroNet by adaptive thresholds/);
    const again = await done('evaluate', '--model', 'blind', '--symbol', 'simusdt');
    const { kind, test, report, checks } = again as unknown as Evaluation & {
      readonly report: WrittenReport;
    };
    assert.deepEqual([kind, test.earlierOpenings], ['micro', 1]);
    for (const { name, outcome, detail } of checks) assert.equal(outcome, 'passed', `${name}: ${detail}`);
    assert.match(readFileSync(path.join(folder, report.html), 'utf8'), /TEST PERIOD NO LONGER UNSEEN/);
  });

  it('replays stored candles, one line each, and trades the same signals', async () => {
    const lines = await run('replay', '--model', 'hours');
    assert.equal(lines.exitCode, 0, lines.stderr);
    const { signals, candles } = (await done('replay', '--model', 'hours')) as {
      readonly candles: number;
      readonly signals: readonly CandleSignal[];
    };
    const shown = lines.stdout.split('\n').filter((line) => /^2025-01-0\dT/.test(line));
    assert.equal(shown.length, candles);
    assert.equal(signals.length, candles);
    assert.match(shown[0]!, / (BUY|SELL|abstains)$/);
    const early = await run('replay', '--model', 'hours', '--from', '2025-01-05', '--to', '2025-01-05');
    assert.match(early.stdout, / {2}\*\n/);
    const traded = await done('backtest', '--model', 'hours', '--random-draws', '20', '--paths', '50');
    assert.deepEqual(traded['symbols'], ['SIMUSDT']);
    assert.equal(traded['fromMs'], signals[0]!.openTimeMs);
  });

  it('goes on after Ctrl-C', async () => {
    const long = [...MACRO.slice(0, -4), '--stop-share', '0.3', '--epochs', '400', '--patience', '400'];
    const checkpoints = path.join(folder, 'data/checkpoints');
    const interruptedAfter = async (epoch: number): Promise<Ended> => {
      const child = start(folder, [...long, '--seed', '7']);
      for (let i = 0; i < 1200 && lastEpoch(checkpoints) <= epoch; i++) await sleep(50);
      child.kill('SIGINT');
      return await ended(child);
    };
    const stopped = await interruptedAfter(0);
    assert.equal(stopped.exitCode, 130, stopped.stderr);
    assert.match(stopped.stderr, /epoch \d+ is kept in .*: the same command goes on from there/);
    const kept = lastEpoch(checkpoints);
    const resumed = await interruptedAfter(kept);
    assert.match(resumed.stderr, new RegExp(`goes on after epoch ${kept} `));
  });

  it('refuses what is wrong or missing, and says what to do', async () => {
    assertRefused(
      await run('evaluate', '--model', 'hours', '--symbol', 'XUSDT', '--json'),
      2,
      /--symbol: hours@1 is of/,
    );
    assertRefused(
      await run('replay', '--model', 'hours', '--in', 'sim', '--json'),
      2,
      /--in: is of a recording/,
    );
    assertRefused(await run('replay', '--model', 'hours', '--symbol', 'XUSDT', '--json'), 3, /no candles of/);
    assertRefused(await run(...MACRO, '--encoder', 'lstm', '--json'), 2, /--encoder/);
    assertRefused(await run(...MACRO, '--days', 'many', '--json'), 2, /--days: "many" is not a number/);
    assertRefused(await run(...MACRO, '--interval', '7m', '--json'), 2, /--interval: unknown interval "7m"/);
    assertRefused(
      await run(...MACRO, '--market', 'spot', '--json'),
      3,
      /no candles of binance-spot SIMUSDT 5m in .*run `tidemark ingest candles` first/,
    );
    assertRefused(
      await run(...MACRO, '--from', '2025-01-08', '--json'),
      3,
      /have 1 whole days of candles before them.*tidemark ingest candles/s,
    );
    assertRefused(
      await run(...MICRO, '--name', 'x', '--macro', 'nobody', '--json'),
      2,
      /--macro: no model "nobody"/,
    );
    assertRefused(await run('audit', '--model', 'days', '--json'), 2, /days@1 is a macro model/);
    assertRefused(await run('evaluate', '--model', 'days', '--json'), 2, /days@1 is a macro model/);
    const file = path.join(folder, 'data/models/days/1/model.onnx');
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(1));
    assertRefused(
      await run(...MICRO, '--name', 'x', '--macro', 'days', '--json'),
      3,
      /model\.onnx: sha256 is .* restore it or train again/,
    );
    writeFileSync(file, bytes);
  });
});

/** Of all checkpoints below the folder; 0 when there is none. */
function lastEpoch(folder: string): number {
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  return Math.max(0, ...names.map((name) => Number(/epoch-(\d+)\.ckpt$/.exec(name)?.[1] ?? 0)));
}
