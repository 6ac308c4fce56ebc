/** A MicroNet of the registry at work, with the MacroNet that it was taught with. */
import { CANDLE_FEATURE_SETS, type CandleInterval } from '../../domain/candles/index.ts';
import { DataError } from '../../domain/core/index.ts';
import { MicroModel } from '../../learning/candles/index.ts';
import {
  loadModelOf,
  type MicroManifest,
  modelHash,
  modelReference,
  type StoredModel,
} from '../../platform/storage/index.ts';
import { CANDLE_MODEL_FEATURES } from './candle-series.ts';
import type { DaySettings } from './day-window.ts';
import { intervalOf, loadMacro, type LoadedMacro, modelFile } from './loaded-macro.ts';

export class CandleModel {
  /** `name@version` */
  readonly reference: string;
  readonly manifest: MicroManifest;
  /** Of the artifact's files. */
  readonly sha256: string;
  readonly interval: CandleInterval;
  readonly settings: DaySettings;
  readonly micro: MicroModel;
  /** Undefined where the MicroNet takes no embedding. */
  readonly macro: LoadedMacro | undefined;

  private constructor(
    { manifest, files }: StoredModel<MicroManifest>,
    models: Pick<CandleModel, 'micro' | 'macro'>,
  ) {
    const { kind: scaler, days } = manifest.scaling;
    this.reference = modelReference({ manifest });
    this.manifest = manifest;
    this.sha256 = modelHash(files);
    this.interval = intervalOf(manifest.interval, this.reference);
    this.settings = { scaler, days };
    this.micro = models.micro;
    this.macro = models.macro;
  }

  /**
   * @throws ConfigError when there is no such MicroNet, DataError when it or its MacroNet is damaged, missing or another
   *   than it was taught with
   */
  static async load(
    dataDir: string,
    reference: string,
    { threads = 1 }: { readonly threads?: number } = {},
  ): Promise<CandleModel> {
    const stored = await loadModelOf(dataDir, reference, { kinds: ['micro'] });
    const { manifest, files } = stored;
    const macro = await macroOf(manifest, dataDir, threads);
    try {
      const featureNames = CANDLE_FEATURE_SETS[CANDLE_MODEL_FEATURES];
      const bytes = modelFile(files, modelReference({ manifest }));
      const micro = await MicroModel.load(bytes, { threads, featureNames });
      return new CandleModel(stored, { micro, macro });
    } catch (error) {
      await macro?.model.release();
      throw error;
    }
  }

  async release(): Promise<void> {
    await this.micro.release();
    await this.macro?.model.release();
  }
}

async function macroOf(
  { macro, name, version }: MicroManifest,
  dataDir: string,
  threads: number,
): Promise<LoadedMacro | undefined> {
  if (macro === null) return undefined;
  const loaded = await loadMacro(dataDir, macro.model, { threads });
  if (loaded.sha256 === macro.sha256) return loaded;
  await loaded.model.release();
  throw new DataError(
    `${name}@${version} was taught with another ${macro.model} than the registry holds (sha256 ${macro.sha256}, not ` +
      `${loaded.sha256}); restore that one or train the MicroNet again`,
    { code: 'MICRO_OTHER_MACRO', context: { macro: macro.model } },
  );
}
