/** What becomes of a planned input. */
import type { DataError, TransientError } from '../../../domain/core/index.ts';
import type { Verification } from './download-outcome.ts';
import type { PlannedInput } from './input-plan.ts';
import type { WholeVersion } from './remote-version.ts';

export interface FetchedFile {
  readonly kind: 'file';
  readonly input: PlannedInput;
  readonly path: string;
  readonly sizeBytes: number;
  /** Null for a local file. */
  readonly version: WholeVersion | null;
  readonly verifiedBy: Verification;
  /** The file has been used: a download is deleted, unless kept, and makes room for the next. A local file stays. */
  readonly release: () => Promise<void>;
}

export type Arrival =
  | FetchedFile
  /** Still the version that the caller knows. */
  | { readonly kind: 'unchanged'; readonly input: PlannedInput }
  /** Not on the server, and expected to be so at times. */
  | { readonly kind: 'missing'; readonly input: PlannedInput; readonly reason: string }
  /** Could not be fetched; the inputs behind it may well be. */
  | { readonly kind: 'failed'; readonly input: PlannedInput; readonly error: DataError | TransientError };
