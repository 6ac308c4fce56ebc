import assert from 'node:assert/strict';
import { cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { DAY_MS, isoDay, MINUTE_MS } from '../../domain/core/index.ts';
import { QUANTGOD_9 } from '../../domain/features/index.ts';
import {
  stationaryFile,
  symbolFolder,
  type SymbolLocation,
  writeJsonAtomic,
} from '../../platform/storage/index.ts';
import { bar, DAY, dayFile, stretch, writeBars, writeManifestOf } from './bars.fixture.ts';
import { checkData } from './check-data.ts';
import type { Finding } from './findings.ts';
import type { QualityReport } from './quality-report.ts';

/** Replaces a day file by a query over it; `FROM bars` is the file. */
async function rewrite(file: string, query: string): Promise<void> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const spoilt = `${file}.spoilt`;
  const quoted = (name: string): string => `'${name.replaceAll("'", "''")}'`;
  await connection.run(
    `CREATE TABLE bars AS SELECT * REPLACE (datetime::TIMESTAMP_MS AS datetime)
     FROM read_parquet(${quoted(file)}, hive_partitioning = false)`,
  );
  await connection.run(`COPY (${query}) TO ${quoted(spoilt)} (FORMAT parquet)`);
  connection.closeSync();
  await rename(spoilt, file);
}

const SECOND_DAY = DAY + DAY_MS;
/** Two hours on each side of a midnight. */
const START = SECOND_DAY - 120 * MINUTE_MS;

