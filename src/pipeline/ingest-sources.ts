/**
 * Ingest from anywhere: local files as they lie; what must be fetched (HTTP, the Bybit archive by dates, rclone) file by
 * file, the next download running while one is read, each deleted when it has been used.
 */
import path from 'node:path';
import { DataError } from '../domain/core/index.ts';
import {
  fetchInputs,
  planBybitArchive,
  planInputs,
  type PlannedInput,
  type RemoteVersion,
} from '../platform/sources/index.ts';
import { symbolFolder } from '../platform/storage/index.ts';
import { type IngestOptions, ingestL2, type IngestResult } from './ingest.ts';
import { joinDays } from './ingest-join.ts';
import { listManifests } from './ingest-manifest.ts';

export interface IngestSourcesOptions extends IngestOptions {
  /** Days of the Bybit archive, `YYYY-MM-DD`, both included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** A mirror that stands in for the archive. */
  readonly baseUrl?: string | undefined;
  /** Default `<dataDir>/downloads`. */
  readonly downloadDir?: string | undefined;
  readonly keepDownloads?: boolean | undefined;
}

export interface IngestSourcesResult extends IngestResult {
  /** Days and files that the source does not have. */
  readonly missing: readonly string[];
}

/**
 * @throws as {@link ingestL2}; after all that could be fetched has been ingested, the error of the first input that
 * could not
 */
export async function ingestSources(options: IngestSourcesOptions): Promise<IngestSourcesResult> {
  const startedMs = options.clock();
  const { symbol, from, to, baseUrl, signal } = options;
  const plan = [
    ...(await planInputs(options.inputs, signal === undefined ? {} : { signal })),
    ...(from === undefined
      ? []
      : planBybitArchive({
          symbol: symbol.toUpperCase(),
          fromDay: from,
          toDay: to ?? from,
          ...(baseUrl === undefined ? {} : { baseUrl }),
        })),
  ];
  if (plan.every((input) => input.kind === 'local')) {
    // A folder is handed on as a folder: strangers in it are passed over, where a file asked for by name must be right.
    const isGlob = options.inputs.some((input) => /[*?[{]/.test(input));
    const inputs = isGlob ? plan.map((input) => input.origin) : options.inputs;
    return { ...(await ingestL2({ ...options, inputs })), missing: [] };
  }
  const location = { dataDir: options.dataDir, venue: options.venue, symbol: symbol.toUpperCase() };
  const results: IngestResult[] = [];
  const missing: string[] = [];
  const errors: Error[] = [];
  let unchanged = 0;
  for await (const arrival of fetchInputs(plan, {
    downloadDir: options.downloadDir ?? path.join(options.dataDir, 'downloads'),
    keep: options.keepDownloads,
    knownVersion: await knownVersions(options, location),
    signal,
  })) {
    if (arrival.kind === 'unchanged') unchanged++;
    if (arrival.kind === 'missing') missing.push(`${arrival.input.origin}: ${arrival.reason}`);
    if (arrival.kind === 'failed') errors.push(arrival.error);
    if (arrival.kind !== 'file') continue;
    try {
      const fetched =
        arrival.version === null ? null : { origin: arrival.input.origin, version: arrival.version };
      results.push(await ingestL2({ ...options, inputs: [arrival.path], fetched, join: false }));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      errors.push(error);
    } finally {
      await arrival.release();
    }
  }
  const joined = await joinDays(location);
  if (errors[0] !== undefined) throw errors[0];
  if (results.length === 0 && unchanged === 0) {
    throw new DataError(`nothing could be fetched:\n${missing.join('\n')}`, { code: 'INPUT_MISSING' });
  }
  return {
    ...add(results, location, options),
    joined,
    unchanged,
    missing,
    seconds: (options.clock() - startedMs) / 1_000,
  };
}

/** What earlier runs with the same parameters and program have fetched and ingested. */
async function knownVersions(
  { codeVersion, logVolume = 'messages' }: IngestOptions,
  location: { readonly dataDir: string; readonly venue: string; readonly symbol: string },
): Promise<(input: PlannedInput) => RemoteVersion | null> {
  const versions = new Map<string, RemoteVersion>();
  for (const { manifest } of await listManifests(location)) {
    const isSameWork = manifest.codeVersion === codeVersion && manifest.parameters.logVolume === logVolume;
    if (manifest.fetched !== null && isSameWork && manifest.damaged.length === 0) {
      versions.set(manifest.fetched.origin, manifest.fetched.version);
    }
  }
  return (input) => versions.get(input.origin) ?? null;
}

function add(
  results: readonly IngestResult[],
  location: { readonly dataDir: string; readonly venue: string; readonly symbol: string },
  options: IngestOptions,
): Omit<IngestResult, 'joined' | 'unchanged' | 'seconds'> {
  const sum = (of: (result: IngestResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0);
  return {
    venue: location.venue,
    symbol: location.symbol,
    tickSize: results[0]?.tickSize ?? options.tickSize ?? '',
    lotSize: results[0]?.lotSize ?? options.lotSize ?? '',
    files: sum((r) => r.files),
    messages: sum((r) => r.messages),
    bars: sum((r) => r.bars),
    incompleteBars: sum((r) => r.incompleteBars),
    bytesIn: sum((r) => r.bytesIn),
    bytesOnDisk: sum((r) => r.bytesOnDisk),
    gaps: sum((r) => r.gaps),
    crossed: sum((r) => r.crossed),
    quarantined: sum((r) => r.quarantined),
    days: [...new Set(results.flatMap((r) => r.days))].toSorted(),
    out: symbolFolder('bars', location),
    manifests: results.flatMap((r) => r.manifests),
  };
}
