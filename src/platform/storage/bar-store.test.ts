/** Files are read back by an independent reader (hyparquet) as well as by our own. */
import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { DAY_MS, MINUTE_MS } from '../../domain/core/index.ts';
import { BAR_LEVELS, FEATURE_COUNT, type MinuteBar, QUANTGOD_9 } from '../../domain/features/index.ts';
import { BAR_COLUMNS } from './bar-schema.ts';
import { barFile, listDays, readBars, writeBarDay } from './bar-store.ts';
import { readLabels, writeLabels } from './label-store.ts';

const DAY = Date.UTC(2024, 6, 23);

function bar(minuteMs: number, value: number, complete = true): MinuteBar {
  const levels = (start: number): Float64Array =>
    Float64Array.from({ length: BAR_LEVELS }, (_, k) => (k === 199 ? Number.NaN : start + k / 10));
  return {
    minuteMs,
    features: Float64Array.from({ length: FEATURE_COUNT }, (_, k) => (complete ? value + k / 7 : Number.NaN)),
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
