/**
 * Planned inputs as files on this machine, one after the other in the order of the plan, with a bound on how much of the
 * disk downloads may take: while one file is being read the next is being fetched, and no more than that.
 */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { DataError, invariant, TransientError } from '../../../domain/core/index.ts';
import type { Arrival, FetchedFile } from './arrival.ts';
import { explainDiskError } from './disk-error.ts';
import type { DownloadOutcome } from './download-outcome.ts';
import { lockFolder } from './folder-lock.ts';
import { download } from './http-download.ts';
import type { PlannedInput } from './input-plan.ts';
import { DEFAULT_HTTP_LIMITS, type HttpLimits, type Network, SYSTEM_NETWORK } from './network.ts';
import { removeWhole } from './part-file.ts';
import { Rclone } from './rclone.ts';
import type { RemoteVersion } from './remote-version.ts';

export interface FetchOptions {
  /** Where downloads lie while they are needed; of no other run at the same time. */
  readonly downloadDir: string;
  /** Downloaded files, whole or in part, on the disk at once. */
  readonly maxOnDisk?: number | undefined;
  /** Leaves downloaded files where they are; they then do not count. */
  readonly keep?: boolean | undefined;
  /** The version of an input that the caller has already dealt with: it is not fetched again unless it has changed. */
  readonly knownVersion?: ((input: PlannedInput) => RemoteVersion | null) | undefined;
  readonly limits?: Partial<HttpLimits> | undefined;
  readonly network?: Partial<Network> | undefined;
  readonly rclone?: Rclone | undefined;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface FetchProgress {
  readonly origin: string;
  readonly bytesDone: number;
  readonly bytesTotal: number | null;
}

const DEFAULT_MAX_ON_DISK = 2;
/** So many inputs in a row that the network failed to bring: it is not the inputs, and waiting for the rest is in vain. */
const MAX_FAILURES_IN_A_ROW = 3;

/**
 * Yields what becomes of each input of `plan`, in its order. Every file yielded must be released: at most `maxOnDisk`
 * downloads exist at once, and the next one waits for room. A consumer with W workers wants `maxOnDisk` of W + 1.
 *
 * An interrupted run leaves in `downloadDir` only hidden parts that the next run continues, and whole files that it takes
 * if they are still current.
 * @throws TransientError for a full disk or a network that fails one input after the other; ConfigError for a folder that
 * cannot be written or is in use, or without rclone; the signal's reason when aborted
 */
export async function* fetchInputs(
  plan: readonly PlannedInput[],
  options: FetchOptions,
): AsyncGenerator<Arrival> {
  const { downloadDir, signal } = options;
  signal?.throwIfAborted();
  const unlock = plan.some((input) => input.kind !== 'local') ? await openFolder(downloadDir) : noLock;
  const fetching = new Fetching(plan, options, unlock);
  let failuresInARow = 0;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const arrival = await fetching.next();
      if (arrival === null) return;
      const isNetworkDown = arrival.kind === 'failed' && arrival.error instanceof TransientError;
      failuresInARow = isNetworkDown ? failuresInARow + 1 : 0;
      yield arrival;
      if (isNetworkDown && failuresInARow === MAX_FAILURES_IN_A_ROW) throw arrival.error;
    }
  } catch (error) {
    // What breaks when everything is stopped has its own words for it.
    signal?.throwIfAborted();
    throw error;
  } finally {
    await fetching.close();
  }
}

async function openFolder(folder: string): Promise<() => Promise<void>> {
  try {
    await mkdir(folder, { recursive: true });
    return await lockFolder(folder);
  } catch (error) {
    throw explainDiskError(error, folder);
  }
}

async function noLock(): Promise<void> {}

/** The outcome of an arrival, as a value: it may have to wait for its turn, where a rejection would go unheard. */
type Settled = { readonly arrival: Arrival } | { readonly fatal: unknown };

class Fetching {
  readonly #plan: readonly PlannedInput[];
  readonly #options: FetchOptions;
  readonly #limits: HttpLimits;
  readonly #network: Network;
  readonly #rclone: Rclone;
  readonly #unlock: () => Promise<void>;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  /** Begun and not yet handed out, in the order of the plan. */
  readonly #begun: Promise<Settled>[] = [];
  #next = 0;
  #room: number;
  #handedOut = 0;
  #isClosed = false;
  #roomMade: () => void = () => {};

