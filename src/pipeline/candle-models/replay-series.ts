/** The stored candles that a replay streams, with those before them that it hangs on. */
import type { TimeSpan } from '../../domain/candles/index.ts';
import { ConfigError, type ConfigProblem } from '../../domain/core/index.ts';
import { type CandleModel, directionsFromMs } from '../candle-scoring/index.ts';
import { symbolHashes } from './macro-fits.ts';
import { spanOf } from './request.ts';
import { readSeries, type StoredSeries } from './stored-series.ts';

export interface ReplaySeriesRequest {
  readonly dataDir: string;
  /** Default: the first that the model was trained on. */
  readonly symbol?: string | undefined;
  /** First and last day (`2025-12-01`) or month, both included; default from where the model's test begins to the end. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface ReplaySeries extends TimeSpan {
  readonly series: StoredSeries;
  /** Whether the model was trained on this symbol. */
  readonly isOwn: boolean;
}

/** @throws ConfigError for times that are none; DataError when there are no candles, naming the command that brings them */
export async function readReplaySeries(
  model: CandleModel,
  { dataDir, from, to, ...request }: ReplaySeriesRequest,
): Promise<ReplaySeries> {
  const { manifest, interval } = model;
  const { venue } = manifest.data;
  const problems: ConfigProblem[] = [];
  const span = spanOf({ from, to }, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  const { fromMs = manifest.testFromMs, toMs = Number.POSITIVE_INFINITY } = span;
  if (toMs <= fromMs) {
    throw new ConfigError([
      { path: '--to', message: `${to} is before the model’s test period: give --from, too` },
    ]);
  }
  const symbol = (request.symbol ?? manifest.data.symbol).toUpperCase();
  const series = await readSeries(
    { dataDir, venue, symbol, interval },
    { fromMs: directionsFromMs(model, fromMs), toMs },
  );
  return { series, fromMs, toMs, isOwn: symbolHashes(manifest).has(symbol) };
}
