import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import yazl from 'yazl';
import { z } from 'zod';
import { DAY_MS, MINUTE_MS } from '../../domain/core/index.ts';
import { BookToBars, FEATURE_COUNT, LOG_RETURN_FEATURE, STATIONARY } from '../../domain/features/index.ts';
import { createInstrument, isBookUpdate } from '../../domain/market/index.ts';
import { VenueLineDecoder } from '../../platform/sources/index.ts';
import {
  barFile,
  readBars,
  readJson,
  sha256File,
  stationaryFile,
  symbolFolder,
} from '../../platform/storage/index.ts';
import { ingestL2, type IngestOptions, type IngestResult } from './ingest.ts';

const DAY = Date.UTC(2025, 0, 1);
const STEP_MS = 500;
/** Two minutes before midnight and a tail of messages behind it, as in a real archive. */
const DAY_LINES = 240;
const TAIL_LINES = 3;

const levels = (u: number) => ({
  b: Array.from({ length: 5 }, (_, k) => [`${(1000 + (u % 7) - k) / 10}`, `${1 + ((u * 31 + k) % 50)}`]),
  a: Array.from({ length: 5 }, (_, k) => [`${(1010 + (u % 7) + k) / 10}`, `${1 + ((u * 17 + k) % 50)}`]),
});

function message(type: 'snapshot' | 'delta', u: number, ts: number): string {
  const { b, a } = levels(u);
  // What the book of the message before had and this one has not.
  const gone = (side: string[][], kept: string[][]): string[][] =>
    side.filter(([p]) => !kept.some(([q]) => q === p)).map(([p]) => [p!, '0']);
  const before = levels(u - 1);
  const bids = type === 'delta' ? [...gone(before.b, b), ...b] : b;
  const asks = type === 'delta' ? [...gone(before.a, a), ...a] : a;
  return JSON.stringify({
    topic: 'orderbook.500.SIMUSDT',
    type,
    ts,
    data: { s: 'SIMUSDT', b: bids, a: asks, u, seq: u },
  });
}

/**
 * The last two minutes of `day` (number of days after {@link DAY}) as an archive has them: opening snapshot, deltas, a few
 * of the next day, and the next day's opening snapshot, which repeats the last update id.
 */
function archiveLines(day: number): readonly string[] {
  const endMs = DAY + (day + 1) * DAY_MS;
  const startMs = day === 0 ? endMs - DAY_LINES * STEP_MS : endMs - DAY_MS + (TAIL_LINES - 1) * STEP_MS;
  const firstU = 1_000 + day * (DAY_LINES + TAIL_LINES - 1);
  const count = DAY_LINES + TAIL_LINES;
  const lines = Array.from({ length: count }, (_, i) =>
    message(i === 0 ? 'snapshot' : 'delta', firstU + i, startMs + i * STEP_MS),
  );
  return [...lines, message('snapshot', firstU + count - 1, startMs + count * STEP_MS - STEP_MS + 5)];
}

async function zip(lines: readonly string[]): Promise<Buffer> {
  const archive = new yazl.ZipFile();
  archive.addBuffer(Buffer.from(`${lines.join('\n')}\n`), 'book.data');
  archive.end();
  return await buffer(archive.outputStream);
}

