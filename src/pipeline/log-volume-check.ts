/** Have the stored bars counted what a feature set's `log_volume` counts? Their manifests say it, the bars cannot. */
import { DataError } from '../domain/core/index.ts';
import { FEATURE_SETS, type FeatureSetName } from '../domain/features/index.ts';
import type { SymbolLocation } from '../platform/storage/index.ts';
import { listManifests } from './ingest/manifest.ts';

/** @throws DataError when some of the bars were ingested with another `--log-volume` than the set needs */
export async function requireLogVolume(place: SymbolLocation, name: FeatureSetName): Promise<void> {
  const needed = FEATURE_SETS[name].logVolume;
  if (needed === null) return;
  const others = (await listManifests(place)).filter(
    ({ manifest }) => manifest.parameters.logVolume !== needed,
  );
  const [first] = others;
  if (first === undefined) return;
  const counted = first.manifest.parameters.logVolume;
  const fitting = counted === 'samples' ? 'quantgod-9-samples' : 'quantgod-9';
  throw new DataError(
    `the feature set ${name} counts ${needed} in log_volume, but bars of ${place.venue} ${place.symbol} were ingested with \`--log-volume ${counted}\` (${others.length} manifests, first ${first.manifestFile}): train with \`--features ${fitting}\`, or ingest all of them again with \`--log-volume ${needed}\``,
    { code: 'LOG_VOLUME_OTHER', context: { symbol: place.symbol, needed, counted } },
  );
}
