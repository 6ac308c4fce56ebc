/** What must hold across the layers: history is live, the past knows no future, and the test stays closed. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { DIRECTIONS, MINUTE_MS, NO_LABEL } from '../src/domain/core/index.ts';
import {
  ArchivesToBars,
  BAR_LEVELS,
  FEATURE_SETS,
  LOG_RETURN_FEATURE,
  QUANTGOD_9,
  STATIONARY,
  windowEnds,
} from '../src/domain/features/index.ts';
import type { LogVolumeMode, MinuteBar } from '../src/domain/features/index.ts';
import { createInstrument, isBookUpdate } from '../src/domain/market/index.ts';
import { walkForwardFolds } from '../src/domain/validation/index.ts';
import {
  developmentSplit,
  evaluate,
  labelSymbol,
  modelReference,
  resolveLabel,
} from '../src/pipeline/index.ts';
import type { Config } from '../src/pipeline/index.ts';
import { CalibratedModel, replay, ServedModel } from '../src/pipeline/live/index.ts';
import { readContent, VenueLineDecoder } from '../src/platform/sources/index.ts';
import { barFile, RunStore, stationaryFile, trainingDataOf } from '../src/platform/storage/index.ts';
import type { StoredModel } from '../src/platform/storage/index.ts';
import { OutcomeWatch, predictionSetsOver } from '../src/trading/engine/index.ts';
import type { EngineOutcome, Signal, SignalModel } from '../src/trading/engine/index.ts';
import {
  assertSameBits,
  buildRoad,
  ingestInto,
  placeIn,
  readData,
  removeFolder,
  type Road,
  runOf,
  SYMBOL,
  temporaryFolder,
  tinyConfig,
  trainAndAudit,
  VENUE,
  withAudited,
} from './fixtures/road.ts';

/** The messages of an archive, one string each. */
async function archiveLines(file: string): Promise<readonly string[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of readContent(file)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8').trimEnd().split('\n');
}

/** Bars of day archives' messages that come one at a time, as from a socket. */
function streamedBars(
  archives: readonly (readonly string[])[],
  grid: { tickSize: string; lotSize: string },
  logVolume: LogVolumeMode = 'messages',
): MinuteBar[] {
  const instrument = createInstrument({ venue: VENUE, symbol: SYMBOL, ...grid });
  const decoder = new VenueLineDecoder(instrument);
  const bars = new ArchivesToBars(instrument, { logVolume });
  const push = (line: string): readonly MinuteBar[] => {
    const bytes = Buffer.from(line);
    const event = decoder.decode(bytes, 0, bytes.length, { receivedTimeMs: Number.NaN, symbol: null });
    assert.ok(event !== null && isBookUpdate(event));
    return bars.process(event);
  };
  return archives.flatMap((lines, day) => [...bars.open(Date.UTC(2025, 0, 1 + day)), ...lines.flatMap(push)]);
}

/** Every column of a bar but its time, in the order of the file. */
const barValues = (bar: MinuteBar): number[] => {
  const values = [...bar.features, bar.close];
  for (let k = 0; k < BAR_LEVELS; k++)
    values.push(bar.bidPrices[k]!, bar.bidSizes[k]!, bar.askPrices[k]!, bar.askSizes[k]!);
  return values;
};

const DAYS = 2;

/** The same data for models on the stationary features. */
const stationary = (config: Config): Config => ({ ...config, features: 'stationary' });

