import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { DAY_MS, MINUTE_MS } from '../domain/core/index.ts';
import { type BarTable, LOG_RETURN_FEATURE } from '../domain/features/index.ts';
import { DEFAULT_LABEL, LABEL_PRESETS, labelBars } from '../domain/labels/index.ts';
import { type MarketTruth, truthLabels } from '../domain/simulation/index.ts';
import { readContent } from '../platform/sources/index.ts';
import { readBars, readJson } from '../platform/storage/index.ts';
import { ingestL2, type IngestResult } from './ingest/ingest.ts';
import { simulate, type SimulateOptions, type SimulateResult } from './simulate.ts';
import { readMarker, readTruth } from './truth.ts';

const START = Date.UTC(2025, 0, 31);
const DAYS = 2;

describe('simulate', () => {
  let folder = '';
  let market: SimulateResult;
  let truth: MarketTruth;
  let ingested: IngestResult;
  let bars: BarTable;
  const options = (out: string, change: Partial<SimulateOptions> = {}): SimulateOptions => ({
    out: path.join(folder, out),
    // Two days of two months: two candle files.
    startDate: '2025-01-31',
    days: DAYS,
    seed: 21,
    strength: 0.5,
    rate: 'light',
    ...change,
  });

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-simulate-'));
    market = await simulate(options('market'));
    truth = await readTruth(market.truth);
    const place = { dataDir: path.join(folder, 'data'), venue: market.venue, symbol: market.symbol };
    ingested = await ingestL2({
      ...place,
      inputs: [market.folder],
      codeVersion: '0.0.0-test',
      clock: () => 0,
    });
    bars = await readBars(place);
  });
  after(() => rm(folder, { recursive: true }));

  it('writes archives that ingest without a gap, a crossed book or an incomplete minute', async () => {
    const { gaps, crossed, quarantined, incompleteBars, tickSize, lotSize, days } = ingested;
    assert.deepEqual([gaps, crossed, quarantined, incompleteBars], [0, 0, 0, 0]);
    assert.deepEqual([tickSize, lotSize], ['0.0001', '1']);
    assert.deepEqual(days, ['2025-01-31', '2025-02-01']);
    assert.deepEqual(
      [...bars.minuteMs],
      Array.from({ length: DAYS * 1_440 }, (_, m) => START + m * MINUTE_MS),
    );
    // Only the very first bar has no bar before it, and so no return and no wicks.
    const width = bars.featureNames.length;
    const missing = [...bars.features.keys()].filter((i) => Number.isNaN(bars.features[i]!));
    assert.ok(missing.length > 0 && missing.every((i) => i < width));
    const { counts } = await readJson(
      ingested.manifests[0]!,
      z.object({ counts: z.object({ checkedSnapshots: z.int(), disagreements: z.int() }) }),
    );
    assert.equal(counts.checkedSnapshots, 1, 'each archive ends with one');
    assert.equal(counts.disagreements, 0);
  });

  it('marks all that it writes as synthetic, and the bars made of it', async () => {
    const { synthetic } = await readJson(
      ingested.manifests[0]!,
      z.object({ synthetic: z.object({ truth: z.string() }) }),
    );
    assert.equal(synthetic.truth, market.truth);
    for (const file of [...market.archives, ...market.candles]) {
      assert.deepEqual(await readMarker(path.dirname(file)), { truth: market.truth });
    }
  });

  it('has bars whose labels are those of the hidden price in at least 97 % of the minutes', () => {
    const width = bars.featureNames.length;
    const returns = Float64Array.from(
      bars.minuteMs,
      (_, row) => bars.features[row * width + LOG_RETURN_FEATURE]!,
    );
    for (const label of LABEL_PRESETS.values()) {
      const seen = labelBars(bars.minuteMs, returns, label).label;
      const hidden = truthLabels(truth, label);
      const both = [...seen.keys()].filter((row) => seen[row]! >= 0);
      assert.equal(both.length, DAYS * 1_440 - label.lookaheadMinutes);
      const agreeing = both.filter((row) => seen[row] === hidden[row]).length / both.length;
      assert.ok(agreeing >= 0.97, `${label.name}: ${agreeing}`);
    }
  });

  it('shows the planted impulse as the imbalance of the book, and its state to nobody in one minute', () => {
    const { persistence } = truth.gains;
    const rows = Array.from({ length: truth.minutes - 1 }, (_, i) => i + 1);
    const impulse = rows.map(
      (m) => (truth.state[m]! - persistence * truth.state[m - 1]!) / Math.sqrt(1 - persistence ** 2),
    );
    for (const name of ['mean_obi', 'mean_deep_obi']) {
      const column = bars.featureNames.indexOf(name);
      const shown = rows.map((m) => bars.features[m * bars.featureNames.length + column]!);
      const expected = impulse.map((z) => Math.tanh(0.6 * z));
      assert.ok(correlation(shown, expected) > 0.9, `${name}: ${correlation(shown, expected)}`);
      const state = rows.map((m) => truth.state[m]!);
      assert.ok(Math.abs(correlation(shown, state)) < 0.35, `${name} against the state`);
    }
  });

  it('stores the ceiling of every label beside the data, above its own weighted rule', async () => {
    const { synthetic, presets } = await readJson(
      path.join(market.truth, 'ceiling.json'),
      z.object({
        synthetic: z.literal(true),
        presets: z.array(
          z.object({
            name: z.string(),
            rows: z.int(),
            macroF1: z.number(),
            macroF1WithClassWeights: z.number(),
          }),
        ),
      }),
    );
    assert.ok(synthetic);
    assert.deepEqual(
      presets.map(({ name }) => name),
      [...LABEL_PRESETS.keys()],
    );
    for (const preset of presets) {
      assert.ok(preset.macroF1 >= preset.macroF1WithClassWeights && preset.macroF1 < 1);
    }
    const active = presets.find(({ name }) => name === DEFAULT_LABEL.name);
    assert.equal(active?.rows, DAYS * 1_440 - DEFAULT_LABEL.lookaheadMinutes);
  });

  it('writes candles in the layout and with the checksums of the venue’s own archive', async () => {
    assert.deepEqual(
      market.candles.map((file) => path.basename(file)),
      ['SIMUSDT-5m-2025-01.zip', 'SIMUSDT-5m-2025-02.zip'],
    );
    let next = START;
    for (const file of market.candles) {
      const sha256 = createHash('sha256')
        .update(await readFile(file))
        .digest('hex');
      assert.equal(await readFile(`${file}.CHECKSUM`, 'utf8'), `${sha256}  ${path.basename(file)}\n`);
      const [header, ...lines] = (await buffer(readContent(file))).toString().trimEnd().split('\n');
      assert.match(header!, /^open_time,open,high,low,close,volume,close_time,/);
      for (const line of lines) {
        const [open, high, low, close] = line.split(',').slice(1, 5).map(Number) as [
          number,
          number,
          number,
          number,
        ];
        assert.equal(Number(line.split(',')[0]), next);
        assert.ok(low <= Math.min(open, close) && high >= Math.max(open, close), line);
        // The bar that closes with the candle: its micro price lies between bid and ask, as the last trade does.
        const row = (next - START) / MINUTE_MS + 4;
        assert.ok(Math.abs(Math.log(bars.close[row]! / close)) < 0.002, line);
        next += 5 * MINUTE_MS;
      }
    }
    assert.equal(next, START + DAYS * DAY_MS);
  });

  it('refuses all bad options at once', async () => {
    const bad = { startDate: '2025-02-30', days: 0, seed: 2 ** 32, strength: 0.6, symbol: '../X' };
    await assert.rejects(simulate({ ...options('bad', bad), out: '' }), {
      name: 'ConfigError',
      message: [
        '--out: must name a folder',
        '--start: must be a day such as 2025-01-01',
        '--days: must be a whole number from 1 to 3660, is 0',
        '--strength: must be from 0 to 0.54 (beyond, chance has no share left), is 0.6',
        '--seed: must be a whole number of at most 32 bits, is 4294967296',
        '--symbol: must be 2 to 20 letters and digits, is "../X"',
      ].join('\n'),
    });
    for (const startDate of ['', '2025-1-1', '2025-01-01T12', 'yesterday']) {
      await assert.rejects(simulate(options('bad', { startDate })), { message: /^--start: / });
    }
    for (const strength of [-0.1, Number.NaN]) {
      await assert.rejects(simulate(options('bad', { strength })), { message: /^--strength: / });
    }
    await assert.rejects(readdir(path.join(folder, 'bad')), /ENOENT/);
  });

  it('refuses to mix two simulations in one folder, and leaves the first as it is', async () => {
    await assert.rejects(simulate(options('market', { seed: 22, days: 1 })), {
      name: 'ConfigError',
      message:
        '--out: holds another simulation of SIMUSDT (seed 21, 2 days from 2025-01-31, strength 0.5, rate light); ' +
        'name another folder, or delete it first',
    });
    assert.deepEqual(await readTruth(market.truth), truth);
  });

  it('leaves no half-written archive when aborted', async () => {
    const stop = new AbortController();
    // The first day is whole by then, the second one under way.
    const onProgress = (): void => void setImmediate(() => stop.abort(new Error('interrupted')));
    await assert.rejects(simulate(options('aborted', { signal: stop.signal, onProgress })), /interrupted/);
    const left = await readdir(path.join(folder, 'aborted', 'bybit', 'SIMUSDT'));
    assert.deepEqual(left.toSorted(), ['2025-01-31_SIMUSDT_ob500.data.zip', 'SYNTHETIC.json']);
  });
});

/** Pearson. */
function correlation(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  for (const [i, value] of x.entries()) {
    const [dx, dy] = [value - meanX, y[i]! - meanY];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xy / Math.sqrt(xx * yy);
}
