/** Backtests at the command line: wrong flags, missing and bad input, and what a run leaves behind. */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { assertRefused, type Ended, jsonOf, tidemark } from './fixtures/command-line.ts';
import { removeFolder, temporaryFolder } from './fixtures/road.ts';

const START = Date.UTC(2025, 0, 1);
const HOUR = 3_600_000;
const ROWS = 24 * 31;
const IDLE = 50;
const CANDLES = ['--venue', 'binance-usdm', '--symbol', 'AAAUSDT', '--interval', '1h'];

/** A wave with a trend; nothing is traded on one candle. */
function candleCsv(): string {
  const closeAt = (row: number): number => Number((100 + 5 * Math.sin(row / 20) + row / 100).toFixed(2));
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const [open, close] = [closeAt(row - 1), closeAt(row)];
    const [high, low] = [Math.max(open, close) + 0.1, Math.min(open, close) - 0.1];
    const volume = row === IDLE ? 0 : 10;
    return [START + row * HOUR, open, high.toFixed(2), low.toFixed(2), close, volume].join();
  });
  return ['open_time,open,high,low,close,volume', ...lines].join('\n');
}

describe('tidemark backtest', { concurrency: 2 }, () => {
  let folder = '';
  const run = async (...args: string[]): Promise<Ended> => await tidemark(folder, ['backtest', ...args]);
  const refuses = async (
    exitCode: 2 | 3,
    args: readonly string[],
    ...said: readonly RegExp[]
  ): Promise<void> => assertRefused(await run(...args, '--json'), exitCode, ...said);
  const put = async (name: string, lines: readonly string[]): Promise<string> => {
    await writeFile(path.join(folder, name), `${lines.join('\n')}\n`);
    return name;
  };
  const result = async (...args: string[]) => {
    const ended = await run(...args, '--random-draws', '20', '--paths', '50', '--json');
    assert.equal(ended.exitCode, 0, ended.stderr);
    return jsonOf(ended) as Record<string, unknown> & {
      readonly reasons: Record<string, string>;
      readonly verdict: readonly string[];
      readonly notes: readonly string[];
      readonly costs: Record<string, number>;
      readonly report: Record<string, string & { readonly csv: string }>;
    };
  };

  before(async () => {
    folder = await temporaryFolder();
    await writeFile(path.join(folder, 'candles.csv'), candleCsv());
    const place = ['--market', 'futures-um', '--symbol', 'AAAUSDT', '--interval', '1h'];
    const ingested = await tidemark(folder, [
      'ingest',
      'candles',
      ...place,
      '--csv',
      'candles.csv',
      '--json',
    ]);
    assert.equal(ingested.exitCode, 0, ingested.stderr);
  });
  after(async () => {
    await removeFolder(folder);
  });

  it('refuses flags that do not fit, all at once', async () => {
    await refuses(2, [], /--venue: give --model, or --venue and --symbol/);
    const dates = [
      ...CANDLES,
      '--from',
      '2025-02-30',
      '--to',
      'soon',
      '--engine',
      'dice',
      '--grid',
      'fast=1',
    ];
    await refuses(
      2,
      dates,
      /--from: "2025-02-30"/,
      /--to: "soon"/,
      /--engine: "dice"/,
      /--grid: is for --sweep/,
    );
    await refuses(
      2,
      [...CANDLES, '--from', '2025-03', '--to', '2025-01'],
      /--to: 2025-01 lies before 2025-03/,
    );
    await refuses(
      2,
      ['--model', 'm', '--symbol', 'A', '--from', '2025-01'],
      /--symbol: is not for --model/,
      /--from/,
    );
    await refuses(
      2,
      ['--venue', 'x', '--symbol', 'A', '--interval', '7m'],
      /--interval: unknown interval "7m"/,
    );
    await refuses(
      2,
      [...CANDLES, '--taker-fee-bps', '-1', '--stop-loss', '2'],
      /--taker-fee-bps/,
      /--stop-loss/,
    );
    await refuses(2, [...CANDLES, '--strategy', 'oracle'], /--strategy: Invalid option/);
    await refuses(2, [...CANDLES, '--fast', '50', '--slow', '20'], /--fast: 50 candles is not faster/);
    await refuses(2, [...CANDLES, '--strategy', 'threshold'], /--signals: the strategy `threshold` needs/);
    await refuses(2, [...CANDLES, '--signals', 'x.csv'], /--signals: scores are for/);
    await refuses(
      2,
      [...CANDLES, '--delay-bars', '0'],
      /delayCandles: 0 is not a whole number of candles from 1 on/,
    );
    await refuses(2, [...CANDLES, '--sweep', '--grid', 'takerFeeBps=0,1'], /"takerFeeBps" cannot be varied/);
  });

  it('refuses data that is not there', async () => {
    const other = ['--venue', 'binance-usdm', '--symbol', 'NONEUSDT', '--interval', '1h'];
    await refuses(3, other, /no candles of binance-usdm NONEUSDT 1h .* run `tidemark ingest candles` first/);
    await refuses(3, [...CANDLES, '--from', '2026-01'], /no candles/);
    await refuses(3, ['--venue', 'bybit-linear', '--symbol', 'NONEUSDT'], /0 bars of bybit-linear NONEUSDT/);
    await refuses(2, ['--model', 'none'], /--model: no model "none"/);
  });

  it('refuses scores that are unsorted, of other times, or no numbers', async () => {
    const threshold = [...CANDLES, '--strategy', 'threshold', '--signals'];
    const unsorted = await put('unsorted.csv', ['datetime,score', `${START + HOUR},1`, `${START},1`]);
    await refuses(
      3,
      [...threshold, unsorted],
      /unsorted\.csv: data row 2 is not later than the row before it/,
    );
    const foreign = await put('foreign.csv', ['datetime,score', `${START + 1},1`]);
    await refuses(
      3,
      [...threshold, foreign],
      /none of its 1 times is the opening time of a candle of AAAUSDT/,
    );
    const words = await put('words.csv', ['datetime,score', `${START},much`]);
    await refuses(3, [...threshold, words], /words\.csv: not readable as scores/);
    await refuses(
      2,
      [...threshold, words, '--score-column', 'p'],
      /--score-column: .* no column "p"; it has datetime, score/,
    );
  });

  it('trades scores, says what it did not use, and waits where nothing traded', async () => {
    const scores = await put('scores.csv', [
      'datetime,score',
      `${START + 7},0.9`,
      `${START + (IDLE - 1) * HOUR},0.9`,
      `${START + 100 * HOUR},-0.9`,
      `${START + 200 * HOUR},NaN`,
    ]);
    const told = await result(...CANDLES, '--strategy', 'threshold', '--signals', scores, '--exit', '-1');
    assert.match(told.notes.join('\n'), /1 of 4 scores of AAAUSDT belong to no candle/);
    assert.match(told.notes.join('\n'), /1 bars of AAAUSDT traded nothing/);
    const trades = await readFile(path.join(folder, told.report['trades']!.csv), 'utf8');
    const [, first = '', second = ''] = trades.split('\n');
    assert.ok(first.startsWith('AAAUSDT,long,2025-01-03T03:00:00.000Z,2025-01-05T05:00:00.000Z,'), first);
    assert.ok(second.startsWith('AAAUSDT,short,2025-01-05T05:00:00.000Z,'), second);
    assert.deepEqual([told['trades'], told['sharpe'] === null], [1, false]);
    assert.match(told.verdict[0]!, /^This proves nothing: .* in 1 closed trade, and fewer than 30/);
  });

  it('gives figures, null with reasons where there are none, and leaves whole files', async () => {
    const told = await result(...CANDLES, '--min-notional', '1000000');
    assert.deepEqual(
      [told['trades'], told['totalReturn'], told['sharpe'], told['hitRatio']],
      [0, 0, null, null],
    );
    assert.deepEqual(told.reasons['hitRatio'], 'no-closed-trades');
    assert.ok(told.costs['refusedEntries']! > 0);
    assert.match(
      told.verdict.join('\n'),
      /not one trade was made.*entries were refused: no money, no known size, or below/s,
    );
    const files = await readdir(path.join(folder, path.dirname(told.report['html']!)));
    assert.deepEqual(files.toSorted(), [
      'equity.csv',
      'equity.parquet',
      'report.html',
      'report.json',
      'trades.csv',
      'trades.parquet',
    ]);
  });

  it('labels what nobody pays, and counts every setting that was tried', async () => {
    const own = [...CANDLES, '--from', '2025-01-02', '--fast', '4', '--slow', '24'];
    const free = await result(...own, '--taker-fee-bps', '0', '--slippage-bps', '0');
    assert.equal(free['costLabel'], 'ZERO COST');
    assert.match(free.verdict[0]!, /^ZERO COST/);
    const charged = await result(...own);
    assert.ok((charged['totalReturn'] as number) < (free['totalReturn'] as number));
    const trialsOf = ({ significance }: Record<string, unknown>) =>
      (significance as { trials: number }).trials;
    assert.equal(trialsOf(charged), trialsOf(free) + 1);
    assert.equal(trialsOf(await result(...own)), trialsOf(charged));
    const { report: _, runId: _id, ...again } = await result(...own);
    const { report: _r, runId: _i, ...before } = await result(...own);
    assert.deepEqual(again, before, 'the same run gives the same figures');
  });

  it('sweeps on threads as on one, and says what the best is worth', async () => {
    const sweep = async (workers: string) => {
      const grid = ['--grid', 'fast=2,4,6,8', 'slow=12,24,48,96'];
      const ended = await run(...CANDLES, '--sweep', ...grid, '--workers', workers, '--json');
      assert.equal(ended.exitCode, 0, ended.stderr);
      return jsonOf(ended) as {
        readonly sets: readonly unknown[];
        readonly verdict: readonly string[];
        readonly best: number;
      };
    };
    const [one, two] = [await sweep('1'), await sweep('2')];
    assert.equal(one.sets.length, 16);
    assert.deepEqual([two.sets, two.best, two.verdict], [one.sets, one.best, one.verdict]);
    assert.match(one.verdict.join('\n'), /Luck alone gives the best of 16/);
  });

  it('reads its settings from a file, under the flags', async () => {
    await put('run.yaml', ['backtest:', '  fast: 4', '  slow: 24', '  direction: short']);
    const told = await result(...CANDLES, '--config', 'run.yaml', '--slow', '30');
    assert.equal(told['name'], 'averages of 4 and 30 bars crossing');
    const text = await run(...CANDLES, '--config', 'run.yaml', '--random-draws', '20', '--paths', '50');
    assert.match(text.stdout, /The same trades at random times/);
    assert.match(text.stdout, /report .*report\.html\n$/);
  });
});
