/** What an ingest saw and did, kept beside the bars: without it nobody could tell a quiet minute from a lost one. */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { isoDay } from '../../domain/core/index.ts';
import type { BarPrices, IncompleteReason, LogVolumeMode } from '../../domain/features/index.ts';
import type {
  DamagedFile,
  QuarantinedLine,
  RemoteVersion,
  SurveyedFile,
} from '../../platform/sources/index.ts';
import {
  sha256File,
  symbolFolder,
  type SymbolLocation,
  writeJsonAtomic,
} from '../../platform/storage/index.ts';
import type { DayReport } from './days.ts';
import type { GapRecord } from './watch.ts';
import type { SyntheticOrigin } from '../truth.ts';

export interface FetchedOrigin {
  /** Without secrets. */
  readonly origin: string;
  readonly version: RemoteVersion;
}

/** Prices of a bar that waits for its previous close. */
export interface OpeningBar extends BarPrices {
  readonly minuteMs: number;
}

export interface IncompleteMinute {
  readonly minuteMs: number;
  readonly reasons: readonly IncompleteReason[];
}

export interface InputFacts {
  readonly file: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly sha256: string;
}

/** Earliest and latest exchange time of the symbol's book messages in a file; null when it holds none. */
export interface InputTimes {
  readonly firstExchangeTimeMs: number | null;
  readonly lastExchangeTimeMs: number | null;
}

export interface IngestManifest {
  readonly format: 3;
  readonly codeVersion: string;
  readonly parameters: {
    readonly venue: string;
    readonly symbol: string;
    readonly tickSize: string;
    readonly lotSize: string;
    readonly logVolume: LogVolumeMode;
  };
  /** Where simulated input came from; null for anything recorded. */
  readonly synthetic: SyntheticOrigin | null;
  /** Where the input was fetched from and which version it was; null for local files. */
  readonly fetched: FetchedOrigin | null;
  readonly inputs: readonly (InputFacts & InputTimes)[];
  /** Days written, with the rows of this run and the rows that the day's file held before and still holds. */
  readonly days: readonly DayReport[];
  /** The first bar, where it is complete and the minute before it was not there: `joinDays` completes it later. */
  readonly opening: OpeningBar | null;
  readonly counts: {
    readonly lines: number;
    readonly messages: number;
    readonly bars: number;
    readonly gaps: number;
    readonly crossed: number;
    readonly quarantined: number;
    readonly ignored: number;
    /** Snapshots that restated the position reached, and those of them that differed from the rebuilt book. */
    readonly checkedSnapshots: number;
    readonly disagreements: number;
    /** Bars beyond the day of the last archive, left to the archive of that day. */
    readonly trimmedBars: number;
  };
  /** The first thousand gaps and hundred lines; the counts above are exact. */
  readonly gaps: readonly GapRecord[];
  readonly quarantined: readonly QuarantinedLine[];
  readonly damaged: readonly DamagedFile[];
  readonly skipped: readonly string[];
  readonly incomplete: readonly IncompleteMinute[];
}

interface ManifestPlace extends SymbolLocation {
  readonly files: readonly SurveyedFile[];
  readonly isArchive: boolean;
}

export interface FoundManifest {
  readonly manifest: IngestManifest;
  readonly manifestFile: string;
}

const NAME = /^ingest-[\w-]+\.json$/;

/**
 * An archive's manifest is `ingest-<day>.json`: a revised archive replaces it. A recording's is `ingest-<key>.json`, the
 * key being that of its files' names.
 */
export function manifestPath({ files, isArchive, ...location }: ManifestPlace): string {
  const names = files.map((file) => path.basename(file.path));
  const key = isArchive
    ? isoDay(files[0]!.firstTimeMs)
    : createHash('sha256').update(JSON.stringify(names)).digest('hex').slice(0, 16);
  return path.join(symbolFolder('bars', location), `ingest-${key}.json`);
}

/** What an earlier ingest of the same unit left; null when there was none, or its manifest cannot be read. */
export async function readManifest(place: ManifestPlace): Promise<FoundManifest | null> {
  const manifestFile = manifestPath(place);
  const manifest = await readStored(manifestFile);
  return manifest === null ? null : { manifest, manifestFile };
}

export async function writeManifest(place: ManifestPlace, manifest: IngestManifest): Promise<string> {
  const file = manifestPath(place);
  await writeJsonAtomic(file, manifest);
  return file;
}

/** Every manifest beside the bars of a symbol. */
export async function listManifests(location: SymbolLocation): Promise<readonly FoundManifest[]> {
  const folder = symbolFolder('bars', location);
  const found: FoundManifest[] = [];
  for (const entry of (await readdir(folder).catch(() => [])).filter((name) => NAME.test(name)).toSorted()) {
    const manifestFile = path.join(folder, entry);
    const manifest = await readStored(manifestFile);
    if (manifest !== null) found.push({ manifest, manifestFile });
  }
  return found;
}

async function readStored(file: string): Promise<IngestManifest | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    const value = JSON.parse(text) as IngestManifest;
    // Written by another version of the program: its work is done again.
    return value.format === 3 ? value : null;
  } catch {
    return null;
  }
}

export async function describeInputs(files: readonly SurveyedFile[]): Promise<readonly InputFacts[]> {
  return await Promise.all(
    files.map(async ({ path: file, sizeBytes }) => ({
      file,
      bytes: sizeBytes,
      modifiedMs: Math.floor((await stat(file)).mtimeMs),
      sha256: await sha256File(file),
    })),
  );
}

interface WantedWork {
  readonly files: readonly SurveyedFile[];
  readonly codeVersion: string;
  readonly tickSize: string;
  readonly lotSize: string;
  readonly logVolume: LogVolumeMode;
}

/** Whether a manifest tells of the very work that is wanted: same inputs, parameters and program, nothing damaged. */
export async function isCurrent(manifest: IngestManifest, wanted: WantedWork): Promise<boolean> {
  const { parameters, codeVersion, inputs, damaged } = manifest;
  const sameWork =
    codeVersion === wanted.codeVersion &&
    parameters.tickSize === wanted.tickSize &&
    parameters.lotSize === wanted.lotSize &&
    parameters.logVolume === wanted.logVolume &&
    damaged.length === 0 &&
    inputs.length === wanted.files.length;
  if (!sameWork) return false;
  for (const [i, { path: file, sizeBytes }] of wanted.files.entries()) {
    const known = inputs[i]!;
    if (known.bytes !== sizeBytes) return false;
    const untouched = known.file === file && known.modifiedMs === Math.floor((await stat(file)).mtimeMs);
    if (!untouched && known.sha256 !== (await sha256File(file))) return false;
  }
  return true;
}
