/** The features that a model can be trained on, as sets with a name. What they are and why: `docs/features.md`. */
import { ConfigError, DataError } from '../core/index.ts';
import { type MinuteBar, QUANTGOD_9 } from './bar.ts';
import type { LogVolumeMode } from './minute-bar-builder.ts';
import { STATIONARY } from './stationary-features.ts';

export const FEATURE_SET_NAMES = ['quantgod-9', 'quantgod-9-samples', 'stationary'] as const;
export type FeatureSetName = (typeof FEATURE_SET_NAMES)[number];

export interface FeatureSet {
  readonly name: FeatureSetName;
  /** In order. Every set has `log_ret_close` at {@link LOG_RETURN_FEATURE}. */
  readonly columns: readonly string[];
  /** The row of a bar that holds the values. */
  readonly row: 'features' | 'stationary';
  /** What `log_volume` must count; null in a set without it. */
  readonly logVolume: LogVolumeMode | null;
}

export const FEATURE_SETS: Readonly<Record<FeatureSetName, FeatureSet>> = {
  'quantgod-9': { name: 'quantgod-9', columns: QUANTGOD_9, row: 'features', logVolume: 'messages' },
  'quantgod-9-samples': {
    name: 'quantgod-9-samples',
    columns: QUANTGOD_9,
    row: 'features',
    logVolume: 'samples',
  },
  stationary: { name: 'stationary', columns: STATIONARY, row: 'stationary', logVolume: null },
};

/** A bar's values of a set, `[columns]`. */
export const featureRow = (bar: MinuteBar, set: FeatureSet): Float64Array => bar[set.row];

/**
 * The set that a model says it was trained on.
 * @throws ConfigError when this program does not know the set, DataError when it knows it with other columns
 */
export function featureSetOfModel(model: {
  readonly featureSet: string;
  readonly featureNames: readonly string[];
}): FeatureSet {
  const name = FEATURE_SET_NAMES.find((known) => known === model.featureSet);
  if (name === undefined) {
    throw new ConfigError([
      {
        path: '--model',
        message: `trained on the feature set "${model.featureSet}", which this program does not know; there are: ${FEATURE_SET_NAMES.join(', ')}`,
      },
    ]);
  }
  const set = FEATURE_SETS[name];
  if (model.featureNames.join() !== set.columns.join()) {
    throw new DataError(
      `model: it was trained on ${name} as ${model.featureNames.join(', ')}; here the set is ${set.columns.join(', ')}: train it again`,
      { code: 'MODEL_FEATURES', context: { featureSet: name } },
    );
  }
  return set;
}