describe('check data', () => {
  let dataDir = '';
  let symbols = 0;
  let place: SymbolLocation = { dataDir: '', venue: '', symbol: '' };

  before(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), "tidemark-quality-it's-"));
    await writeBars(sound(), stretch(START, 240));
    await writeManifestOf(sound(), {});
  });
  after(async () => {
    await rm(dataDir, { recursive: true });
  });
  beforeEach(async () => {
    place = { ...sound(), symbol: `S${symbols++}` };
    for (const kind of ['bars', 'features/set=stationary'] as const)
      await cp(symbolFolder(kind, sound()), symbolFolder(kind, place), { recursive: true });
  });
  /** Bars that are right, copied for each test. */
  const sound = () => ({ dataDir, venue: 'bybit-linear', symbol: 'SOUND' });

  const errorsOf = ({ findings }: QualityReport): readonly Finding[] =>
    findings.filter(({ severity }) => severity === 'error');
  const kindsOf = (findings: readonly Finding[]): readonly string[] => findings.map(({ check }) => check);
  const find = ({ findings }: QualityReport, kind: string): Finding => {
    const found = findings.find(({ check }) => check === kind);
    assert.ok(found, `${kind} is not among ${kindsOf(findings).join(', ')}`);
    return found;
  };
  /** Spoils the second day and expects exactly these kinds of error; returns the report. */
  const spoil = async (query: string, kinds: readonly string[]): Promise<QualityReport> => {
    await rewrite(dayFile(place, SECOND_DAY), query);
    const report = await checkData(place);
    // That the file is not the one that was written may show as well, and that its features say otherwise.
    const kindsFound = kindsOf(errorsOf(report)).filter(
      (kind) => kind !== 'hash-mismatch' && !kind.startsWith('features-'),
    );
    assert.deepEqual(kindsFound, kinds);
    assert.match(report.verdict[0]!, /^Not fit for use/);
    assert.deepEqual(
      report.coverage.byDay.map(({ file }) => file),
      ['good', 'faulty'],
    );
    return report;
  };

  it('finds nothing wrong with bars that are right', async () => {
    const report = await checkData(place);
    assert.deepEqual(
      report.findings.filter(({ severity }) => severity !== 'note'),
      [],
    );
    assert.match(report.verdict[0]!, /^Sound: no errors in 2 day files/);
    const { minutes, present, complete, usable, seams, joinedSeams } = report.coverage;
    assert.deepEqual(
      { minutes, present, complete, usable, seams, joinedSeams },
      { minutes: 240, present: 240, complete: 240, usable: 239, seams: 1, joinedSeams: 1 },
    );
    assert.deepEqual(report.depth, { bids: { least: 50, median: 50 }, asks: { least: 50, median: 50 } });
    assert.equal(find(report, 'levels-few').count, 480);
    assert.equal(find(report, 'return-none').places[0]!.minute, '2024-07-23T22:00Z');
    assert.equal(report.synthetic, false);
  });

  it('names minute, column and value of a crossed book', async () => {
    const report = await spoil(
      `SELECT * REPLACE (CASE WHEN datetime = '2024-07-24 00:30:00' THEN bid_0_p + 1 ELSE bid_0_p END AS bid_0_p) FROM bars`,
      ['book-crossed', 'close-not-micro-price'],
    );
    const [crossed] = find(report, 'book-crossed').places;
    assert.equal(crossed?.file, 'date=2024-07-24.parquet');
    assert.equal(crossed.minute, '2024-07-24T00:30Z');
    assert.equal(crossed.column, 'bid_0_p');
  });

  it('checks the stationary features beside the bars: missing, of other minutes, contradicting, out of bounds', async () => {
    const file = stationaryFile(place, SECOND_DAY);
    const at = `datetime = TIMESTAMP '2024-07-24 00:30:00'`;
    await rewrite(
      file,
      `SELECT * REPLACE (
         CASE WHEN ${at} THEN body + 1e-12 ELSE body END AS body,
         CASE WHEN ${at} THEN -0.5 ELSE bid_slope END AS bid_slope,
         CASE WHEN ${at} THEN 'inf'::DOUBLE ELSE order_flow_imbalance END AS order_flow_imbalance) FROM bars`,
    );
    const spoilt = await checkData(place);
    assert.deepEqual(kindsOf(errorsOf(spoilt)).toSorted(), [
      'feature-bounds',
      'feature-not-finite',
      'features-differ',
      'hash-mismatch',
    ]);
    assert.deepEqual(find(spoilt, 'features-differ').places, [
      {
        file: 'set=stationary/date=2024-07-24.parquet',
        minute: '2024-07-24T00:30Z',
        column: 'body',
        detail: String(0.0001 + 1e-12),
      },
    ]);
    assert.deepEqual(
      spoilt.coverage.byDay.map((day) => day.file),
      ['good', 'good'],
      'the bars themselves are sound',
    );
    await rewrite(file, `SELECT * FROM bars WHERE NOT ${at}`);
    const { count } = find(await checkData(place), 'features-other-minutes');
    assert.equal(count, 1);
    await rm(file);
    const missing = await checkData(place);
    assert.equal(find(missing, 'features-missing').severity, 'warning');
    assert.deepEqual(errorsOf(missing), []);
  });

  it('names swapped levels, holes, prices without sizes and sizes without prices', async () => {
    const at = (row: number): string => `datetime = TIMESTAMP '2024-07-24' + INTERVAL ${row} MINUTE`;
    const report = await spoil(
      `SELECT * REPLACE (
         CASE WHEN ${at(1)} THEN bid_4_p ELSE bid_3_p END AS bid_3_p,
         CASE WHEN ${at(1)} THEN bid_3_p ELSE bid_4_p END AS bid_4_p,
         CASE WHEN ${at(2)} THEN 'NaN'::DOUBLE ELSE ask_7_p END AS ask_7_p,
         CASE WHEN ${at(3)} THEN 0 ELSE ask_9_s END AS ask_9_s,
         CASE WHEN ${at(4)} THEN -1 ELSE ask_49_p END AS ask_49_p
       ) FROM bars`,
      ['level-order', 'level-size-alone', 'level-hole', 'level-size', 'level-price'],
    );
    const placeOf = (kind: string): readonly (string | undefined)[] => {
      const { minute, column } = find(report, kind).places[0]!;
      return [minute, column];
    };
    assert.deepEqual(placeOf('level-order'), ['2024-07-24T00:01Z', 'bid_4_p']);
    assert.deepEqual(placeOf('level-hole'), ['2024-07-24T00:02Z', 'ask_8_p']);
    assert.deepEqual(placeOf('level-size-alone'), ['2024-07-24T00:02Z', 'ask_7_s']);
    assert.deepEqual(placeOf('level-size'), ['2024-07-24T00:03Z', 'ask_9_s']);
    assert.deepEqual(placeOf('level-price'), ['2024-07-24T00:04Z', 'ask_49_p']);
  });
  it('names an empty side', async () => {
    const nothing = Array.from(
      { length: 200 },
      (_, k) => `'NaN'::DOUBLE AS ask_${k}_p, 0::DOUBLE AS ask_${k}_s`,
    );
    const report = await spoil(`SELECT * REPLACE (${nothing.join(', ')}) FROM bars`, ['book-one-sided']);
    assert.equal(find(report, 'book-one-sided').count, 120);
  });

  it('tells a NaN amid numbers from an incomplete bar, and names what lies outside its bounds', async () => {
    const at = (row: number): string => `datetime = TIMESTAMP '2024-07-24' + INTERVAL ${row} MINUTE`;
    const report = await spoil(
      `SELECT * REPLACE (
         CASE WHEN ${at(5)} THEN 'NaN'::DOUBLE ELSE volatility END AS volatility,
         CASE WHEN ${at(6)} THEN 'NaN'::DOUBLE ELSE body END AS body,
         CASE WHEN ${at(8)} THEN 1.5 ELSE mean_obi END AS mean_obi,
         CASE WHEN ${at(9)} THEN 0.01 ELSE max_spread END AS max_spread,
         CASE WHEN ${at(10)} THEN 'infinity'::DOUBLE ELSE log_volume END AS log_volume,
         CASE WHEN ${at(11)} THEN close * 1.001 ELSE close END AS close
       ) FROM bars`,
      ['feature-partial', 'feature-not-finite', 'feature-bounds', 'close-not-micro-price', 'return-wrong'],
    );
    const columns = (kind: string): readonly string[] =>
      find(report, kind)
        .places.filter(({ file }) => file === 'date=2024-07-24.parquet')
        .map(({ minute, column }) => `${minute!.slice(11, 16)} ${column}`);
    assert.deepEqual(columns('feature-not-finite'), ['00:05 volatility', '00:10 log_volume']);
    assert.deepEqual(
      columns('feature-partial'),
      QUANTGOD_9.slice(1).map((name) => `00:06 ${name}`),
    );
    assert.deepEqual(columns('feature-bounds'), ['00:08 mean_obi', '00:09 max_spread']);
    assert.deepEqual(columns('close-not-micro-price'), ['00:11 close']);
    assert.deepEqual(columns('return-wrong'), ['00:11 log_ret_close', '00:12 log_ret_close']);
  });

  it('finds duplicate, unordered, off-grid and foreign minutes', async () => {
    const report = await spoil(
      `FROM bars UNION ALL BY NAME (FROM bars LIMIT 1)
       UNION ALL BY NAME (SELECT * REPLACE ((datetime + INTERVAL 30 SECOND)::TIMESTAMP_MS AS datetime) FROM bars LIMIT 1)
       UNION ALL BY NAME (SELECT * REPLACE ((datetime + INTERVAL 2 DAY)::TIMESTAMP_MS AS datetime) FROM bars LIMIT 1)`,
      ['minute-duplicate', 'minute-order', 'minute-off-grid', 'minute-other-day'],
    );
    assert.equal(find(report, 'minute-duplicate').places[0]!.minute, '2024-07-24T00:00Z');
    assert.equal(find(report, 'minute-off-grid').places[0]!.detail, 'row 122');
    assert.equal(find(report, 'minute-other-day').places[0]!.minute, '2024-07-26T00:00Z');
    assert.equal(report.coverage.present, 240);
    assert.equal(find(report, 'rows-mismatch').places[0]!.detail, '123 rows, recorded 120');
  });

  it('names missing, unexpected, misplaced and mistyped columns, and nulls', async () => {
    const report = await spoil(
      `SELECT * EXCLUDE (bid_17_s, body), 1.0::DOUBLE AS surprise, body FROM
         (SELECT * REPLACE (close::FLOAT AS close, CASE WHEN datetime < '2024-07-24 00:02:00' THEN NULL ELSE mean_obi END AS mean_obi) FROM bars)`,
      ['column-type', 'column-missing', 'column-unexpected', 'column-order', 'column-null'],
    );
    assert.equal(find(report, 'column-missing').places[0]!.column, 'bid_17_s');
    assert.equal(find(report, 'column-unexpected').places[0]!.column, 'surprise');
    assert.equal(find(report, 'column-order').places[0]!.detail, 'column 2 should be body');
    assert.deepEqual(find(report, 'column-type').places[0], {
      file: 'date=2024-07-24.parquet',
      column: 'close',
      detail: 'FLOAT, not DOUBLE',
    });
    assert.equal(find(report, 'column-null').count, 2);
    assert.equal(find(report, 'gap-unreadable-file').count, 1_440);
  });

  it('still reads a file whose columns are merely out of order', async () => {
    const report = await spoil(`SELECT * EXCLUDE (close), close FROM bars`, ['column-order']);
    assert.equal(report.coverage.present, 240);
  });

  it('reports a file that is no Parquet file, and goes on', async () => {
    await writeFile(dayFile(place, SECOND_DAY), 'not parquet');
    const report = await checkData(place);
    assert.deepEqual(kindsOf(errorsOf(report)), ['file-unreadable']);
    assert.equal(report.coverage.present, 120);
  });

  it('finds a day that does not join the day before it', async () => {
    await writeBars(place, [bar(SECOND_DAY, { hasPrevious: false })]);
    const report = await checkData(place);
    assert.equal(find(report, 'return-missing').places[0]!.minute, '2024-07-24T00:00Z');
    assert.deepEqual([report.coverage.seams, report.coverage.joinedSeams], [1, 0]);
    assert.deepEqual(kindsOf(errorsOf(report)), ['hash-mismatch']);
  });

  it('compares hashes that manifests record', async () => {
    const days = [DAY, SECOND_DAY].map((dayMs) => ({
      day: isoDay(dayMs),
      bars: 120,
      keptRows: 0,
      sha256: 'f'.repeat(64),
      stationarySha256: 'f'.repeat(64),
    }));
    await writeManifestOf(place, { days });
    const { places } = find(await checkData(place), 'hash-mismatch');
    const names = ['date=2024-07-23.parquet', 'date=2024-07-24.parquet'];
    assert.deepEqual(
      new Set(places.map(({ file }) => file)),
      new Set([...names, ...names.map((name) => `set=stationary/${name}`)]),
    );
  });

  it('reports disagreeing snapshots, damaged inputs, unreadable and missing manifests, stray files', async () => {
    const folder = symbolFolder('bars', place);
    await writeManifestOf(place, {
      counts: { disagreements: 1, quarantined: 7 },
      quarantined: [{ file: 'one.zip', line: 12, reason: 'not JSON' }],
      damaged: [{ path: 'x/2024-07-24_S_ob500.data.zip', reason: 'CRC error' }],
    });
    await writeFile(path.join(folder, 'ingest-bad.json'), '{}');
    await writeFile(path.join(folder, '.date=2024-07-24.parquet.1.tmp'), 'half');
    const report = await checkData(place);
    assert.deepEqual(kindsOf(errorsOf(report)), ['snapshot-disagrees']);
    assert.equal(find(report, 'lines-quarantined').count, 7);
    assert.equal(find(report, 'input-damaged').places[0]!.detail, 'CRC error');
    assert.equal(find(report, 'manifest-unreadable').places[0]!.file, 'ingest-bad.json');
    assert.equal(find(report, 'folder-stray').count, 1);
    assert.equal(find(report, 'gap-damaged-file').places[0]!.detail?.startsWith('2024-07-24T02:00Z'), true);
    await rm(path.join(folder, 'ingest-test.json'));
    await rm(path.join(folder, 'ingest-bad.json'));
    assert.equal(find(await checkData(place), 'manifest-none').count, 1);
  });

  it('labels simulated data as such', async () => {
    await writeJsonAtomic(path.join(symbolFolder('bars', place), 'SYNTHETIC.json'), { synthetic: true });
    const report = await checkData(place);
    assert.equal(report.synthetic, true);
    assert.match(report.verdict.join(' '), /The data is simulated/);
  });

  it('counts the days of a range that was asked for, and refuses one without bars', async () => {
    const report = await checkData({ ...place, fromMs: SECOND_DAY, toMs: SECOND_DAY + DAY_MS });
    assert.equal(report.coverage.minutes, 2_880);
    assert.equal(report.coverage.present, 120);
    // The minute before the range is not looked at, so a return into the range is no finding.
    assert.equal(
      report.findings.some(({ check }) => check === 'return-unverifiable'),
      false,
    );
    await assert.rejects(checkData({ ...place, toMs: DAY - DAY_MS }), { code: 'BARS_MISSING' });
  });

  it('stops when told to', async () => {
    await assert.rejects(checkData({ ...place, signal: AbortSignal.abort(new Error('enough')) }), /enough/);
  });
});
