/** Files are read back by an independent reader (hyparquet) as well as by our own. */
import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { DAY_MS, MINUTE_MS } from '../../domain/core/index.ts';
import {
  BAR_LEVELS,
  FEATURE_COUNT,
  type MinuteBar,
  QUANTGOD_9,
  STATIONARY,
} from '../../domain/features/index.ts';
import { readBars } from './bar-reader.ts';
import { BAR_COLUMNS, STATIONARY_COLUMNS } from './bar-schema.ts';
import { barFile, listDays, patchBar, stationaryFile, writeBarDay } from './bar-store.ts';
import { readLabels, writeLabels } from './label-store.ts';

const DAY = Date.UTC(2024, 6, 23);

function bar(minuteMs: number, value: number, complete = true): MinuteBar {
  const levels = (start: number): Float64Array =>
    Float64Array.from({ length: BAR_LEVELS }, (_, k) => (k === 199 ? Number.NaN : start + k / 10));
  return {
    minuteMs,
    features: Float64Array.from({ length: FEATURE_COUNT }, (_, k) => (complete ? value + k / 7 : Number.NaN)),
    stationary: Float64Array.from(STATIONARY, (_, k) => (complete ? value + k / 3 : Number.NaN)),
    open: value,
    high: value,
    low: value,
    close: value,
    bidPrices: levels(value),
    bidSizes: levels(value + 1_000),
    askPrices: levels(value + 2_000),
    askSizes: levels(value + 3_000),
    messages: 5,
    samples: 3,
    incomplete: complete ? [] : ['sequence-gap'],
  };
}

