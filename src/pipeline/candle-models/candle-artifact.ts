/** What the manifests of MacroNet and MicroNet have in common. */
import type { MacroManifest } from '../../platform/storage/index.ts';
import type { RunRequest } from '../artifacts.ts';
import { CODE_VERSION } from '../version.ts';
import {
  CANDLE_MODEL_FEATURES,
  type CandleRows,
  type DaySettings,
  hashCandles,
} from '../candle-scoring/index.ts';
import type { StoredSeries } from './stored-series.ts';

interface CandleFacts {
  readonly name: string;
  readonly venue: string;
  readonly series: readonly StoredSeries[];
  /** Rows of a series that anything in the model was fitted on. */
  readonly usedRows: (series: StoredSeries) => CandleRows;
  readonly settings: DaySettings;
  readonly sequenceLength: number;
}

type CommonFacts = Omit<
  MacroManifest,
  'format' | 'version' | 'files' | 'kind' | 'encoder' | 'task' | 'embedding' | 'metrics'
>;

export function candleDraft(
  { config, runId, createdAt }: RunRequest,
  { name, venue, series, usedRows, settings, sequenceLength }: CandleFacts,
): CommonFacts {
  const used = series.map((each) => {
    const rows = usedRows(each);
    return {
      symbol: each.symbol,
      rows: rows.end - rows.start,
      sha256: hashCandles(each.candles, rows),
      fromMs: each.candles.openTimeMs[rows.start]!,
      toMs: each.candles.openTimeMs[rows.end - 1]! + each.intervalMs,
    };
  });
  const [first, ...others] = used;
  const { interval, featureNames } = series[0]!;
  return {
    name,
    runId,
    createdAt,
    codeVersion: CODE_VERSION,
    seed: config.seed,
    featureSet: CANDLE_MODEL_FEATURES,
    featureNames: [...featureNames],
    sequenceLength,
    interval,
    scaling: { kind: settings.scaler, days: settings.days },
    data: {
      venue,
      symbol: first!.symbol,
      fromMs: Math.min(...used.map(({ fromMs }) => fromMs)),
      toMs: Math.max(...used.map(({ toMs }) => toMs)),
      rows: first!.rows,
      sha256: first!.sha256,
      synthetic: series.some(({ synthetic }) => synthetic),
      ...(others.length === 0
        ? {}
        : { companions: others.map(({ symbol, rows, sha256 }) => ({ symbol, rows, sha256 })) }),
    },
    config,
  };
}