  constructor(plan: readonly PlannedInput[], options: FetchOptions, unlock: () => Promise<void>) {
    this.#plan = plan;
    this.#options = options;
    this.#limits = { ...DEFAULT_HTTP_LIMITS, ...options.limits };
    this.#network = { ...SYSTEM_NETWORK, ...options.network };
    this.#rclone = options.rclone ?? new Rclone();
    this.#unlock = unlock;
    this.#room = options.maxOnDisk ?? DEFAULT_MAX_ON_DISK;
    const own = this.#stop.signal;
    this.#signal = options.signal === undefined ? own : AbortSignal.any([options.signal, own]);
    invariant(Number.isInteger(this.#room) && this.#room >= 1, 'maxOnDisk is at least 1');
  }

  /** Null at the end of the plan. */
  async next(): Promise<Arrival | null> {
    for (;;) {
      this.#beginMore();
      const settled = await this.#begun.shift();
      if (settled !== undefined) {
        if ('fatal' in settled) throw settled.fatal;
        if (isDownload(settled.arrival)) this.#handedOut++;
        return settled.arrival;
      }
      if (this.#next === this.#plan.length) return null;
      await this.#waitForRoom();
    }
  }

  /** Stops what is under way and waits until it has tidied up. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stop.abort();
    for (const settled of await Promise.all(this.#begun)) {
      if ('arrival' in settled && isDownload(settled.arrival)) await this.#putAside(settled.arrival);
    }
    await this.#unlockWhenUnused();
  }

  #beginMore(): void {
    while (!this.#isClosed && this.#next < this.#plan.length) {
      const input = this.#plan[this.#next]!;
      if (input.kind !== 'local') {
        if (this.#room === 0) return;
        this.#room--;
      }
      this.#next++;
      this.#begun.push(this.#settle(input));
    }
  }

  async #waitForRoom(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stopped = (): void => reject(this.#signal.reason as Error);
    this.#roomMade = resolve;
    this.#signal.addEventListener('abort', stopped, { once: true });
    try {
      this.#signal.throwIfAborted();
      await promise;
    } finally {
      this.#signal.removeEventListener('abort', stopped);
    }
  }

  async #settle(input: PlannedInput): Promise<Settled> {
    try {
      const arrival = await this.#fetch(input);
      if (arrival.kind !== 'file' && input.kind !== 'local') this.#makeRoom();
      return { arrival };
    } catch (error) {
      const explained = explainDiskError(error, this.#options.downloadDir);
      const concernsOne =
        explained instanceof DataError ||
        (explained instanceof TransientError && explained.code !== 'DISK_FULL');
      if (!concernsOne) return { fatal: explained };
      this.#makeRoom();
      return { arrival: { kind: 'failed', input, error: explained } };
    }
  }

  async #fetch(input: PlannedInput): Promise<Arrival> {
    if (input.kind === 'local') {
      const { path, sizeBytes } = input;
      const release = (): Promise<void> => Promise.resolve();
      return { kind: 'file', input, path, sizeBytes, version: null, verifiedBy: 'nothing', release };
    }
    const known = this.#options.knownVersion?.(input) ?? null;
    if (input.kind === 'rclone') {
      const target = this.#targetOf(input.file.address, input.origin);
      const { maxBytes } = this.#limits;
      const outcome = await this.#rclone.download({
        file: input.file,
        target,
        known,
        maxBytes,
        signal: this.#signal,
      });
      return this.#arrived(input, target, outcome);
    }
    for (const url of input.urls) {
      const target = this.#targetOf(url.fileName, url.identity);
      const outcome = await download({
        network: this.#network,
        limits: this.#limits,
        signal: this.#signal,
        url,
        target,
        known,
        onBytes: (bytesDone, bytesTotal) =>
          this.#options.onProgress?.({ origin: url.display, bytesDone, bytesTotal }),
      });
      if (outcome.kind !== 'missing') return this.#arrived(input, target, outcome);
    }
    return this.#arrived(input, '', { kind: 'missing' });
  }

  #arrived(input: PlannedInput, target: string, outcome: DownloadOutcome): Arrival {
    switch (outcome.kind) {
      case 'unchanged':
        return { kind: 'unchanged', input };
      case 'missing':
        return missing(input);
      case 'whole': {
        const { version, verifiedBy } = outcome;
        const { sizeBytes } = version;
        const release = this.#releaseOnce(target);
        return { kind: 'file', input, path: target, sizeBytes, version, verifiedBy, release };
      }
    }
  }

  #releaseOnce(target: string): () => Promise<void> {
    let released: Promise<void> | null = null;
    return () => (released ??= this.#release(target));
  }

  async #release(target: string): Promise<void> {
    if (this.#options.keep !== true) await removeWhole(target);
    this.#handedOut--;
    this.#makeRoom();
    this.#beginMore();
    await this.#unlockWhenUnused();
  }

  /** Nobody has asked for this file yet: it stays for the next run, if that can tell whether it is still current. */
  async #putAside({ path, version }: FetchedFile): Promise<void> {
    const canBeTold = version !== null && (version.etag ?? version.lastModified) !== null;
    if (this.#options.keep !== true && !canBeTold) await removeWhole(path);
  }

  #makeRoom(): void {
    this.#room++;
    this.#roomMade();
  }

  async #unlockWhenUnused(): Promise<void> {
    if (this.#isClosed && this.#handedOut === 0) await this.#unlock();
  }

  /** One flat folder; a piece of the digest keeps files of the same name apart. */
  #targetOf(name: string, identity: string): string {
    const { name: stem, ext } = path.parse(name.replaceAll(/[^\w.+=@-]/g, '_').replace(/^\.+/, ''));
    const digest = createHash('sha256').update(identity).digest('hex').slice(0, 8);
    return path.join(this.#options.downloadDir, `${stem.slice(-120)}.${digest}${ext.slice(0, 20)}`);
  }
}

function isDownload(arrival: Arrival): arrival is FetchedFile {
  return arrival.kind === 'file' && arrival.version !== null;
}

function missing(input: PlannedInput): Arrival {
  if (input.kind === 'http' && input.mayBeMissing) {
    const names = input.urls.map((url) => url.fileName).join(' nor ');
    return { kind: 'missing', input, reason: `the server has neither ${names}` };
  }
  return {
    kind: 'failed',
    input,
    error: new DataError(`${input.origin}: there is no such file; check the address`, {
      code: 'INPUT_MISSING',
      context: { input: input.origin },
    }),
  };
}
