/** How the fetching of one remote file ends, whatever carries it. */
import { DataError } from '../../../domain/core/index.ts';
import type { OfferedDigest } from './checksum.ts';
import type { WholeVersion } from './remote-version.ts';

/** What a file's content was held against. */
export type Verification = 'length' | 'sha256' | 'sha1' | 'md5' | 'nothing';

export type DownloadOutcome =
  | {
      readonly kind: 'whole';
      readonly version: WholeVersion;
      /** `nothing`: the source gave neither a length nor a digest, or the file was already here and is still current. */
      readonly verifiedBy: Verification;
    }
  /** Still the version that the caller knows. */
  | { readonly kind: 'unchanged' }
  /** The source has no such file. */
  | { readonly kind: 'missing' };

/** @throws DataError when `bytes`, where known, are more than the limit */
export function refuseOversize(origin: string, bytes: number | null, maxBytes: number): void {
  if (bytes === null || bytes <= maxBytes) return;
  throw new DataError(
    `${origin}: larger than the limit of ${maxBytes} bytes; raise the limit if this is the right file`,
    { code: 'DOWNLOAD_TOO_LARGE', context: { origin, maxBytes } },
  );
}

export function checksumMismatch(origin: string, offered: OfferedDigest, actual: string): DataError {
  return new DataError(
    `${origin}: ${offered.algorithm} is ${actual}, but ${offered.origin} says ${offered.hex}; the file was not kept. ` +
      'Ask the provider, or try again when file and checksum have both been published.',
    { code: 'CHECKSUM_MISMATCH', context: { origin, expected: offered.hex, actual } },
  );
}
