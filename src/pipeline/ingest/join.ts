/**
 * Settles the seams between days: the first bar of a day has no return when the day before was not there yet. Once it
 * is, the bar gets the three features that hang on the previous close, from the prices that its manifest kept.
 */
import { isoDay, MINUTE_MS } from '../../domain/core/index.ts';
import { joinedFeatures } from '../../domain/features/index.ts';
import {
  barFile,
  listDays,
  patchBar,
  readBars,
  sha256File,
  stationaryFile,
  type SymbolLocation,
  writeJsonAtomic,
} from '../../platform/storage/index.ts';
import { type IngestManifest, listManifests } from './manifest.ts';

/** Joins every day that waits for one that has come. Returns how many were joined. */
export async function joinDays(location: SymbolLocation): Promise<number> {
  let joined = 0;
  for (const { manifestFile, manifest } of await listManifests(location)) {
    if (await joinOne(location, manifestFile, manifest)) joined++;
  }
  return joined;
}

async function joinOne(location: SymbolLocation, file: string, manifest: IngestManifest): Promise<boolean> {
  const { opening } = manifest;
  if (opening === null) return false;
  const { minuteMs } = opening;
  // A day whose features are gone is first ingested again.
  if (!(await listDays(location, 'features/set=stationary')).includes(isoDay(minuteMs))) return false;
  const bars = await readBars({ ...location, fromMs: minuteMs - MINUTE_MS, toMs: minuteMs + 1 });
  const width = bars.featureNames.length;
  const [previous, own] = [bars.minuteMs.indexOf(minuteMs - MINUTE_MS), bars.minuteMs.indexOf(minuteMs)];
  // A bar is complete when its body is a number.
  if (previous < 0 || own < 0 || Number.isNaN(bars.features[previous * width]!)) return false;
  const [upper_wick, lower_wick, log_ret_close] = joinedFeatures(opening, bars.close[previous]!);
  await patchBar(location, minuteMs, { upper_wick, lower_wick, log_ret_close });
  const hashes = {
    sha256: await sha256File(barFile(location, minuteMs)),
    stationarySha256: await sha256File(stationaryFile(location, minuteMs)),
  };
  const days = manifest.days.map((day) => (day.day === isoDay(minuteMs) ? { ...day, ...hashes } : day));
  await writeJsonAtomic(file, { ...manifest, opening: null, days });
  return true;
}
