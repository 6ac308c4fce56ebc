import assert from 'node:assert/strict';
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type CandleTable } from '../../domain/candles/index.ts';
import { ConfigError, DataError, DAY_MS, dayOf, isoDay, NEUTRAL, NO_LABEL } from '../../domain/core/index.ts';
import { labelByThreshold } from '../../domain/labels/index.ts';
import { AdaptiveThresholds } from '../../domain/signals/index.ts';
import { CandleModel, cutTable, scoreCandles, trainMacro, trainMicro } from '../candle-models/index.ts';
import {
  hourly,
  requestOf,
  smallConfig,
  START_MS,
  storeCandles,
} from '../candle-models/candle-models.fixture.ts';
import type { JournalLine } from './journal.ts';
import { rehearse } from './rehearse.ts';
import { REHEARSAL_DEFAULTS, type RehearsalRequest } from './request.ts';
import { writeRehearsal } from './write-rehearsal.ts';

const DAYS = 36;
const TAUGHT_DAYS = 18;
const day = (n: number): string => isoDay(START_MS + n * DAY_MS);
const MARKETS: Readonly<Record<string, CandleTable>> = { AAA: hourly(1, DAYS), BBB: hourly(2, DAYS) };

describe('rehearse', () => {
  let home = '';
  /** A data folder with models and candles, never rehearsed in. */
  let seed = '';
  let copies = 0;
  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'tidemark-rehearsal-'));
    seed = path.join(home, 'seed');
    await mkdir(seed);
    for (const [symbol, candles] of Object.entries(MARKETS)) await storeCandles(seed, symbol, candles);
    const taught = { from: day(0), to: day(TAUGHT_DAYS - 1) };
    const config = smallConfig(seed, { micro: { epochs: 1, label: { horizonCandles: 3, threshold: 0.01 } } });
    await trainMacro(requestOf(config, { name: 'days', ...taught }));
    await trainMicro(requestOf(config, { name: 'hours', macro: 'days', ...taught }));
    await trainMicro(requestOf(config, { name: 'alone', macro: null, ...taught }));
  });
  after(async () => await rm(home, { recursive: true }));

  async function copy(): Promise<string> {
    const dataDir = path.join(home, `copy-${copies++}`);
    await cp(seed, dataDir, { recursive: true });
    return dataDir;
  }

  function asked(dataDir: string, change: Partial<RehearsalRequest> = {}): RehearsalRequest {
    return {
      config: smallConfig(dataDir),
      runId: 'run',
      createdAt: '2026-01-01T00:00:00Z',
      model: 'hours',
      market: 'futures-um',
      interval: '1h',
      symbols: ['AAA', 'BBB'],
      retrain: 'never',
      ...REHEARSAL_DEFAULTS,
      from: day(TAUGHT_DAYS - 2),
      to: day(DAYS - 1),
      policy: { everyDays: 5 },
      fresh: false,
      signal: new AbortController().signal,
      ...change,
    };
  }

  async function bytesOf(dataDir: string): Promise<Readonly<Record<string, string>>> {
    const folder = path.join(dataDir, 'rehearsals');
    const files = (await readdir(folder, { recursive: true })).filter((file) => /\.jsonl?$/.test(file));
    const texts = files
      .toSorted()
      .map(async (file) => [file, await readFile(path.join(folder, file), 'utf8')]);
    return Object.fromEntries(await Promise.all(texts)) as Record<string, string>;
  }

  /** Stops when so many days are over. */
  async function interrupted(request: RehearsalRequest, days: number): Promise<void> {
    const abort = new AbortController();
    let seen = 0;
    const stopped = rehearse({
      ...request,
      signal: abort.signal,
      onProgress: (_, text) => {
        if (/^\d{4}-\d{2}-\d{2}$/.test(text) && seen++ === days) abort.abort(new Error('stop'));
      },
    });
    await assert.rejects(stopped, /stop/);
  }

  const withoutChecks = (lines: readonly JournalLine[]): unknown[] =>
    lines.map((line) => ({ ...line, check: undefined }));

  it('ends with the same bytes however often it was interrupted, retrainings included', async () => {
    for (const retrain of ['never', 'policy'] as const) {
      const [whole, broken] = [await copy(), await copy()];
      const { lines, played } = await rehearse(asked(whole, { retrain }));
      assert.equal(played, 20);
      const made = lines.flatMap(({ retrained }) => (retrained === null ? [] : [retrained]));
      assert.equal(made.length > 0, retrain === 'policy');
      for (const { trainedUntilMs, fromMs } of made) assert.ok(trainedUntilMs <= fromMs);
      for (const days of [0, 3, 4]) await interrupted(asked(broken, { retrain }), days);
      const resumed = await rehearse(asked(broken, { retrain }));
      assert.equal(resumed.reused, 7);
      assert.deepEqual(await bytesOf(broken), await bytesOf(whole));
      const again = await rehearse(asked(broken, { retrain }));
      assert.deepEqual([again.played, again.reused], [0, 20]);
    }
  });

  it('takes a line without its state, or half a line, for a day that is not over', async () => {
    const [whole, broken] = [await copy(), await copy()];
    const { journal } = await rehearse(asked(whole));
    const place = path.relative(whole, path.dirname(journal));
    await rehearse(asked(broken, { to: day(DAYS - 6) }));
    const state = await readFile(path.join(broken, place, 'state.json'));
    await rehearse(asked(broken, { to: day(DAYS - 4) }));
    await writeFile(path.join(broken, place, 'state.json'), state);
    await appendFile(path.join(broken, place, 'journal.jsonl'), '{"day":"2025-0');
    const { reused } = await rehearse(asked(broken));
    assert.equal(reused, 15);
    assert.deepEqual(await bytesOf(broken), await bytesOf(whole));
  });

  it('says of a day what it would say if nothing had come after it', async () => {
    const [whole, cut] = [await copy(), await copy()];
    const { lines } = await rehearse(asked(whole, { retrain: 'policy' }));
    const rows = (DAYS - 9) * 24;
    for (const [symbol, candles] of Object.entries(MARKETS)) {
      await rm(path.join(cut, 'candles', 'venue=binance-usdm', `symbol=${symbol}`), { recursive: true });
      await storeCandles(cut, symbol, cutTable(candles, { start: 0, end: rows }));
    }
    const early = await rehearse(asked(cut, { to: day(DAYS - 10), retrain: 'policy' }));
    assert.ok(early.lines.some(({ retrained }) => retrained !== null));
    assert.equal(early.lines.length, 11);
    assert.deepEqual(withoutChecks(early.lines), withoutChecks(lines.slice(0, 11)));
  });

  it('counts what labels, which look ahead, would have said', async () => {
    const dataDir = await copy();
    const { lines } = await rehearse(asked(dataDir, { symbols: ['AAA'] }));
    const candles = MARKETS['AAA']!;
    const [fromMs, toMs] = [START_MS + (TAUGHT_DAYS - 2) * DAY_MS, START_MS + DAYS * DAY_MS];
    const model = await CandleModel.load(dataDir, 'hours');
    const span = { symbol: 'AAA', candles };
    const before = await scoreCandles(model, { ...span, fromMs: fromMs - 48 * 3_600_000, toMs: fromMs });
    const { score, openTimeMs } = await scoreCandles(model, { ...span, fromMs, toMs });
    await model.release();
    const rule = new AdaptiveThresholds(model.manifest.thresholds.adaptive);
    for (const each of before.score) rule.decide(each);
    const rules = { horizonCandles: 3, threshold: 0.01 };
    const { label, outcome, labelEndMs } = labelByThreshold({ ...candles, intervalMs: 3_600_000 }, rules);
    const first = candles.openTimeMs.indexOf(fromMs);
    const expected = lines.map(() => ({ signals: 0, hits: 0, precise: 0, moves: 0 }));
    for (const [i] of openTimeMs.entries()) {
      const { direction } = rule.decide(score[i]!);
      const row = first + i;
      if (label[row] === NO_LABEL || labelEndMs[row]! > toMs) continue;
      const known = expected[(dayOf(labelEndMs[row]! - 1) - fromMs) / DAY_MS]!;
      known.moves += Number(label[row] !== NEUTRAL);
      if (direction === NEUTRAL) continue;
      known.signals++;
      known.hits += Number(outcome[row]! > 0 === (direction === 2));
      known.precise += Number(label[row] === direction);
    }
    assert.deepEqual(
      lines.map(({ records: [record] }) => {
        const { signals, hits, precise, moves } = record!.tally;
        return { signals, hits, precise, moves };
      }),
      expected,
    );
    assert.ok(expected.some(({ hits }) => hits > 0));
  });

  it('marks days in training, keeps an account a symbol, and reports', async () => {
    const dataDir = await copy();
    const request = asked(dataDir);
    const rehearsed = await rehearse(request);
    const { result, verdict, report } = await writeRehearsal(rehearsed, request);
    assert.deepEqual([result.figures.days + result.trainingDays, result.trainingDays], [20, 1]);
    const [a, b] = result.days.map((days) => days.at(-1)!);
    assert.notEqual(a!.equity, b!.equity);
    assert.match(verdict[0]!, /^Cannot be concluded: 19 days/);
    assert.match(verdict.join(' '), /1 day lies in the time/);
    assert.match(await readFile(report.html, 'utf8'), /PARTLY IN TRAINING/);
    const alone = await rehearse(asked(dataDir, { model: 'alone' }));
    assert.equal(alone.lines.at(-1)!.records[0]!.embedding, null);
    assert.ok(alone.lines.at(-1)!.records[0]!.scored > 0);
  });

  it('refuses what does not fit, and says what to do', async () => {
    const dataDir = await copy();
    const refused = async (
      change: Partial<RehearsalRequest>,
      kind: typeof ConfigError | typeof DataError,
      said: RegExp,
    ) =>
      await assert.rejects(rehearse(asked(dataDir, change)), (error: unknown) => {
        assert.ok(error instanceof kind, String(error));
        assert.match(error.message, said);
        return true;
      });
    await refused({ interval: '5m' }, ConfigError, /--interval: hours@1 was taught on candles of 1h, not 5m/);
    await refused({ market: 'spot' }, ConfigError, /--market: hours@1 was taught on binance-usdm/);
    await refused({ symbols: ['CCC'] }, DataError, /no candles of .*CCC.*tidemark ingest candles/);
    await refused({ to: day(DAYS + 3) }, DataError, /AAA 1h: candles are stored from .* ingest candles/);
    await refused(
      { from: '2025-02-30', costBps: -1, positionShare: 2 },
      ConfigError,
      /--from[^]*--cost-bps[^]*--position/,
    );
    await refused({ to: day(1) }, ConfigError, /--to: .* is before --from/);
    await refused({ model: 'days' }, ConfigError, /is a macro model/);
    await refused({ policy: { everyDays: 0 } }, ConfigError, /everyDays/);
    const { journal } = await rehearse(asked(dataDir));
    const text = await readFile(journal, 'utf8');
    await writeFile(journal, text.replace('"buys":', '"buys": '));
    await refused({}, DataError, /line 1 is not what was written; .* --fresh/);
    await writeFile(journal, text);
    await rm(path.join(dataDir, 'candles', 'venue=binance-usdm', 'symbol=BBB'), { recursive: true });
    await storeCandles(dataDir, 'BBB', hourly(7, DAYS));
    await refused({}, DataError, /BBB: the candles of 2025-01-17 are not those/);
    const fresh = await rehearse(asked(dataDir, { fresh: true }));
    assert.equal(fresh.played, 20);
  });
});
