/** From surveyed files to units of work. */
import path from 'node:path';
import { dayOf } from '../../domain/core/index.ts';
import type { LogVolumeMode } from '../../domain/features/index.ts';
import type { VenueName } from '../../domain/market/index.ts';
import type { StreamsSurvey, SurveyedFile, SurveyedStream } from '../../platform/sources/index.ts';
import type { FetchedOrigin } from './manifest.ts';
import type { IngestUnit } from './unit.ts';
import { readMarker, type SyntheticOrigin } from '../truth.ts';

export interface PlanUnitsOptions {
  readonly dataDir: string;
  readonly venue: VenueName;
  readonly logVolume?: LogVolumeMode | undefined;
  readonly maxUnzippedBytes?: number | undefined;
  readonly fetched?: FetchedOrigin | null | undefined;
  readonly codeVersion: string;
}

export async function planUnits(
  options: PlanUnitsOptions,
  survey: StreamsSurvey,
): Promise<readonly IngestUnit[]> {
  const units: IngestUnit[] = [];
  for (const stream of survey.streams) units.push(...(await planStream(options, survey, stream)));
  return units;
}

/** The archives of a day are a unit; recordings continue each other and are one. */
async function planStream(
  options: PlanUnitsOptions,
  { damaged, skipped }: StreamsSurvey,
  { instruments, files }: SurveyedStream,
): Promise<readonly IngestUnit[]> {
  const origin = await originOf(files);
  const isArchive = files.every((file) => !file.hasReceiveTimes);
  const groups = isArchive ? [...Map.groupBy(files, (file) => dayOf(file.firstTimeMs)).values()] : [files];
  return groups.map((group, i) => ({
    dataDir: options.dataDir,
    venue: options.venue,
    symbols: instruments.map(({ symbol, tick, lot }) => ({ symbol, tickSize: tick.text, lotSize: lot.text })),
    logVolume: options.logVolume ?? 'messages',
    maxUnzippedBytes: options.maxUnzippedBytes,
    codeVersion: options.codeVersion,
    files: group,
    isArchive,
    origin,
    fetched: options.fetched ?? null,
    damaged: i === 0 ? damaged : [],
    skipped: i === 0 ? skipped : [],
  }));
}

/** The marker beside the first input that has one. */
async function originOf(files: readonly SurveyedFile[]): Promise<SyntheticOrigin | null> {
  for (const folder of new Set(files.map((file) => path.dirname(file.path)))) {
    const origin = await readMarker(folder);
    if (origin !== null) return origin;
  }
  return null;
}
