/** A MacroNet of the registry at work. */
import {
  CANDLE_FEATURE_SETS,
  CANDLE_INTERVALS,
  type CandleInterval,
  isCandleInterval,
} from '../../domain/candles/index.ts';
import { DAY_MS, DataError } from '../../domain/core/index.ts';
import { MacroModel } from '../../learning/candles/index.ts';
import {
  loadModelOf,
  type MacroManifest,
  type ModelFiles,
  modelHash,
  modelReference,
} from '../../platform/storage/index.ts';
import { CANDLE_MODEL_FEATURES } from './candle-series.ts';
import type { DaySettings } from './day-window.ts';

export interface LoadedMacro {
  readonly model: MacroModel;
  readonly manifest: MacroManifest;
  /** `name@version` */
  readonly reference: string;
  /** Of the artifact's files. */
  readonly sha256: string;
  readonly interval: CandleInterval;
  readonly settings: DaySettings;
}

/** @throws ConfigError when there is no such MacroNet, DataError when its artifact is damaged or for other features */
export async function loadMacro(
  dataDir: string,
  reference: string,
  { threads = 1, flag }: { readonly threads?: number; readonly flag?: string } = {},
): Promise<LoadedMacro> {
  const { manifest, files } = await loadModelOf(dataDir, reference, {
    kinds: ['macro'],
    ...(flag === undefined ? {} : { flag }),
  });
  const { kind: scaler, days } = manifest.scaling;
  const name = modelReference({ manifest });
  const featureNames = CANDLE_FEATURE_SETS[CANDLE_MODEL_FEATURES];
  const model = await MacroModel.load(modelFile(files, name), { threads, featureNames });
  const interval = intervalOf(manifest.interval, name);
  const { sequenceLength } = model.description.model;
  if (sequenceLength * CANDLE_INTERVALS[interval] !== days * DAY_MS) {
    await model.release();
    throw new DataError(
      `${name}: its network reads ${sequenceLength} candles, its manifest says ${days} days of ${interval}; train it again`,
      { code: 'MODEL_MANIFEST' },
    );
  }
  return { model, manifest, reference: name, sha256: modelHash(files), interval, settings: { days, scaler } };
}

/** @throws DataError when the manifest lists no network */
export function modelFile(files: ModelFiles, name: string): Uint8Array {
  const bytes = files['model.onnx'];
  if (bytes !== undefined) return bytes;
  throw new DataError(`${name}: its manifest lists no model.onnx; restore it or train again`, {
    code: 'MODEL_FILE_MISSING',
  });
}

/** @throws DataError for a name that is no interval */
export function intervalOf(name: string, model: string): CandleInterval {
  if (isCandleInterval(name)) return name;
  throw new DataError(`${model}: "${name}" in its manifest is no interval of candles; train it again`, {
    code: 'MODEL_MANIFEST',
  });
}
