/** Stored candles with their features. */
import type { TimeSpan } from '../../domain/candles/index.ts';
import { DataError, isoMinute } from '../../domain/core/index.ts';
import type { CandleLocation } from '../../platform/storage/index.ts';
import { type CandleSeries, candleSeries, cutTable, rowsBetween } from '../candle-scoring/index.ts';
import { loadCandles } from '../candles/index.ts';

export interface StoredSeries extends CandleSeries {
  readonly synthetic: boolean;
}

/**
 * Stored candles that open in the span, and no others.
 * @throws DataError when there are none, naming the command that brings them
 */
export async function readSeries(location: CandleLocation, span: Partial<TimeSpan>): Promise<StoredSeries> {
  const { symbol, interval } = location;
  const { candles, manifests } = await loadCandles({ ...location, ...span });
  const rows = rowsBetween(candles.openTimeMs, {
    fromMs: span.fromMs ?? Number.NEGATIVE_INFINITY,
    toMs: span.toMs ?? Number.POSITIVE_INFINITY,
  });
  if (rows.end === rows.start) {
    throw new DataError(
      `no candles of ${symbol} ${interval} in this time; stored are ${isoMinute(candles.openTimeMs[0]!)} to ` +
        `${isoMinute(candles.openTimeMs.at(-1)!)}: run \`tidemark ingest candles\` for the months that are missing`,
      { code: 'CANDLES_MISSING', context: { symbol } },
    );
  }
  const synthetic = manifests.some((manifest) => manifest.synthetic !== null);
  return { ...candleSeries(symbol, interval, cutTable(candles, rows)), synthetic };
}
