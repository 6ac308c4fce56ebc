/** The stationary features beside the bars of a day: there, whole, of the same minutes, and in agreement with the bars. */
import { access } from 'node:fs/promises';
import { DataError, isoDay, isoMinute } from '../../domain/core/index.ts';
import {
  type BarDay,
  type FeatureDay,
  readDayFileFacts,
  readFeatureDay,
  sha256File,
  STATIONARY_FILE_SCHEMA,
  stationaryFile,
  type SymbolLocation,
} from '../../platform/storage/index.ts';
import { checkStationary } from './feature-check.ts';
import type { FindingLog } from './findings.ts';
import { checkFeaturesAgainstManifests, type StoredManifest } from './manifests.ts';
import { checkSchema } from './schema-check.ts';

export interface FeatureFile {
  readonly dayMs: number;
  /** As findings name it. */
  readonly name: string;
  readonly path: string;
  /** Null when it is missing or cannot be read, which has then been reported. */
  readonly features: FeatureDay | null;
}

export async function readFeatureFile(
  location: SymbolLocation,
  dayMs: number,
  log: FindingLog,
): Promise<FeatureFile> {
  const name = `set=stationary/date=${isoDay(dayMs)}.parquet`;
  const path = stationaryFile(location, dayMs);
  const found = { dayMs, name, path };
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    log.add('features-missing', { file: name });
    return { ...found, features: null };
  }
  try {
    const facts = await readDayFileFacts(path);
    const isReadable = checkSchema(facts, { schema: STATIONARY_FILE_SCHEMA, file: name, log });
    return { ...found, features: isReadable ? await readFeatureDay(location, dayMs) : null };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    log.add('file-unreadable', { file: name, detail: error.message });
    return { ...found, features: null };
  }
}

interface BesideBars {
  readonly bars: BarDay;
  /** Of the bars, from `checkFeatures`. */
  readonly states: Uint8Array;
  readonly manifests: readonly StoredManifest[];
}

export async function checkFeatureFile(
  { dayMs, name, path, features }: FeatureFile,
  { bars, states, manifests }: BesideBars,
  log: FindingLog,
): Promise<void> {
  if (features === null) return;
  const other = bars.minuteMs.findIndex((minuteMs, row) => !Object.is(minuteMs, features.minuteMs[row]));
  if (other >= 0 || bars.rows !== features.rows) {
    log.add('features-other-minutes', {
      file: name,
      detail: `${features.rows} rows beside ${bars.rows} bars`,
    });
  } else {
    checkStationary(features, bars, {
      states,
      report: (kind, row, column, value) => {
        const minute = isoMinute(bars.minuteMs[row]!);
        log.add(kind, { file: name, minute, column, detail: String(value) });
      },
    });
  }
  const facts = { file: name, day: isoDay(dayMs), sha256: () => sha256File(path) };
  await checkFeaturesAgainstManifests(facts, manifests, log);
}
