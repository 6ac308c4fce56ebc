/**
 * The signals of a MicroNet on its test period, of every symbol that it was trained on. Looking at them opens the test, and
 * the opening is recorded as `evaluate` records it (decision 0009).
 */
import { CLASS_COUNT, ConfigError, NEUTRAL } from '../../domain/core/index.ts';
import { CandleModel } from '../candle-scoring/index.ts';
import { microJudges } from '../evaluate/micro-judges.ts';
import { type OpenedMicro, type OpenedSymbol, openMicroTest } from '../evaluate/open-micro.ts';
import type { EvaluateRequest } from '../evaluate/open-test.ts';
import { decisionsOf } from '../evaluate/score.ts';
import { labelsAt, timesAt } from '../evaluate/test-rows.ts';
import { candleMarket } from './markets.ts';
import { MARGIN_BARS, type ModelSignals } from './model-signals.ts';

/** One of each symbol, in the order of the model. What `sets` are to an audited model, adaptive thresholds are here. */
export async function microSignals(
  request: EvaluateRequest,
  { recording }: { readonly recording: readonly string[] | null },
): Promise<readonly ModelSignals[]> {
  if (recording !== null) {
    throw new ConfigError([
      { path: '--in', message: 'a MicroNet trades stored candles: leave --engine and --in' },
    ]);
  }
  const { dataDir, threads } = request.config;
  const model = await CandleModel.load(dataDir, request.model, { threads });
  try {
    const opened = await openMicroTest(request, model);
    const signals: ModelSignals[] = [];
    for (const symbol of opened.symbols) signals.push(await signalsOf(model, opened, symbol));
    return signals;
  } finally {
    await model.release();
  }
}

async function signalsOf(
  model: CandleModel,
  { config }: OpenedMicro,
  opened: OpenedSymbol,
): Promise<ModelSignals> {
  const { symbol, series, rows, period, earlierOpenings } = opened;
  const { manifest, interval } = model;
  const { venue } = manifest.data;
  const { horizonCandles } = manifest.label;
  const { backtest, dataDir } = config;
  const holdBars = backtest.holdBars ?? horizonCandles;
  const tailMs = (holdBars + (backtest.delayBars ?? 1) + MARGIN_BARS) * series.intervalMs;
  const market = await candleMarket(
    { dataDir, venue, symbol, interval },
    { fromMs: period.fromMs, toMs: period.toMs + tailMs },
  );
  const { openTimeMs } = market.checked.candles;
  const rowAt = new Map(Array.from(openTimeMs, (ms, row) => [ms, row]));
  const judgedRows = Int32Array.from(timesAt(rows.data, rows.test), (ms) => rowAt.get(ms)!);
  const judges = microJudges(model, opened);
  const { probabilities } = judges.model;
  const [decided, directions] = [decisionsOf(judges.model), decisionsOf(judges.adaptive)];
  const input = {
    kind: 'model' as const,
    probabilities: new Float64Array(openTimeMs.length * CLASS_COUNT).fill(Number.NaN),
    decisions: new Int8Array(openTimeMs.length).fill(NEUTRAL),
    sets: new Int8Array(openTimeMs.length).fill(NEUTRAL),
  };
  judgedRows.forEach((row, i) => {
    input.probabilities.set(
      probabilities.subarray(i * CLASS_COUNT, (i + 1) * CLASS_COUNT),
      row * CLASS_COUNT,
    );
    input.decisions[row] = decided[i]!;
    input.sets[row] = directions[i]!;
  });
  return {
    manifest,
    modelSha256: model.sha256,
    model: model.reference,
    config: { ...config, backtest: { ...backtest, holdBars } },
    market,
    input,
    earlierOpenings,
    judgedRows,
    labels: labelsAt(rows.data, rows.test),
    lookaheadBars: horizonCandles,
  };
}
