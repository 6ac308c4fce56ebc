/** Stored candles for whoever builds on them: only files whose bytes are those that ingest wrote. */
import { type CandleTable, monthSpan } from '../../domain/candles/index.ts';
import { DataError } from '../../domain/core/index.ts';
import {
  candleFile,
  candleFolder,
  type CandleLocation,
  listCandleMonths,
  readCandleMonths,
} from '../../platform/storage/index.ts';
import { type CandleManifest, readCandleManifest } from './manifest.ts';

export interface StoredCandles {
  readonly candles: CandleTable;
  /** Of the months, in their order. */
  readonly manifests: readonly CandleManifest[];
}

export interface CandleRange extends CandleLocation {
  /** Months that overlap are read whole; default all there are. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

/** @throws DataError when there are none, or a file is not the one that its manifest tells of */
export async function loadCandles(range: CandleRange): Promise<StoredCandles> {
  const { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY } = range;
  const months = (await listCandleMonths(range)).filter((month) => {
    const span = monthSpan(month);
    return span !== null && span.toMs > fromMs && span.fromMs < toMs;
  });
  if (months.length === 0) {
    throw new DataError(
      `no candles of ${range.venue} ${range.symbol} ${range.interval} in ${candleFolder(range)}; run \`tidemark ingest candles\` first`,
      { code: 'CANDLES_MISSING', context: { venue: range.venue, symbol: range.symbol } },
    );
  }
  const manifests: CandleManifest[] = [];
  for (const month of months) {
    const manifest = await readCandleManifest(range, month);
    if (manifest === null) {
      throw new DataError(
        `${candleFile(range, month)}: not the file that its manifest tells of, or it has none; ingest the month again`,
        { code: 'CANDLES_CHANGED', context: { month } },
      );
    }
    manifests.push(manifest);
  }
  return { candles: await readCandleMonths(range, months), manifests };
}
