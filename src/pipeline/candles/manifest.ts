/** What is known about a stored month of candles: where every one came from, what is missing, and the file's hash. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { CandleGap, CandleInterval, RowNote, TimeSpan } from '../../domain/candles/index.ts';
import type { CandleMarket, RemoteVersion, Verification } from '../../platform/sources/index.ts';
import {
  candleFile,
  candleFolder,
  type CandleLocation,
  sha256File,
  writeJsonAtomic,
} from '../../platform/storage/index.ts';
import type { SyntheticOrigin } from '../truth.ts';

/** Every row of a file is counted once: `rows = kept + repaired + refused`. */
export interface RowAccount {
  readonly rows: number;
  /** As they stand in the file. */
  readonly kept: number;
  readonly repaired: number;
  readonly refused: number;
  /** Columns that the file does not have; they are not available in any row. */
  readonly absentColumns: readonly string[];
  /** The first thousand of each; the counts above are exact. */
  readonly repairedRows: readonly RowNote[];
  readonly refusedRows: readonly RowNote[];
}

export interface CandleSource extends RowAccount {
  /** File name. */
  readonly name: string;
  /** Path or address, without secrets. */
  readonly origin: string;
  readonly sha256: string;
  /** What its content was held against. */
  readonly verifiedBy: Verification;
  /** Null for a local file. */
  readonly version: RemoteVersion | null;
  /** What its candles may begin in. */
  readonly span: TimeSpan;
}

export interface StoredGap extends CandleGap {
  /** The exchange was asked and has no such candles. */
  readonly confirmed: boolean;
}

export type CandleOrigin = 'archive' | 'csv';

export interface CandleManifest {
  readonly format: 1;
  readonly codeVersion: string;
  readonly parameters: {
    readonly market: CandleMarket;
    readonly venue: string;
    readonly symbol: string;
    readonly interval: CandleInterval;
    readonly month: string;
  };
  readonly from: CandleOrigin;
  /** Where simulated candles came from; null for real ones. */
  readonly synthetic: SyntheticOrigin | null;
  /** A file that reaches over several months is told whole in each. */
  readonly sources: readonly CandleSource[];
  /** Stretches of candles that the exchange's REST interface gave. */
  readonly filled: readonly CandleGap[];
  readonly gaps: readonly StoredGap[];
  readonly rows: number;
  readonly columns: readonly string[];
  readonly file: { readonly name: string; readonly sha256: string };
}

export function candleManifestFile(location: CandleLocation, month: string): string {
  return path.join(candleFolder(location), `ingest-${month}.json`);
}

/** Of a month whose file is the very one that the manifest tells of; null otherwise: its work is done again. */
export async function readCandleManifest(
  location: CandleLocation,
  month: string,
): Promise<CandleManifest | null> {
  const text = await readFile(candleManifestFile(location, month), 'utf8').catch(() => null);
  if (text === null) return null;
  let manifest: CandleManifest;
  try {
    manifest = JSON.parse(text) as CandleManifest;
  } catch {
    return null;
  }
  if (manifest.format !== 1) return null;
  const sha256 = await sha256File(candleFile(location, month)).catch(() => null);
  return sha256 === manifest.file.sha256 ? manifest : null;
}

/** Written after the month's file: until then, and when either is changed later, they do not fit together. */
export async function writeCandleManifest(location: CandleLocation, manifest: CandleManifest): Promise<void> {
  await writeJsonAtomic(candleManifestFile(location, manifest.parameters.month), manifest);
}