describe('bar store', () => {
  let dataDir = '';
  before(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), "tidemark-bars-it's-"));
  });
  after(async () => {
    await rm(dataDir, { recursive: true });
  });
  const at = (symbol: string) => ({ dataDir, venue: 'binance-spot', symbol });

  it('writes the 811 columns of the schema, NaN as NaN, time as UTC milliseconds', async () => {
    const bars = [bar(DAY, 1.1), bar(DAY + MINUTE_MS, 2.2, false)];
    const { file } = await writeBarDay(at('SCHEMA'), bars);
    assert.ok(
      file.endsWith(path.join('bars', 'venue=binance-spot', 'symbol=SCHEMA', 'date=2024-07-23.parquet')),
    );
    const buffer = await asyncBufferFromFile(file);
    const metadata = await parquetMetadataAsync(buffer);
    const names = metadata.schema.slice(1).map((element) => element.name);
    assert.equal(names.length, 811);
    assert.deepEqual(names, BAR_COLUMNS);
    assert.deepEqual(names.slice(0, 14), [
      'datetime',
      ...QUANTGOD_9,
      'close',
      'bid_0_p',
      'bid_0_s',
      'bid_1_p',
    ]);
    assert.deepEqual(names.slice(-2), ['ask_199_p', 'ask_199_s']);
    const time = metadata.schema[1]!.logical_type;
    assert.ok(time?.type === 'TIMESTAMP' && time.unit === 'MILLIS');

    const rows = await parquetReadObjects({ file: buffer });
    assert.equal(rows.length, 2);
    for (const [i, row] of rows.entries()) {
      const source = bars[i]!;
      assert.ok(row['datetime'] instanceof Date);
      assert.equal(row['datetime'].getTime(), source.minuteMs);
      for (const [k, name] of QUANTGOD_9.entries()) assert.equal(row[name], source.features[k]);
      assert.equal(row['close'], source.close);
      for (const k of [0, 7, 198, 199]) {
        assert.equal(row[`bid_${k}_p`], source.bidPrices[k]);
        assert.equal(row[`bid_${k}_s`], source.bidSizes[k]);
        assert.equal(row[`ask_${k}_p`], source.askPrices[k]);
        assert.equal(row[`ask_${k}_s`], source.askSizes[k]);
      }
    }
  });

  it('reads all days in order of time, or a range of them', async () => {
    const place = at('RANGE');
    for (const day of [DAY + DAY_MS, DAY]) {
      await writeBarDay(
        place,
        Array.from({ length: 1_440 }, (_, i) => bar(day + i * MINUTE_MS, day / DAY_MS + i)),
      );
    }
    assert.deepEqual(await listDays(place), ['2024-07-23', '2024-07-24']);
    const all = await readBars(place);
    assert.equal(all.rows, 2_880);
    assert.deepEqual(all.featureNames, QUANTGOD_9);
    assert.ok(all.minuteMs.every((minuteMs, i) => minuteMs === DAY + i * MINUTE_MS));
    assert.equal(all.features[1_441 * FEATURE_COUNT + 3], bar(0, DAY / DAY_MS + 2).features[3]);
    assert.equal(all.close[1_440], DAY / DAY_MS + 1);
    const part = await readBars({ ...place, fromMs: DAY + 1_439 * MINUTE_MS, toMs: DAY + 1_441 * MINUTE_MS });
    assert.deepEqual([...part.minuteMs], [DAY + 1_439 * MINUTE_MS, DAY + 1_440 * MINUTE_MS]);
  });

  it('keeps stored bars that new ones do not replace, and a complete bar against an incomplete one', async () => {
    const place = at('MERGE');
    await writeBarDay(
      place,
      [0, 1, 2, 3].map((i) => bar(DAY + i * MINUTE_MS, i, i !== 3)),
    );
    const fresh = [
      bar(DAY + MINUTE_MS, 11),
      bar(DAY + 2 * MINUTE_MS, 12, false),
      bar(DAY + 3 * MINUTE_MS, 13, false),
    ];
    const { file, keptRows } = await writeBarDay(place, fresh.toReversed());
    assert.equal(keptRows, 2);
    assert.deepEqual([...(await readBars(place)).close], [0, 11, 2, 13]);
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(file), columns: ['close'] });
    assert.deepEqual(
      rows.map((row) => Number(row['close'])),
      [0, 11, 2, 13],
      'the file itself is in order of time',
    );
  });

  it('writes the stationary features beside the bars and reads either set', async () => {
    const place = at('SETS');
    const bars = [bar(DAY, 1.1), bar(DAY + MINUTE_MS, 2.2, false), bar(DAY + 2 * MINUTE_MS, 3.3)];
    const written = await writeBarDay(place, bars);
    const home = path.join('features', 'set=stationary', 'venue=binance-spot', 'symbol=SETS');
    assert.ok(written.stationaryFile.endsWith(path.join(home, 'date=2024-07-23.parquet')));
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(written.stationaryFile) });
    assert.deepEqual(Object.keys(rows[0]!), STATIONARY_COLUMNS);
    assert.deepEqual(
      rows.map((row) => STATIONARY.map((name) => Number(row[name]))),
      bars.map(({ stationary }) => [...stationary]),
    );
    const nine = await readBars({ ...place, featureSet: 'quantgod-9-samples' });
    const other = await readBars({ ...place, featureSet: 'stationary' });
    assert.deepEqual(nine, await readBars(place));
    assert.deepEqual([other.minuteMs, other.close], [nine.minuteMs, nine.close]);
    assert.deepEqual([nine.featureNames, other.featureNames], [QUANTGOD_9, STATIONARY]);
    assert.deepEqual([...other.features], bars.flatMap(({ stationary }) => [...stationary])); // prettier-ignore
    const range = { fromMs: DAY + 2 * MINUTE_MS, toMs: DAY + 3 * MINUTE_MS };
    const part = await readBars({ ...place, ...range, featureSet: 'stationary' });
    assert.deepEqual([...part.features], [...bars[2]!.stationary]);
  });

  it('merges and corrects both files alike', async () => {
    const place = at('BOTH');
    await writeBarDay(
      place,
      [0, 1, 2].map((i) => bar(DAY + i * MINUTE_MS, i)),
    );
    await writeBarDay(place, [bar(DAY + MINUTE_MS, 11), bar(DAY + 2 * MINUTE_MS, 12, false)]);
    await patchBar(place, DAY, { upper_wick: 0.5, log_ret_close: -1 / 3 });
    for (const [featureSet, step] of [
      ['quantgod-9', 7],
      ['stationary', 3],
    ] as const) {
      // prettier-ignore
      const { features, featureNames, close } = await readBars({ ...place, featureSet });
      assert.deepEqual([...close], [0, 11, 2]);
      const row = (i: number): number[] => [
        ...features.subarray(i * featureNames.length, (i + 1) * featureNames.length),
      ];
      const plain = (value: number): number[] => featureNames.map((_, k) => value + k / step);
      assert.deepEqual([row(1), row(2)], [plain(11), plain(2)]);
      assert.deepEqual(
        row(0),
        plain(0)
          .with(1, 0.5)
          .with(3, -1 / 3),
      );
    }
  });

  it('refuses the stationary set where a day lacks it, and features of other minutes than the bars', async () => {
    const place = at('LACKING');
    await writeBarDay(place, [bar(DAY, 1)]);
    const { stationaryFile: second } = await writeBarDay(place, [bar(DAY + DAY_MS, 2)]);
    await rm(second);
    assert.equal((await readBars(place)).rows, 2);
    await assert.rejects(readBars({ ...place, featureSet: 'stationary' }), {
      code: 'FEATURES_MISSING',
      message:
        /^1 of 2 days of binance-spot LACKING have no stationary features \(first 2024-07-24\): ingest/,
    });
    await copyFile(stationaryFile(place, DAY), second);
    await assert.rejects(readBars({ ...place, featureSet: 'stationary' }), { code: 'FEATURES_STALE' });
  });

  it('reads more days than it opens files at once, in order', async () => {
    const place = at('MANY');
    const days = Array.from({ length: 35 }, (_, day) => DAY + day * DAY_MS);
    for (const dayMs of days) await writeBarDay(place, [bar(dayMs, dayMs / DAY_MS)]);
    for (const featureSet of ['quantgod-9', 'stationary'] as const) {
      const { rows, minuteMs, close, features, featureNames } = await readBars({ ...place, featureSet });
      assert.equal(rows, 35);
      assert.deepEqual([...minuteMs], days);
      assert.deepEqual([...close], days.map((dayMs) => dayMs / DAY_MS)); // prettier-ignore
      assert.equal(features[34 * featureNames.length], days[34]! / DAY_MS);
    }
  });

  it('refuses bars that are not there, unreadable files and two bars of one minute', async () => {
    await assert.rejects(readBars(at('NONE')), {
      name: 'DataError',
      message: /no bars of binance-spot NONE .* run `tidemark ingest l2` first/,
    });
    await assert.rejects(readBars(at('../x')), {
      name: 'ConfigError',
      message: /--symbol: "\.\.\/x" is not/,
    });
    const twice = at('TWICE');
    const { file } = await writeBarDay(twice, [bar(DAY, 1)]);
    await copyFile(file, barFile(twice, DAY + DAY_MS));
    await assert.rejects(readBars(twice), {
      name: 'DataError',
      message: /two bars claim the minute 2024-07-23T00:00Z/,
    });
    await writeFile(file, 'not parquet');
    await assert.rejects(readBars(twice), { name: 'DataError', message: /not readable as bar files/ });
  });

  it('leaves no temporary file behind', async () => {
    const place = at('CLEAN');
    const { file } = await writeBarDay(place, [bar(DAY, 1)]);
    assert.deepEqual(await readdir(path.dirname(file)), ['date=2024-07-23.parquet']);
  });

  it('writes labels beside the bars and reads them back', async () => {
    const place = at('LABELS');
    const minuteMs = Float64Array.of(DAY, DAY + MINUTE_MS);
    const labels = {
      definition: { name: 'SELL_0004_BUY_0008_1h', lookaheadMinutes: 60 },
      futureReturn: Float64Array.of(0.009, Number.NaN),
      label: Int8Array.of(2, -1),
      labelEndMs: Float64Array.of(DAY + 61 * MINUTE_MS, Number.NaN),
    };
    const file = await writeLabels({ ...place, minuteMs, labels });
    const read = await readLabels({ ...place, definition: labels.definition });
    assert.deepEqual(read, { minuteMs, labels });
    const [first, second] = await parquetReadObjects({ file: await asyncBufferFromFile(file) });
    assert.deepEqual(first, {
      datetime: new Date(DAY),
      future_return: 0.009,
      label: 2,
      label_end: new Date(DAY + 61 * MINUTE_MS),
    });
    assert.deepEqual(
      [second?.['label'], second?.['label_end'], second?.['future_return']],
      [null, null, Number.NaN],
    );
    await assert.rejects(readLabels({ ...place, definition: { name: 'OTHER' } }), {
      name: 'DataError',
      message: /OTHER\.parquet: no such labels; run `tidemark label` first/,
    });
  });
});
