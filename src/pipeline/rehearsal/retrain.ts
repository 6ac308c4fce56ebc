/** MicroNet taught again on the past up to a midnight: by the recipe of the model that it follows, in fewer epochs. */
import { createHash } from 'node:crypto';
import { ConfigError, DataError, DAY_MS, isoDay } from '../../domain/core/index.ts';
import { listModels, type MicroManifest } from '../../platform/storage/index.ts';
import { type CandleModel, hashCandles, rowsBetween, trainMicro } from '../candle-models/index.ts';
import { loadCandles } from '../candles/index.ts';
import { type Config, parseConfig } from '../config.ts';
import type { RehearsalRequest } from './request.ts';

/** What a name may have beside the date and the hash. */
const LONGEST_NAME = 50;

interface Retraining {
  /** The model that the rehearsal was asked for. */
  readonly first: CandleModel;
  /** Of the rehearsal. */
  readonly id: string;
  /** Nothing that closed at or after it is learned from. */
  readonly untilMs: number;
}

/**
 * The model is called by the day and by everything it hangs on, so that one that a former attempt has made is known again.
 * @returns `name@version`
 * @throws as `trainMicro` does
 */
export async function retrain(request: RehearsalRequest, retraining: Retraining): Promise<string> {
  const { config, signal, runId, createdAt, market, interval, onNote } = request;
  const { first, untilMs } = retraining;
  const { data, macro } = first.manifest;
  const day = isoDay(untilMs);
  const symbols = [data.symbol, ...(data.companions ?? []).map(({ symbol }) => symbol)];
  const key = await keyOf(config.dataDir, symbols, retraining);
  const name = `${first.manifest.name.slice(0, LONGEST_NAME)}-${day.replaceAll('-', '')}-${key}`;
  const known = (await listModels(config.dataDir)).find((model) => model.name === name);
  if (known !== undefined) return `${name}@${known.version}`;
  const { model } = await trainMicro({
    config: recipeOf(first.manifest, request, untilMs),
    signal,
    createdAt,
    market,
    interval,
    name,
    symbols,
    ...(onNote === undefined ? {} : { onNote }),
    runId: `${runId}-${day}`,
    macro: macro?.model ?? null,
    from: isoDay(data.fromMs),
    to: isoDay(untilMs - DAY_MS),
  });
  return model;
}

/** Of the rehearsal and of the candles that are learned from. */
async function keyOf(
  dataDir: string,
  symbols: readonly string[],
  { first, id, untilMs }: Retraining,
): Promise<string> {
  const { venue, fromMs } = first.manifest.data;
  const span = { fromMs, toMs: untilMs };
  const hash = createHash('sha256').update(id);
  for (const symbol of symbols) {
    const { candles } = await loadCandles({ dataDir, venue, symbol, interval: first.interval, ...span });
    hash.update(hashCandles(candles, rowsBetween(candles.openTimeMs, span)));
  }
  return hash.digest('hex').slice(0, 12);
}

/** The days to come are the test: about the last day alone is kept from learning. */
function recipeOf({ config, name, data }: MicroManifest, request: RehearsalRequest, untilMs: number): Config {
  const { dataDir, threads, seed } = request.config;
  try {
    const recipe = parseConfig(config);
    const { micro, validation } = recipe;
    return {
      ...recipe,
      dataDir,
      threads,
      seed,
      micro: { ...micro, epochs: Math.min(micro.epochs, request.epochs) },
      validation: { ...validation, testShare: DAY_MS / (untilMs - data.fromMs) },
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new DataError(
      `${name}: its recipe is not of this version of Tidemark (${error.message}); train it again`,
      {
        code: 'MODEL_MANIFEST',
        cause: error,
      },
    );
  }
}
