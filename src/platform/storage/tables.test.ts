/** Tables that other programs read, and scores that they wrote. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ConfigError, DataError } from '../../domain/core/index.ts';
import { readScores, writeTable } from './index.ts';

const START = Date.UTC(2025, 0, 1);
let folder = '';
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tidemark-tables-'));
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
});

const put = async (name: string, lines: readonly string[]): Promise<string> => {
  const file = path.join(folder, name);
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
};
const columns = { timeColumn: 'datetime', scoreColumn: 'score' };

describe('writeTable', () => {
  it('writes the same rows as Parquet and as CSV, and nothing half', async () => {
    const written = await writeTable(folder, 'rows', {
      rows: 2,
      columns: [
        { name: 'datetime', kind: 'time', at: (row) => START + row * 300_000 + 7 },
        { name: 'score', kind: 'double', at: (row) => (row === 0 ? -0.25 : null) },
        { name: 'symbol', kind: 'text', at: (row) => ['A,"B"', 'C'][row]! },
      ],
    });
    assert.deepEqual((await readFile(written.csv, 'utf8')).trimEnd().split('\n'), [
      'datetime,score,symbol',
      '2025-01-01T00:00:00.007Z,-0.25,"A,""B"""',
      '2025-01-01T00:05:00.007Z,,C',
    ]);
    const read = await readScores({ file: written.parquet, ...columns, symbolColumn: 'symbol' }, 'A,"B"');
    assert.deepEqual([[...read.openTimeMs], [...read.scores]], [[START + 7], [-0.25]]);
    assert.deepEqual((await readdir(folder)).toSorted(), ['rows.csv', 'rows.parquet']);
  });
});

describe('readScores', () => {
  it('reads timestamps and whole milliseconds; an empty score says nothing', async () => {
    const dates = await put('dates.csv', [
      'datetime,score',
      '2025-01-01T00:00:00Z,0.5',
      '2025-01-01T00:05:00Z,',
    ]);
    const ms = await put('ms.csv', ['score,datetime', `0.5,${START}`, `NaN,${START + 300_000}`]);
    for (const file of [dates, ms]) {
      const { openTimeMs, scores } = await readScores({ file, ...columns }, 'X');
      assert.deepEqual(
        [[...openTimeMs], [...scores]],
        [
          [START, START + 300_000],
          [0.5, Number.NaN],
        ],
      );
    }
  });

  it('refuses rows that are not in order, columns that are not there, and what is no table', async () => {
    const unsorted = await put('unsorted.csv', ['datetime,score', `${START + 1},1`, `${START},1`]);
    await assert.rejects(readScores({ file: unsorted, ...columns }, 'X'), /data row 2 is not later/);
    const twice = await put('twice.csv', ['datetime,score', `${START},1`, `${START},1`]);
    await assert.rejects(readScores({ file: twice, ...columns }, 'X'), DataError);
    await assert.rejects(
      readScores({ file: unsorted, timeColumn: 'time', scoreColumn: 'p' }, 'X'),
      (error: unknown) =>
        error instanceof ConfigError &&
        error.problems.map(({ path: flag }) => flag).join() === '--time-column,--score-column',
    );
    const words = await put('words.csv', ['datetime,score', 'monday,1']);
    await assert.rejects(readScores({ file: words, ...columns }, 'X'), /holds VARCHAR/);
    await assert.rejects(readScores({ file: path.join(folder, 'none.csv'), ...columns }, 'X'), DataError);
    const scores = await put('scores.csv', ['datetime,score', `${START},high`]);
    await assert.rejects(readScores({ file: scores, ...columns }, 'X'), DataError);
  });
});