describe('ingestL2', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-ingest-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });
  const put = async (name: string, bytes: Buffer | string): Promise<string> => {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes);
    return file;
  };
  const options = (name: string, inputs: readonly string[]): IngestOptions => ({
    venue: 'bybit-linear',
    symbol: 'SIMUSDT',
    inputs,
    dataDir: path.join(folder, `data-${name}`),
    codeVersion: '0.0.0-test',
    clock: () => 0,
  });
  const place = (name: string) => ({
    dataDir: path.join(folder, `data-${name}`),
    venue: 'bybit-linear',
    symbol: 'SIMUSDT',
  });
  const manifestOf = async (result: IngestResult) =>
    await readJson(
      result.manifests[0]!,
      z.object({
        gaps: z.array(
          z.object({ line: z.int(), expected: z.int(), got: z.int(), rebuiltTimeMs: z.int().nullable() }),
        ),
        quarantined: z.array(z.object({ line: z.int(), reason: z.string() })),
        incomplete: z.array(z.object({ minuteMs: z.int(), reasons: z.array(z.string()) })),
        counts: z.record(z.string(), z.number()),
        inputs: z.array(z.object({ sha256: z.string().length(64) })),
      }),
    );

  it('lets the tail behind midnight close the day, and leaves its minute to the next archive', async () => {
    const file = await put('one-day.zip', await zip(archiveLines(0)));
    const result = await ingestL2(options('one-day', [file]));
    assert.equal(result.messages, DAY_LINES + TAIL_LINES);
    assert.deepEqual([result.bars, result.incompleteBars, result.gaps, result.crossed], [2, 0, 0, 0]);
    assert.deepEqual(result.days, ['2025-01-01']);
    assert.deepEqual([result.tickSize, result.lotSize], ['0.1', '1']);
    const { counts } = await manifestOf(result);
    assert.deepEqual([counts['checkedSnapshots'], counts['disagreements'], counts['trimmedBars']], [1, 0, 1]);
    const bars = await readBars(place('one-day'));
    assert.deepEqual([...bars.minuteMs], [DAY + DAY_MS - 2 * MINUTE_MS, DAY + DAY_MS - MINUTE_MS]);
  });

  it('joins days given at once, in any order; each is made of its own archive alone', async () => {
    const second = await put('two/a.zip', await zip(archiveLines(1)));
    const first = await put('two/b.zip', await zip(archiveLines(0)));
    const result = await ingestL2(options('two', [second, first]));
    assert.equal(result.messages, 2 * (DAY_LINES + TAIL_LINES));
    assert.equal(result.gaps, 0);
    const bars = await readBars(place('two'));
    const midnight = bars.minuteMs.indexOf(DAY + DAY_MS);
    assert.ok(Number.isFinite(bars.features[midnight * FEATURE_COUNT + LOG_RETURN_FEATURE]));
  });

  it('joins a day ingested by itself to the day before', async () => {
    const first = await put('apart/1.zip', await zip(archiveLines(0)));
    const second = await put('apart/2.zip', await zip(archiveLines(1)));
    await ingestL2(options('apart', [first]));
    await ingestL2(options('apart', [second]));
    const bars = await readBars(place('apart'));
    const midnight = bars.minuteMs.indexOf(DAY + DAY_MS);
    assert.ok(Number.isFinite(bars.features[midnight * FEATURE_COUNT + LOG_RETURN_FEATURE]));
    const beside = await readBars({ ...place('apart'), featureSet: 'stationary' });
    assert.deepEqual(
      beside.features.slice(midnight * STATIONARY.length, midnight * STATIONARY.length + 4),
      bars.features.slice(midnight * FEATURE_COUNT, midnight * FEATURE_COUNT + 4),
    );
  });

  it('does a day again whose file of stationary features is gone', async () => {
    const file = await put('gone/1.zip', await zip(archiveLines(0)));
    const wanted = options('gone', [file]);
    await ingestL2(wanted);
    const features = stationaryFile(place('gone'), DAY);
    const hash = await sha256File(features);
    await rm(features);
    assert.equal((await ingestL2(wanted)).unchanged, 0);
    assert.equal(await sha256File(features), hash);
    assert.equal((await ingestL2(wanted)).unchanged, 1);
  });

  it('gives the same files on threads, in one go, or day by day backwards', async () => {
    const days = [
      await put('any/1.zip', await zip(archiveLines(0))),
      await put('any/2.zip', await zip(archiveLines(1))),
    ];
    const hashes = async (name: string) =>
      await Promise.all(
        [barFile, stationaryFile]
          .flatMap((fileOf) => [DAY, DAY + DAY_MS].map((dayMs) => fileOf(place(name), dayMs)))
          .map(sha256File),
      );
    const threads = await ingestL2({ ...options('threads', days), workers: 2 });
    assert.equal(threads.files, 2);
    const oneGo = await ingestL2(options('one-go', days));
    assert.deepEqual([oneGo.bars, oneGo.joined], [threads.bars, 0]);
    await ingestL2(options('backwards', [days[1]!]));
    assert.equal((await ingestL2(options('backwards', [days[0]!]))).joined, 1);
    assert.deepEqual(await hashes('threads'), await hashes('one-go'));
    assert.deepEqual(await hashes('backwards'), await hashes('one-go'));
  });

  it('does again only what is new, changed, or gone', async () => {
    const [first, second] = [
      await put('redo/1.zip', await zip(archiveLines(0))),
      await put('redo/2.zip', await zip(archiveLines(1))),
    ];
    const run = async () => (await ingestL2(options('redo', [first, second]))).unchanged;
    assert.equal(await run(), 0);
    assert.equal(await run(), 2);
    await rm(path.join(symbolFolder('bars', place('redo')), 'date=2025-01-01.parquet'));
    assert.equal(await run(), 1, 'a day file that is gone');
    assert.equal(await run(), 2);
    await put('redo/2.zip', await zip(archiveLines(1).slice(0, -3)));
    assert.equal(await run(), 1, 'a revised archive');
    const other = await ingestL2({ ...options('redo', [first, second]), logVolume: 'samples' });
    assert.equal(other.unchanged, 0, 'other parameters');
  });

  it('keeps the good day beside one that is refused', async () => {
    const good = await put('mixed/1.zip', await zip(archiveLines(0)));
    const elsewhere = archiveLines(1).map((line) => line.replaceAll('SIMUSDT', 'OTHERUSDT'));
    const bad = await put('mixed/2.zip', await zip(elsewhere));
    await assert.rejects(ingestL2({ ...options('mixed', [good, bad]), workers: 2 }), {
      name: 'DataError',
      message: /SIMUSDT[^]*OTHERUSDT[^]*Kept: 2 bars/,
    });
    assert.equal((await readBars(place('mixed'))).rows, 2);
  });

  it('stores what the same messages pushed one by one give, to the bit', async () => {
    const lines = archiveLines(0);
    const file = await put('stream', lines.join('\n'));
    await ingestL2({ ...options('stream', [file]), logVolume: 'samples' });
    const stored = await readBars({ ...place('stream'), featureSet: 'quantgod-9-samples' });
    const beside = await readBars({ ...place('stream'), featureSet: 'stationary' });
    const instrument = createInstrument({
      venue: 'bybit-linear',
      symbol: 'SIMUSDT',
      tickSize: '0.1',
      lotSize: '1',
    });
    const decoder = new VenueLineDecoder(instrument);
    const bookToBars = new BookToBars(instrument, { logVolume: 'samples' });
    const bars = lines.flatMap((line) => {
      const bytes = Buffer.from(line);
      const event = decoder.decode(bytes, 0, bytes.length, { receivedTimeMs: Number.NaN, symbol: null });
      assert.ok(event !== null && isBookUpdate(event));
      return bookToBars.process(event);
    });
    assert.equal(bars.length, stored.rows);
    assert.deepEqual(stored.features, Float64Array.from(bars.flatMap((bar) => [...bar.features])));
    assert.deepEqual(beside.features, Float64Array.from(bars.flatMap((bar) => [...bar.stationary])));
    assert.deepEqual(
      stored.close,
      Float64Array.from(bars, (bar) => bar.close),
    );
  });

  it('shows a deleted line as a gap at its place, and the minute as incomplete', async () => {
    const lines = archiveLines(0).filter((_, i) => i !== 50);
    const spliced = [
      ...lines.slice(0, 100),
      message('snapshot', 1_100, DAY + DAY_MS - 70_000),
      ...lines.slice(100),
    ];
    const file = await put('gap', spliced.join('\n'));
    const result = await ingestL2(options('gap', [file]));
    assert.equal(result.gaps, 1);
    const { gaps, incomplete } = await manifestOf(result);
    assert.deepEqual(gaps, [{ line: 51, expected: 1_050, got: 1_051, rebuiltTimeMs: DAY + DAY_MS - 70_000 }]);
    assert.deepEqual(incomplete, [{ minuteMs: DAY + DAY_MS - 2 * MINUTE_MS, reasons: ['sequence-gap'] }]);
    const bars = await readBars(place('gap'));
    assert.ok(bars.features.subarray(0, FEATURE_COUNT).every(Number.isNaN));
    assert.ok(Number.isFinite(bars.close[0]));
  });

  it('puts a garbage line aside, and the message it replaced shows as a gap', async () => {
    const lines = archiveLines(0).map((line, i) => (i === 200 ? line.slice(0, 80) : line));
    const file = await put('garbage', lines.join('\n'));
    const result = await ingestL2(options('garbage', [file]));
    assert.equal(result.quarantined, 1);
    assert.equal(result.gaps, 1);
    const { quarantined } = await manifestOf(result);
    assert.equal(quarantined[0]?.line, 201);
    assert.match(quarantined[0].reason, /^not JSON/);
    assert.equal(result.bars, 2);
  });

  it('keeps the bars before the cut of a truncated archive, and then refuses it', async () => {
    const whole = await zip(archiveLines(0));
    const file = await put('truncated.zip', whole.subarray(0, whole.length * 0.8));
    await assert.rejects(ingestL2(options('truncated', [file])), {
      name: 'DataError',
      message:
        /truncated\.zip: the zip archive is cut off .*\nKept: 2 bars of what is good; see .*ingest-.*\.json/,
    });
    const bars = await readBars(place('truncated'));
    assert.equal(bars.rows, 2);
    assert.ok(Number.isNaN(bars.features[FEATURE_COUNT]));
  });

  it('refuses an unknown venue, a symbol that is not there, a wrong tick, and inputs that overlap', async () => {
    const file = await put('good', archiveLines(0).join('\n'));
    await assert.rejects(ingestL2({ ...options('bad', [file]), venue: 'bybit' }), {
      name: 'ConfigError',
      message: '--venue: unknown venue "bybit"; known venues: bybit-linear, binance-usdm, binance-spot',
    });
    for (const sizes of [{}, { tickSize: '0.1', lotSize: '1' }]) {
      await assert.rejects(ingestL2({ ...options('bad', [file]), ...sizes, symbol: 'btcusdt' }), {
        name: 'DataError',
        message: 'no order-book message of BTCUSDT in the input; symbols seen: SIMUSDT',
      });
    }
    await assert.rejects(ingestL2({ ...options('bad', [file]), tickSize: '0.5' }), {
      name: 'DataError',
      message: /good:1: price 100.6 is not a multiple of the tick size 0.5/,
    });
    const again = await put('again', archiveLines(0).join('\n'));
    await assert.rejects(ingestL2(options('bad', [file, again])), {
      name: 'DataError',
      message: /good:1: time goes back from 2025-01-02T00:00Z to 2025-01-01T23:58Z; do two inputs/,
    });
    await assert.rejects(readdir(path.join(folder, 'data-bad', 'bars')), /ENOENT/);
  });

  it('leaves nothing behind when aborted', async () => {
    const file = await put('abort', archiveLines(0).join('\n'));
    const stop = new AbortController();
    const aborted = ingestL2({
      ...options('abort', [file]),
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('interrupted')),
    });
    await assert.rejects(aborted, /interrupted/);
    await assert.rejects(readdir(path.join(folder, 'data-abort')), /ENOENT/);
  });

  it('gives the same bytes when run again', async () => {
    const file = await put('twice', archiveLines(0).join('\n'));
    const run = async (): Promise<readonly Buffer[]> => {
      const { out } = await ingestL2(options('twice', [file]));
      const names = (await readdir(out)).toSorted();
      assert.equal(names.length, 2);
      return await Promise.all(names.map((name) => readFile(path.join(out, name))));
    };
    const [bars] = (await run()).slice(0, 1);
    assert.ok((await run())[0]!.equals(bars!));
  });
});
