/** Whether candles are simulated, and which stored candles new ones may stand beside. */
import { z } from 'zod';
import path from 'node:path';
import { DataError } from '../../domain/core/index.ts';
import { type CandleArchive, type CandleFile } from '../../platform/sources/index.ts';
import { writeJsonAtomic } from '../../platform/storage/index.ts';
import { readMarker, SYNTHETIC_MARKER, type SyntheticOrigin, writeMarker } from '../truth.ts';
import type { CandleManifest, CandleOrigin } from './manifest.ts';

const REMOTE_MARKER = z.object({ synthetic: z.literal(true) });

/** Of the archive's folder that holds `file`; null for real candles. */
export async function syntheticOrigin(
  archive: CandleArchive,
  file: CandleFile,
): Promise<SyntheticOrigin | null> {
  const folder = archive.folderOf(file);
  if (!isAddress(folder)) return await readMarker(folder);
  const text = await archive.textBeside(file, SYNTHETIC_MARKER);
  return text !== null && isMarker(text) ? { truth: folder } : null;
}

/** A page that says "not found" with status 200 is no marker. */
function isMarker(text: string): boolean {
  try {
    return REMOTE_MARKER.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

/** Sets the marker beside the candles: from there on all that is made of them is marked. */
export async function markSynthetic(folder: string, { truth }: SyntheticOrigin): Promise<void> {
  if (!isAddress(truth)) await writeMarker(folder, truth);
  else await writeJsonAtomic(path.join(folder, SYNTHETIC_MARKER), { synthetic: true, truth });
}

const isAddress = (place: string): boolean => /^https?:/.test(place);

interface WantedOrigin {
  readonly from: CandleOrigin;
  readonly synthetic: SyntheticOrigin | null;
  readonly replace: boolean;
}

/**
 * The manifest whose candles may stay beside new ones; null when there is none.
 * @throws DataError when the stored candles are of another kind, and are not to be replaced
 */
export function usable(stored: CandleManifest | null, wanted: WantedOrigin): CandleManifest | null {
  if (stored === null) return null;
  const isSynthetic = stored.synthetic !== null;
  if (stored.from === wanted.from && isSynthetic === (wanted.synthetic !== null)) return stored;
  if (wanted.replace) return null;
  const { symbol, interval, month } = stored.parameters;
  const kind = isSynthetic
    ? 'simulated candles'
    : `candles from ${stored.from === 'csv' ? 'a CSV file' : 'the archive'}`;
  throw new DataError(
    `${symbol} ${interval} ${month}: the stored month holds ${kind}, which do not mix with these; ` +
      'give --replace to put these in their place, or another --data-dir',
    { code: 'CANDLES_OTHER_ORIGIN', context: { symbol, month } },
  );
}
