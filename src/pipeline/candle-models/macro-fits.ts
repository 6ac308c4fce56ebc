/** Whether a model may be used with some candles: of the same market and interval, and learned from these very ones. */
import type { CandleInterval } from '../../domain/candles/index.ts';
import { ConfigError, DataError, isoDay } from '../../domain/core/index.ts';
import type { MacroManifest, MicroManifest } from '../../platform/storage/index.ts';
import { loadCandles } from '../candles/index.ts';
import { hashCandles, type LoadedMacro, rowsBetween } from '../candle-scoring/index.ts';
import type { RequestedCandles } from './request.ts';

interface Surroundings {
  readonly dataDir: string;
  readonly onNote?: ((text: string) => void) | undefined;
}

/**
 * @throws ConfigError for another market or interval, DataError when a symbol's stored candles are not those that the
 *   MacroNet was trained on
 */
export async function requireFitting(
  macro: LoadedMacro,
  { venue, series }: RequestedCandles,
  { dataDir, onNote }: Surroundings,
): Promise<void> {
  const { manifest, reference, interval } = macro;
  const own = series[0]!.interval;
  if (manifest.data.venue !== venue || interval !== own) {
    throw new ConfigError([
      {
        path: '--macro',
        message: `${reference} is of ${manifest.data.venue} ${interval}, the candles are of ${venue} ${own}`,
      },
    ]);
  }
  const known = symbolHashes(manifest);
  const symbols = series.map(({ symbol }) => symbol);
  for (const symbol of symbols.filter((each) => !known.has(each))) {
    onNote?.(`${reference} has never seen ${symbol}: it learned from ${[...known.keys()].join(', ')}`);
  }
  await requireSameCandles(
    macro,
    symbols.filter((symbol) => known.has(symbol)),
    dataDir,
  );
}

/** Hash of the candles of each symbol that a model learned from. */
export function symbolHashes({ data }: CandleManifest): ReadonlyMap<string, string> {
  return new Map([data, ...(data.companions ?? [])].map(({ symbol, sha256 }) => [symbol, sha256]));
}

type CandleManifest = MacroManifest | MicroManifest;

interface TrainedModel {
  readonly manifest: CandleManifest;
  readonly reference: string;
  readonly interval: CandleInterval;
}

/** @throws DataError when stored candles of one of its symbols are not those that the model was trained on */
export async function requireSameCandles(
  { manifest, reference, interval }: TrainedModel,
  symbols: readonly string[],
  dataDir: string,
): Promise<void> {
  const { venue, fromMs, toMs } = manifest.data;
  const hashes = symbolHashes(manifest);
  for (const symbol of symbols) {
    const { candles } = await loadCandles({ dataDir, venue, symbol, interval, fromMs, toMs });
    const rows = rowsBetween(candles.openTimeMs, { fromMs, toMs });
    if (hashCandles(candles, rows) === hashes.get(symbol)) continue;
    throw new DataError(
      `${symbol}: its candles from ${isoDay(fromMs)} to ${isoDay(toMs - 1)} are not those that ${reference} was trained ` +
        `on; run \`tidemark train ${manifest.kind}\` on the present ones, or ingest the former ones again`,
      { code: 'MODEL_CANDLES_DIFFER', context: { symbol, model: reference } },
    );
  }
}

/** @throws ConfigError when the MacroNet has learned from candles of the time that is to judge */
export function requireUnseen({ manifest, reference }: LoadedMacro, testFromMs: number): void {
  if (manifest.data.toMs <= testFromMs) return;
  throw new ConfigError([
    {
      path: '--macro',
      message: `${reference} has learned from candles up to ${isoDay(manifest.data.toMs - 1)}, and the test period begins on ${isoDay(testFromMs)}: train both on the same --from and --to`,
    },
  ]);
}
