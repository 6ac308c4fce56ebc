/** What a MacroNet's artifact says about its embeddings, measured on the development period. */
import { DAY_MS, DataError } from '../../domain/core/index.ts';
import {
  collapseReport,
  type DriftReport,
  embeddingDrift,
  type MacroModel,
  type ReconstructionReport,
  reconstructionLoss,
  scaledWindows,
  timeSplit,
  type WindowSet,
} from '../../learning/candles/index.ts';
import { type CandleSeries, type DaySettings, daysOf } from '../candle-scoring/index.ts';
import { windowSet } from './macro-windows.ts';

export interface EmbeddingFigures {
  /** Symbol-days. */
  readonly days: number;
  readonly collapse: {
    readonly collapsed: boolean;
    readonly reason: string;
    readonly effectiveRank: number;
    readonly deadDimensions: number;
  };
  readonly drift: DriftReport;
  /** Ridge regression of the scaled windows from the embedding, judged on later days; null with too few days. */
  readonly reconstruction: Pick<ReconstructionReport, 'loss' | 'meanLoss' | 'explained'> | null;
}

/** Values of all targets together that are rebuilt at most: 64 MiB. Above it days are left out evenly. */
const MOST_VALUES = 8 * 1024 * 1024;
const TEST_SHARE = 0.2;

/** @throws {DataError} with fewer than 3 symbol-days */
export async function embeddingFigures(
  macro: MacroModel,
  series: readonly CandleSeries[],
  { settings, untilMs }: { readonly settings: DaySettings; readonly untilMs: number },
): Promise<EmbeddingFigures> {
  const windows = windowSet(series, settings, (each) => daysOf(each).filter((dayMs) => dayMs <= untilMs));
  const embeddings = await macro.embed(windows);
  const set = { size: macro.size, embeddings, ...placesOf(series, windows) };
  const { collapsed, reason, effectiveRank, deadDimensions } = collapseReport(set);
  return {
    days: windows.ends.length,
    collapse: { collapsed, reason, effectiveRank, deadDimensions },
    drift: embeddingDrift(set),
    reconstruction: reconstruction(macro, windows, { embeddings, endMs: set.timeMs, days: settings.days }),
  };
}

/** Whose window each is, and when it ends. */
function placesOf(series: readonly CandleSeries[], { ends }: WindowSet) {
  let offset = 0;
  const firstRows = series.map(({ candles }) => (offset += candles.rows) - candles.rows);
  const symbolOf = Int32Array.from(ends, (end) => firstRows.findLastIndex((first) => first <= end));
  const timeMs = Float64Array.from(ends, (end, i) => {
    const { candles, intervalMs } = series[symbolOf[i]!]!;
    return candles.openTimeMs[end - firstRows[symbolOf[i]!]!]! + intervalMs;
  });
  return { symbolOf, timeMs };
}

interface EmbeddedWindows {
  readonly embeddings: Float64Array;
  readonly endMs: Float64Array;
  readonly days: number;
}

function reconstruction(
  { size, description }: MacroModel,
  windows: WindowSet,
  { embeddings, endMs, days }: EmbeddedWindows,
): EmbeddingFigures['reconstruction'] {
  const length = description.model.sequenceLength;
  const width = length * windows.featureNames.length;
  const every = Math.ceil((windows.ends.length * width) / MOST_VALUES);
  const kept = Int32Array.from(windows.ends.keys()).filter((i) => i % every === 0);
  const thinned = {
    ...windows,
    ends: kept.map((i) => windows.ends[i]!),
    scales: Array.from(kept, (i) => windows.scales[i]!),
  };
  const some = new Float64Array(kept.length * size);
  for (const [i, row] of kept.entries())
    some.set(embeddings.subarray(row * size, (row + 1) * size), i * size);
  const knownMs = Float64Array.from(kept, (i) => endMs[i]!);
  const timeMs = knownMs.map((ms) => ms - days * DAY_MS);
  try {
    const split = timeSplit({ timeMs, knownMs, testShare: TEST_SHARE });
    const targets = scaledWindows(thinned, length);
    const report = reconstructionLoss({ size, embeddings: some }, { targets, width }, split);
    const { loss, meanLoss, explained } = report;
    return { loss, meanLoss, explained };
  } catch (error) {
    if (error instanceof DataError) return null;
    throw error;
  }
}
