/** Which remote inputs need not be fetched again, because an earlier run has ingested the very version. */
import { isDeepStrictEqual } from 'node:util';
import type { PlannedInput, RemoteVersion } from '../../platform/sources/index.ts';
import type { IngestSymbolsOptions } from './ingest.ts';
import { listManifests } from './manifest.ts';

/**
 * By the manifests of earlier runs with the same parameters and program. An input of several symbols is known when each
 * of them knows the same version of it; when all symbols are wanted, only the input itself can tell which they are.
 */
export async function knownVersions(
  { dataDir, venue, codeVersion, logVolume = 'messages' }: IngestSymbolsOptions,
  inputs: ReadonlyMap<PlannedInput, IngestSymbolsOptions['symbols']>,
): Promise<(input: PlannedInput) => RemoteVersion | null> {
  const bySymbol = new Map<string, Map<string, RemoteVersion>>();
  for (const symbol of new Set(
    [...inputs.values()].flatMap((symbols) => (symbols === 'all' ? [] : symbols)),
  )) {
    const versions = new Map<string, RemoteVersion>();
    for (const { manifest } of await listManifests({ dataDir, venue, symbol })) {
      const isSameWork = manifest.codeVersion === codeVersion && manifest.parameters.logVolume === logVolume;
      if (manifest.fetched !== null && isSameWork && manifest.damaged.length === 0) {
        versions.set(manifest.fetched.origin, manifest.fetched.version);
      }
    }
    bySymbol.set(symbol, versions);
  }
  return (input) => {
    const symbols = inputs.get(input) ?? 'all';
    if (symbols === 'all') return null;
    const versions = symbols.map((symbol) => bySymbol.get(symbol)?.get(input.origin));
    const first = versions[0];
    return first !== undefined && versions.every((version) => isDeepStrictEqual(version, first))
      ? first
      : null;
  };
}
