/**
 * The signals of an audited model on its test period, which nothing in it has learned from. Looking at them opens the test,
 * and the opening is recorded as `evaluate` records it (decision 0009).
 */
import { CLASS_COUNT, DIRECTIONS, BUY, MINUTE_MS, NEUTRAL, SELL } from '../../domain/core/index.ts';
import { bootstrapSums, decide } from '../../domain/validation/index.ts';
import { type AnyModelManifest, trainingDataOf } from '../../platform/storage/index.ts';
import { predictionSetsOver } from '../../trading/engine/index.ts';
import { modelHash, modelReference } from '../artifacts.ts';
import type { Config } from '../config.ts';
import { type EvaluateRequest, loadAudited, openTest } from '../evaluate/open-test.ts';
import { boundsOf } from '../evaluate/score.ts';
import { barRows, labelsAt, timesAt } from '../evaluate/test-rows.ts';
import { CalibratedModel } from '../live/index.ts';
import type { SignalQuality } from '../report/index.ts';
import { barMarket, type BacktestMarket } from './markets.ts';
import { saidBy, type SignalInput } from './signal-source.ts';

export interface ModelSignals {
  readonly manifest: AnyModelManifest;
  readonly modelSha256: string;
  readonly model: string;
  /** The run's configuration with the model's recipe; positions are held for the lookahead unless it says otherwise. */
  readonly config: Config;
  readonly market: BacktestMarket;
  readonly input: SignalInput;
  readonly earlierOpenings: number;
  /** `[judged]` rows of the market, and what came of them. */
  readonly judgedRows: Int32Array;
  readonly labels: Int8Array;
  /** Bars that a label looks ahead. */
  readonly lookaheadBars: number;
}

/** Bars after the last signal that a position may need: its holding time, and some that do not trade. */
export const MARGIN_BARS = 10;

export async function modelSignals(
  request: EvaluateRequest,
  { depth }: { readonly depth: boolean },
): Promise<ModelSignals> {
  const stored = await loadAudited(request);
  const opened = await openTest(request, stored);
  const { data, test } = opened.rows;
  const rows = barRows(data, test);
  const model = await CalibratedModel.load(stored, { threads: request.config.threads });
  try {
    const { probabilities } = await model.scoreRows(data.bars.features, rows);
    const sets = predictionSetsOver(data.bars, rows, probabilities, model.sets);
    const { lookaheadMinutes } = stored.manifest.label;
    const { venue, symbol } = trainingDataOf(stored.manifest);
    const { backtest } = opened.config;
    const holdBars = backtest.holdBars ?? lookaheadMinutes;
    const tail = (holdBars + (backtest.delayBars ?? 1) + MARGIN_BARS) * MINUTE_MS;
    const market = await barMarket(
      { dataDir: opened.config.dataDir, venue, symbol },
      { fromMs: opened.period.fromMs, toMs: opened.period.toMs + tail, depth },
    );
    const rowAt = new Map(Array.from(market.checked.candles.openTimeMs, (ms, row) => [ms, row]));
    const judgedRows = Int32Array.from(timesAt(data, test), (ms) => rowAt.get(ms)!);
    const size = market.checked.candles.openTimeMs.length;
    const input = {
      kind: 'model' as const,
      probabilities: new Float64Array(size * CLASS_COUNT).fill(Number.NaN),
      decisions: new Int8Array(size).fill(NEUTRAL),
      sets: new Int8Array(size).fill(NEUTRAL),
    };
    const decided = decide(probabilities, model.calibration.audited.decision);
    judgedRows.forEach((row, i) => {
      input.probabilities.set(
        probabilities.subarray(i * CLASS_COUNT, (i + 1) * CLASS_COUNT),
        row * CLASS_COUNT,
      );
      input.decisions[row] = decided[i]!;
      const { members, abstains } = sets[i]!;
      if (!abstains) input.sets[row] = members[BUY]! ? BUY : SELL;
    });
    return {
      manifest: stored.manifest,
      modelSha256: modelHash(stored.files),
      model: modelReference(stored),
      config: { ...opened.config, backtest: { ...backtest, holdBars } },
      market,
      input,
      earlierOpenings: opened.earlierOpenings,
      judgedRows,
      labels: labelsAt(data, test),
      lookaheadBars: lookaheadMinutes,
    };
  } finally {
    await model.release();
  }
}

/**
 * Precision and recall of what the rule in force says, against the labels, with block-bootstrap intervals; several symbols
 * together, one after the other.
 */
export function signalQuality(signals: readonly ModelSignals[]): readonly SignalQuality[] {
  const { config, lookaheadBars } = signals[0]!;
  const said = Int8Array.from(
    signals.flatMap(({ input, judgedRows }) => {
      const own = saidBy(input, config.backtest);
      return Array.from(judgedRows, (row) => own[row]!);
    }),
  );
  const labels = Int8Array.from(signals.flatMap((each) => [...each.labels]));
  const resampling = {
    expectedBlockRows: lookaheadBars,
    replicates: config.evaluation.bootstrapSamples,
    seed: config.seed,
  };
  return ([SELL, BUY] as const).map((direction) => {
    const speaks = Float64Array.from(said, (each) => Number(each === direction));
    const isOne = Float64Array.from(labels, (label) => Number(label === direction));
    const right = speaks.map((speak, i) => speak * isOne[i]!);
    const [precision, recall] = bootstrapSums([speaks, isOne, right], resampling, [
      (sums) => sums[2]! / sums[0]!,
      (sums) => sums[2]! / sums[1]!,
    ]);
    const known = (value: number): number | null => (Number.isNaN(value) ? null : value);
    const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
    return {
      direction: DIRECTIONS[direction],
      signals: sum(speaks),
      precision: known(precision!.estimate),
      precisionInterval: Number.isNaN(precision!.estimate) ? null : boundsOf(precision!),
      recall: known(recall!.estimate),
      recallInterval: Number.isNaN(recall!.estimate) ? null : boundsOf(recall!),
      prevalence: sum(isOne) / labels.length,
    };
  });
}
