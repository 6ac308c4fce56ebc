/** What an ingest saw and did, kept beside the bars: without it nobody could tell a quiet minute from a lost one. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { IncompleteReason, LogVolumeMode } from '../domain/features/index.ts';
import type { DamagedFile, QuarantinedLine } from '../platform/sources/index.ts';
import { symbolFolder, type SymbolLocation, writeJsonAtomic } from '../platform/storage/index.ts';
import type { GapRecord } from './ingest-watch.ts';
import type { SyntheticOrigin } from './truth.ts';

export interface IncompleteMinute {
  readonly minuteMs: number;
  readonly reasons: readonly IncompleteReason[];
}

export interface IngestManifest {
  readonly format: 1;
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
  readonly inputs: readonly { readonly file: string; readonly bytes: number; readonly sha256: string }[];
  /** Days written, with the rows of this run and the rows that the day's file held before and still holds. */
  readonly days: readonly { readonly day: string; readonly bars: number; readonly keptRows: number }[];
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

/** Writes `ingest-<key>.json`, the key being that of inputs and parameters: the same work again replaces it. */
export async function writeManifest(location: SymbolLocation, manifest: IngestManifest): Promise<string> {
  const hashes = manifest.inputs.map((input) => input.sha256);
  const key = createHash('sha256')
    .update(JSON.stringify([manifest.parameters, hashes]))
    .digest('hex');
  const file = path.join(symbolFolder('bars', location), `ingest-${key.slice(0, 16)}.json`);
  await writeJsonAtomic(file, manifest);
  return file;
}