describe('the road', () => {
  let folder = '';
  let road: Road;
  before(async () => {
    folder = await temporaryFolder();
    road = await buildRoad(folder, DAYS);
  });
  after(async () => {
    await removeFolder(folder);
  });

  /** A file with the first messages of the last day: as if the recorder had stopped. */
  async function beginningOfLastDay(share: number): Promise<string> {
    const lines = await archiveLines(road.market.archives.at(-1)!);
    const file = path.join(folder, `beginning-${share}.data`);
    await writeFile(file, `${lines.slice(0, Math.floor(lines.length * share)).join('\n')}\n`);
    return file;
  }

  it('batch = streaming: files hold, to the bit, what the messages give when pushed one by one', async () => {
    const archives = await Promise.all(road.market.archives.map(archiveLines));
    const bars = streamedBars(archives, { tickSize: '0.0001', lotSize: '1' });
    assert.equal(bars.length, DAYS * 1_440);
    const names = [...QUANTGOD_9, 'close'];
    for (let k = 0; k < BAR_LEVELS; k++) names.push(`bid_${k}_p`, `bid_${k}_s`, `ask_${k}_p`, `ask_${k}_s`);
    const place = placeIn(road.config.dataDir);
    const files = [
      { fileOf: barFile, names, valuesOf: barValues },
      { fileOf: stationaryFile, names: STATIONARY, valuesOf: ({ stationary }: MinuteBar) => stationary },
    ];
    for (const { fileOf, names: columns, valuesOf } of files) {
      for (let day = 0; day < DAYS; day++) {
        const file = fileOf(place, Date.UTC(2025, 0, 1 + day));
        // An independent reader, so that writer and reader cannot err together.
        const rows = await parquetReadObjects({ file: await asyncBufferFromFile(file) });
        assert.equal(rows.length, 1_440);
        for (const [i, row] of rows.entries()) {
          const bar = bars[day * 1_440 + i]!;
          assert.equal((row['datetime'] as Date).getTime(), bar.minuteMs);
          const values = valuesOf(bar);
          const wrong = columns.findIndex((name, column) => !Object.is(row[name], values[column]));
          assert.equal(wrong, -1, `${file} row ${i}: column ${columns[wrong]} differs`);
        }
      }
    }
  });

  it('truncation: without its future, no earlier bar, label or probability is another', async () => {
    const { archives } = road.market;
    const cut = await beginningOfLastDay(0.6);
    const config = tinyConfig(path.join(folder, 'cut'));
    await ingestInto(config.dataDir, [archives[0]!, cut]);
    await labelSymbol(placeIn(config.dataDir), resolveLabel(config.label));
    const [whole, short] = [await readData(road.config), await readData(config)];
    const width = QUANTGOD_9.length;
    // The last bar was still open when the stream ended, and says so.
    const kept = short.bars.rows - 1;
    assert.ok(kept > 2_000 && kept < DAYS * 1_440);
    assertSameBits(
      short.bars.features.subarray(0, kept * width),
      whole.bars.features.subarray(0, kept * width),
      'features',
    );
    assertSameBits(short.bars.close.subarray(0, kept), whole.bars.close.subarray(0, kept), 'close');
    assert.ok(short.bars.features.subarray(kept * width).every(Number.isNaN));
    const beginningOf = async (wanted: Config): Promise<Float64Array> =>
      (await readData(stationary(wanted))).bars.features.subarray(0, kept * STATIONARY.length);
    assertSameBits(await beginningOf(config), await beginningOf(road.config), 'stationary features');

    const known = kept - config.label.lookaheadMinutes!;
    assertSameBits(short.labels.label.subarray(0, known), whole.labels.label.subarray(0, known), 'labels');
    assert.ok(short.labels.label.subarray(known).every((label) => label === NO_LABEL));

    const ends = windowEnds(short.bars.rows, short.segments, config.base.sequenceLength);
    const rows = Int32Array.from(ends.keys()).filter((row) => ends[row] === 1);
    assert.equal(rows.at(-1), kept - 1);
    await withAudited(road.audited.stored, async (model) => {
      const before = await model.scoreRows(short.bars.features, rows);
      const later = await model.scoreRows(whole.bars.features, rows);
      assertSameBits(before.base, later.base, 'base probabilities');
      assertSameBits(before.audited, later.audited, 'audited probabilities');
      assert.ok(new Set(before.audited).size > 100, 'the probabilities must say something');
    });
  });

  /** Everything that a replay of the inputs says. */
  async function outcomesOf(
    inputs: readonly string[],
    stored: StoredModel = road.audited.stored,
  ): Promise<readonly EngineOutcome[]> {
    const model = await ServedModel.load(stored, { threads: 1 });
    const outcomes: EngineOutcome[] = [];
    await replay({
      venue: VENUE,
      symbol: SYMBOL,
      inputs,
      model,
      onOutcome: (outcome) => outcomes.push(outcome),
    });
    await model.release();
    return outcomes;
  }
  const signalsOf = (outcomes: readonly EngineOutcome[]): readonly Signal[] =>
    outcomes.flatMap((outcome) => (outcome.kind === 'signal' ? [outcome.signal] : []));

  /** Signals of a model are, to the bit, what it makes of the stored bars of those minutes. */
  async function assertScoredByHistory(
    signals: readonly Signal[],
    config: Config,
    stored: StoredModel,
  ): Promise<void> {
    const { bars } = await readData(config);
    const rows = Int32Array.from(signals, (signal) => bars.minuteMs.indexOf(signal.minuteMs));
    await withAudited(stored, async (model) => {
      const { base, audited } = await model.scoreRows(bars.features, rows);
      assertSameBits(
        signals.flatMap((signal) => [...signal.base]),
        base,
        'base',
      );
      assertSameBits(
        signals.flatMap((signal) => [...signal.audited]),
        audited,
        'audited',
      );
    });
    const model = await CalibratedModel.load(stored, { threads: 1 });
    const { probabilities } = await model.scoreRows(bars.features, rows);
    assertSameBits(
      signals.flatMap((signal) => [...signal.probabilities]),
      probabilities,
      'calibrated',
    );
    const sets = predictionSetsOver(bars, rows, probabilities, model.sets);
    await model.release();
    for (const [i, signal] of signals.entries()) {
      assert.equal(signal.price, bars.close[rows[i]!]);
      const { members, abstains } = sets[i]!;
      assert.deepEqual(
        [signal.set, signal.abstains],
        [DIRECTIONS.filter((_, k) => members[k]), abstains],
        `set of signal ${i}`,
      );
    }
  }

  it('outcomes on the road are labels, to the bar, each at the minute in which it becomes known', async () => {
    const { bars, labels } = await readData(road.config);
    const watch = new OutcomeWatch(labels.definition);
    const known = Array.from(bars.minuteMs, (minuteMs, row) =>
      watch.push(minuteMs, bars.features[row * QUANTGOD_9.length + LOG_RETURN_FEATURE]!),
    );
    const { lookaheadMinutes } = labels.definition;
    for (const [row, outcome] of known.entries()) {
      const label = row < lookaheadMinutes ? NO_LABEL : labels.label[row - lookaheadMinutes]!;
      assert.equal(outcome ?? NO_LABEL, label);
    }
    assert.equal(new Set(known).size, 4, 'every class, and not known');
  });

  it('live = history: replayed signals are, to the bit, what history scores; two files at once are one after the other', async () => {
    const first = road.market.archives[0]!;
    const second = await beginningOfLastDay(0.25);
    const together = await outcomesOf([first, second]);
    const signals = signalsOf(together);
    const { sequenceLength } = road.config.base;
    // The first bar has no previous close, the last one is not over, and the window must fill.
    assert.equal(together.at(-1)?.kind, 'incomplete');
    assert.ok(together.length > 1_440 + 300);
    assert.equal(signals.length, together.length - 1 - sequenceLength);

    await assertScoredByHistory(signals, road.config, road.audited.stored);

    const midnightMs = Date.UTC(2025, 0, 2);
    assert.deepEqual(
      signalsOf(await outcomesOf([first])),
      signals.filter((signal) => signal.minuteMs < midnightMs),
    );
    const alone = signalsOf(await outcomesOf([second]));
    assert.equal(alone[0]?.minuteMs, midnightMs + sequenceLength * MINUTE_MS);
    // Its sets have a shorter past: less of the level's way lies behind them.
    const judged = ({ minuteMs, price, base, audited, probabilities, direction, confidence }: Signal) => [
      [minuteMs, price, confidence],
      [base, audited, probabilities],
      direction,
    ];
    assert.deepEqual(alone.map(judged), signals.slice(-alone.length).map(judged));
    await assertScoredByHistory(alone, road.config, road.audited.stored);
    assert.ok(new Set(signals.map(({ set }) => set.join())).size > 1, 'sets must say something');
  });

  it('live = history for a model on the stationary features, which it is known to be', async () => {
    const config = stationary(road.config);
    const { stored } = await trainAndAudit(
      { ...config, base: { ...config.base, epochs: 1 }, auditor: { ...config.auditor, rounds: 5 } },
      'stationary',
    );
    const { featureSet, featureNames } = stored.manifest;
    assert.deepEqual([featureSet, featureNames], ['stationary', STATIONARY]);
    const signals = signalsOf(await outcomesOf([await beginningOfLastDay(0.2)], stored));
    assert.ok(signals.length > 200);
    await assertScoredByHistory(signals, config, stored);
    const store = new RunStore(path.join(folder, 'stationary'));
    try {
      // The run's own configuration names another set: the model's decides.
      const outcome = await evaluate({ ...runOf(road.config), model: modelReference(stored), store });
      assert.equal(outcome.config.features, 'stationary');
    } finally {
      store.close();
    }
    const other = { ...stored, manifest: { ...stored.manifest, featureNames: featureNames.toReversed() } };
    await assert.rejects(ServedModel.load(other), { code: 'MODEL_FEATURES' });
  });

  it('counts samples live for a model that learned from samples', async () => {
    const lines = (await archiveLines(road.market.archives[0]!)).slice(0, 3_000);
    const beginning = path.join(folder, 'beginning.data');
    await writeFile(beginning, `${lines.join('\n')}\n`);
    const grid = { tickSize: '0.0001', lotSize: '1' };
    const expected = streamedBars([lines], grid, 'samples').filter(({ features }) =>
      features.every(Number.isFinite),
    );
    const windows: Float64Array[] = [];
    const model: SignalModel = {
      sequenceLength: 1,
      featureSet: FEATURE_SETS['quantgod-9-samples'],
      score: async (window) => {
        windows.push(window);
        return { base: [0, 1, 0], audited: [0, 1, 0], probabilities: [0, 1, 0] };
      },
      decide: () => 1,
      sets: {
        conformal: { coverage: 0.9, rate: 0, level: 0.1, scores: Float64Array.of(0.5) },
        outcome: { thresholdShort: -1, thresholdLong: 1, lookaheadMinutes: 1 },
      },
    };
    const inputs = [beginning];
    await replay({ venue: VENUE, symbol: SYMBOL, inputs, ...grid, model, onOutcome: () => undefined });
    assert.ok(windows.length > 10);
    assertSameBits(
      windows.flatMap((window) => [...window]),
      expected.flatMap(({ features }) => [...features]),
      'windows of one bar',
    );
    assert.ok(expected.some(({ messages, samples }) => samples < messages));
    for (const [i, { samples }] of expected.entries()) assert.equal(windows[i]![8], Math.log(1 + samples));
  });

  it('purging: every label that anything learned from was known before the first row that judges it', async () => {
    const { config, audited } = road;
    const data = await readData(config);
    const horizonMs = (config.label.lookaheadMinutes! + 1) * MINUTE_MS;
    // Recomputed from the definition, not from the spans that the splits themselves go by.
    const knownMs = (positions: Int32Array): number => data.spans.timeMs[positions.at(-1)!]! + horizonMs;
    const startMs = (positions: Int32Array): number => data.spans.timeMs[positions[0]!]!;
    const { before: development, after: test } = developmentSplit(data, config);
    assert.ok(knownMs(development) <= startMs(test));
    assert.equal(test.at(-1), data.rows.length - 1);

    const folds = walkForwardFolds({
      spans: data.spans,
      rows: development,
      folds: config.validation.folds,
      stoppingShare: config.validation.stopShare,
    });
    assert.equal(folds.length, 2);
    for (const [k, { train, stopping, validation }] of folds.entries()) {
      assert.ok(knownMs(train) <= startMs(stopping));
      assert.ok(knownMs(stopping) <= startMs(validation));
      assert.ok(validation.at(-1)! <= development.at(-1)!);
      // These are the folds that the audit really used.
      const { trainRows, stoppingRows, validationRows, validationFromMs } = audited.folds[k]!;
      assert.deepEqual(
        [trainRows, stoppingRows, validationRows, validationFromMs],
        [train.length, stopping.length, validation.length, startMs(validation)],
      );
    }
    const used = trainingDataOf(audited.stored.manifest);
    assert.equal(used.toMs, knownMs(development));
    assert.equal(used.rows, development.length);
  });

  it('opens the test once: a second model on the same period hears of the first, the first of nobody', async () => {
    const store = new RunStore(road.config.dataDir);
    try {
      const openings = async (model: string): Promise<number> => {
        const { evaluation } = await evaluate({ ...runOf(road.config), model, store });
        const told = evaluation.verdict.some((sentence) => sentence.includes('no longer unseen'));
        assert.equal(told, evaluation.test.earlierOpenings > 0);
        return evaluation.test.earlierOpenings;
      };
      assert.equal(await openings(road.model), 0);
      assert.equal(await openings(road.model), 0, 'the same model again learns nothing new');
      const other = await trainAndAudit(tinyConfig(road.config.dataDir, { seed: 2 }), 'other');
      assert.equal(await openings('other'), 1);
      assert.equal(other.stored.manifest.seed, 2);
      assert.equal(await openings(road.model), 0, 'it came first');
    } finally {
      store.close();
    }
  });

  it('marks everything made of simulated bars, and knows the ceiling on the very test rows', async () => {
    const store = new RunStore(road.config.dataDir);
    const { evaluation, series } = await evaluate({ ...runOf(road.config), model: road.model, store });
    store.close();
    assert.equal(evaluation.synthetic, true);
    assert.ok(evaluation.ceiling !== null && evaluation.ceiling.macroF1 > 0.4);
    assert.equal(evaluation.ceiling.share, evaluation.scores[0]!.macroF1 / evaluation.ceiling.macroF1);
    assert.equal(series.minuteMs.length, evaluation.test.rows);
    const total = evaluation.scores.map(({ confusion }) => confusion.flat().reduce((a, b) => a + b, 0));
    assert.deepEqual(new Set(total), new Set([evaluation.test.rows]));
    assert.ok(evaluation.checks.length >= 6);
    for (const { name, outcome, detail } of evaluation.checks)
      assert.notEqual(outcome, 'failed', `${name}: ${detail}`);
  });
});
