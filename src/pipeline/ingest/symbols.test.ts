import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MINUTE_MS } from '../../domain/core/index.ts';
import { sha256File, symbolFolder } from '../../platform/storage/index.ts';
import { ingestSymbols, type IngestSymbolsOptions, type SymbolResult } from './ingest.ts';
import { listManifests } from './manifest.ts';

const START_MS = Date.UTC(2025, 0, 1, 12);
const MESSAGES = 120;
const STEP_MS = 2_000;

interface Line {
  readonly timeMs: number;
  readonly text: string;
}

/** Four minutes of one symbol as a collector writes them: an unnamed REST snapshot, then depth events. */
function recording(symbol: string, firstId: number, price: number): readonly Line[] {
  const level = (offset: number, size: number): readonly string[] => [
    (price + offset).toFixed(2),
    String(size),
  ];
  const line = (timeMs: number, message: unknown): Line => ({
    timeMs,
    text: `${timeMs * 1_000} ${JSON.stringify(message)}`,
  });
  const bids = [level(-0.01, 5), level(-0.02, 6)];
  const asks = [level(0.01, 5), level(0.02, 6)];
  return [
    line(START_MS, { lastUpdateId: firstId, bids, asks }),
    ...Array.from({ length: MESSAGES }, (_, i) => {
      const timeMs = START_MS + (i + 1) * STEP_MS;
      const u = firstId + 1 + i;
      const size = 1 + ((u * 31) % 17);
      const sides = { b: [level(-0.01, size)], a: [level(0.01, 1 + (size % 5))] };
      return line(timeMs, { e: 'depthUpdate', E: timeMs, s: symbol, U: u, u, ...sides });
    }),
  ];
}

const merge = (...recordings: readonly (readonly Line[])[]): readonly Line[] =>
  recordings.flat().toSorted((a, b) => a.timeMs - b.timeMs);

describe('ingestSymbols', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-symbols-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });
  const put = async (name: string, lines: readonly Line[]): Promise<string> => {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `${lines.map(({ text }) => text).join('\n')}\n`);
    return file;
  };
  const run = async (
    name: string,
    inputs: readonly string[],
    symbols: IngestSymbolsOptions['symbols'],
  ): Promise<readonly SymbolResult[]> =>
    await ingestSymbols({
      venue: 'binance-spot',
      symbols,
      inputs,
      dataDir: path.join(folder, `data-${name}`),
      codeVersion: '0.0.0-test',
      clock: () => 0,
    });
  const place = (name: string, symbol: string) => ({
    dataDir: path.join(folder, `data-${name}`),
    venue: 'binance-spot',
    symbol,
  });
  const hashes = async (name: string, symbol: string): Promise<readonly string[]> => {
    const out = symbolFolder('bars', place(name, symbol));
    const days = (await readdir(out)).filter((entry) => entry.endsWith('.parquet'));
    return await Promise.all(days.map((entry) => sha256File(path.join(out, entry))));
  };

  const [aaa, bbb, ccc] = [
    recording('AAA', 1_000, 100),
    recording('BBB', 9_000_000, 100),
    recording('CCC', 1_000, 7),
  ];

  it('gives each symbol of a shared stream the very bars that its own recording gives', async () => {
    const shared = await put('shared', merge(aaa, bbb, ccc));
    const results = await run('shared', [shared], 'all');
    assert.deepEqual(
      results.map(({ symbol, result, error }) => [symbol, result?.messages, result?.gaps, error]),
      [['AAA', MESSAGES, 0, null], ['BBB', MESSAGES, 0, null], ['CCC', MESSAGES, 0, null]], // prettier-ignore
    );
    for (const [symbol, lines] of [
      ['AAA', aaa],
      ['BBB', bbb],
      ['CCC', ccc],
    ] as const) {
      // prettier-ignore
      await run('own', [await put(`own/${symbol}`, lines)], [symbol]);
      assert.deepEqual(await hashes('shared', symbol), await hashes('own', symbol), symbol);
    }
  });

  it('does what is there when one of the symbols is not, in the order asked for', async () => {
    const shared = await put('wrong', merge(aaa, bbb));
    const results = await run('wrong', [shared], ['nope', 'bbb', 'AAA', 'BBB']);
    assert.deepEqual(
      results.map(({ symbol, result }) => [symbol, result?.bars]),
      [['NOPE', undefined], ['BBB', 5], ['AAA', 5]], // prettier-ignore
    );
    assert.equal(
      results[0]!.error?.message,
      'no order-book message of NOPE in the input; symbols seen: AAA, BBB',
    );
  });

  it('does again only the symbols that are new', async () => {
    const shared = await put('again', merge(aaa, bbb, ccc));
    await run('again', [shared], ['AAA', 'CCC']);
    const unchanged = (await run('again', [shared], 'all')).map(({ result }) => result?.unchanged);
    assert.deepEqual(unchanged, [1, 0, 1]);
  });

  it('keeps the good symbol beside one whose time runs backwards', async () => {
    const restated = recording('CCC', 1_000 + MESSAGES, 7);
    const shared = await put('backwards', [...merge(aaa, ccc), ...restated]);
    const [good, refused] = await run('backwards', [shared], ['AAA', 'CCC']);
    assert.deepEqual([good!.result?.bars, good!.error], [5, null]);
    assert.equal(refused!.result, null);
    assert.equal(refused!.error?.code, 'TIME_REVERSED');
  });

  it('says in each manifest from when to when each input reaches', async () => {
    const first = await put('times/1', merge(aaa.slice(0, 61), ccc));
    const second = await put('times/2', aaa.slice(61));
    await run('times', [first, second], 'all');
    const timesOf = async (symbol: string) =>
      (await listManifests(place('times', symbol))).flatMap(({ manifest }) =>
        manifest.inputs.map((input) => [input.firstExchangeTimeMs, input.lastExchangeTimeMs]),
      );
    const at = (i: number): number => START_MS + i * STEP_MS;
    assert.deepEqual(await timesOf('AAA'), [[at(1), at(60)], [at(61), at(120)]]); // prettier-ignore
    assert.deepEqual(await timesOf('CCC'), [[at(1), at(120)], [null, null]]); // prettier-ignore
    assert.equal(at(120) - START_MS, 4 * MINUTE_MS);
  });
});
