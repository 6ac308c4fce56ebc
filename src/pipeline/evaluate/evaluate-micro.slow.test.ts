/** A MicroNet judged, replayed and traded: all three say the same of the same candles. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DIRECTIONS } from '../../domain/core/index.ts';
import { RunStore } from '../../platform/storage/index.ts';
import { prepare } from '../backtest/prepare.ts';
import { hourly, requestOf, smallConfig, storeCandles } from '../candle-models/candle-models.fixture.ts';
import { readReplaySeries } from '../candle-models/replay-series.ts';
import { trainMacro } from '../candle-models/train-macro.ts';
import { trainMicro } from '../candle-models/train-micro.ts';
import { CandleModel, type DayOutcome } from '../candle-scoring/index.ts';
import { type Config, parseConfig } from '../config.ts';
import { type CandleSignal, replayCandles } from '../live/index.ts';
import type { Check } from '../report/index.ts';
import { evaluate } from './evaluate.ts';
import { microChecks } from './micro-checks.ts';
import { microJudges } from './micro-judges.ts';
import { type OpenedMicro, type OpenedSymbol, openMicroTest } from './open-micro.ts';
import { decisionsOf } from './score.ts';

const QUICK = { bootstrapSamples: 100, nullDraws: 3, nullRows: 500, nullRounds: 3, probeCuts: 3 };

describe('a MicroNet on trial', () => {
  let dataDir = '';
  let store: RunStore;
  before(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'tidemark-trial-'));
    store = new RunStore(dataDir);
    for (const [i, symbol] of ['AAA', 'BBB'].entries()) await storeCandles(dataDir, symbol, hourly(i + 1));
    await trainMacro(requestOf(smallConfig(dataDir), { name: 'days' }));
    for (const output of ['score', 'classes']) {
      const config = smallConfig(dataDir, { micro: { output, classWeights: [2, 1, 2] } });
      await trainMicro(requestOf(config, { name: output, macro: output === 'classes' ? 'days' : null }));
    }
  });
  after(async () => {
    store.close();
    await rm(dataDir, { recursive: true });
  });

  const config = (): Config => parseConfig({ dataDir, threads: 1, evaluation: QUICK });
  const request = (model: string, symbol?: string) => ({
    config: config(),
    runId: `evaluate-${model}`,
    createdAt: '2026-01-02T00:00:00Z',
    signal: new AbortController().signal,
    model,
    symbol,
    store,
  });
  async function opened<T>(
    model: string,
    use: (model: CandleModel, opened: OpenedMicro, symbol: OpenedSymbol) => Promise<T>,
  ): Promise<T> {
    const loaded = await CandleModel.load(dataDir, model);
    try {
      const test = await openMicroTest(request(model), loaded);
      return await use(loaded, test, test.symbols[0]!);
    } finally {
      await loaded.release();
    }
  }

  for (const [i, output] of (['score', 'classes'] as const).entries()) {
    it(`is judged beside baselines, against nulls, and checked for leaks: ${output}`, async () => {
      const { evaluation, series, manifest } = await evaluate(request(output, 'BBB'));
      const { scores, differences, slices, checks, nulls, seeds, splits, test } = evaluation;
      assert.deepEqual(
        scores.map(({ id }) => id),
        ['micro', 'adaptive', 'network', 'boosting', 'logistic', 'persistence', 'prior'].filter(
          (id) => (id !== 'network' && id !== 'adaptive') || output === 'classes',
        ),
      );
      assert.equal(differences.length, scores.length - 1);
      for (const { confusion } of scores)
        assert.equal(
          confusion.flat().reduce((a, b) => a + b),
          test.rows,
        );
      for (const check of checks) assert.equal(check.outcome, 'passed', `${check.name}: ${check.detail}`);
      assert.equal(checks.length, 7);
      assert.equal(nulls.length, 4);
      assert.ok(slices.some(({ by }) => by === 'volatility') && seeds.length === 1);
      assert.deepEqual(
        splits[0]!.parts.map(({ use }) => use),
        ['train', 'purged', 'stopping', 'purged', 'test'],
      );
      assert.equal(series.decisions.length, test.rows);
      assert.deepEqual([evaluation.symbol, evaluation.rowMinutes], ['BBB', 60]);
      // The model before was judged on the same period of the same symbol.
      assert.equal(test.earlierOpenings, i);
      assert.equal(evaluation.predictionSets, null);
      assert.ok(evaluation.scoreFigures!.signals.decisions === test.rows, 'thresholds are ready at once');
      assert.equal(manifest.kind, 'micro');
      assert.match(evaluation.verdict.at(-1)!, /^One test period of one symbol/);
      const again = await evaluate(request(output, 'BBB'));
      assert.deepEqual(again.evaluation, evaluation);
    });

    it(`says the same in replay, to the bit: ${output}`, async () => {
      await opened(output, async (model, _, { symbol, rows, scores, firstScored, ...own }) => {
        const { series, ...span } = await readReplaySeries(model, { dataDir, symbol });
        const signals = new Map<number, CandleSignal>();
        const result = await replayCandles({
          model,
          symbol,
          candles: series.candles,
          ...span,
          onOutcome: (outcome) => {
            if (outcome.kind === 'signal') signals.set(outcome.signal.openTimeMs, outcome.signal);
          },
        });
        assert.equal(result.signals, signals.size);
        const judged = decisionsOf(
          microJudges(model, { symbol, rows, scores, firstScored, ...own }).adaptive,
        );
        assert.ok(new Set(judged).size === 3, 'all three directions come up');
        for (const [i, position] of rows.test.entries()) {
          const row = rows.data.rows[position]!;
          const at = row - firstScored;
          const replayed = signals.get(rows.data.bars.minuteMs[row]!)!;
          assert.ok(Object.is(replayed.score, scores.score[at]));
          assert.deepEqual(
            replayed.probabilities,
            scores.probabilities === null ? null : [...scores.probabilities.subarray(3 * at, 3 * at + 3)],
          );
          assert.equal(replayed.direction, DIRECTIONS[judged[i]!]);
          assert.equal(replayed.abstains, replayed.direction === 'NEUTRAL');
          assert.equal(replayed.price, rows.data.bars.close[row]);
        }
      });
    });

    it(`is traded on all its symbols by the same directions, in its test period alone: ${output}`, async () => {
      const { model: _, ...run } = request(output);
      const prepared = await prepare({
        ...run,
        source: { kind: 'model', model: output },
        range: { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY },
        depth: true,
        funding: false,
        recording: null,
        scores: null,
      });
      assert.deepEqual(
        prepared.markets.map(({ symbol }) => symbol),
        ['AAA', 'BBB'],
      );
      assert.equal(prepared.config.backtest.holdBars, 3);
      assert.match(prepared.name, /adaptive thresholds$/);
      assert.equal(prepared.quality.length, 2);
      await opened(output, async (model, { symbols }) => {
        for (const [k, symbol] of symbols.entries()) {
          const { model: judge, adaptive } = microJudges(model, symbol);
          const [market, input] = [prepared.markets[k]!, prepared.inputs[k]!];
          assert.equal(market.checked.candles.openTimeMs[0], symbol.period.fromMs);
          assert.ok(symbol.period.fromMs >= model.manifest.testFromMs);
          if (input.kind !== 'model') assert.fail(input.kind);
          const judged = symbol.rows.test.length;
          assert.deepEqual(input.sets.slice(0, judged), decisionsOf(adaptive));
          assert.deepEqual(input.decisions.slice(0, judged), decisionsOf(judge));
          assert.deepEqual(input.probabilities.slice(0, 3 * judged), judge.probabilities);
        }
      });
    });
  }

  it('fails by name where something knew more than it may', async () => {
    await opened('classes', async (model, test, symbol) => {
      const failed = async (change: Partial<OpenedSymbol>): Promise<readonly string[]> =>
        (await microChecks(model, test, { ...symbol, ...change }))
          .filter(({ outcome }: Check) => outcome === 'failed')
          .map(({ name }) => name);
      assert.deepEqual(await failed({}), []);
      const embedded = (day: DayOutcome | undefined) => (day?.kind === 'embedded' ? day : undefined);
      const days = symbol.days.map((day, i) => {
        const next = embedded(symbol.days[i + 1]);
        return day.kind === 'skipped' || next === undefined ? day : { ...next, dayMs: day.dayMs };
      });
      assert.deepEqual(await failed({ days }), ['look-ahead probe', 'scaler on the days before']);
      const { scores } = symbol;
      const probabilities = scores.probabilities!.map((_, i, all) => all[i + 3] ?? 0);
      assert.deepEqual(await failed({ scores: { ...scores, probabilities } }), ['look-ahead probe']);
    });
  });

  it('refuses a symbol that it was not trained on', async () => {
    await assert.rejects(evaluate(request('classes', 'CCC')), /--symbol: classes@1 is of AAA, BBB, not CCC/);
  });
});
