/**
 * Files of an rclone remote, through the user's own `rclone` and its configuration. Arguments are passed without a shell;
 * rclone does its own retries, and what it delivers is held against the size and digest that the remote lists.
 */
import { spawn } from 'node:child_process';
import { mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { ConfigError, DataError, TransientError } from '../../../domain/core/index.ts';
import {
  checksumMismatch,
  type DownloadOutcome,
  refuseOversize,
  type Verification,
} from './download-outcome.ts';
import { digestFile, type DigestAlgorithm } from './checksum.ts';
import { diskFull } from './disk-error.ts';
import { hidden, placeWhole, wholeVersion } from './part-file.ts';
import { withoutSecrets } from './remote-url.ts';
import type { RemoteVersion } from './remote-version.ts';

export interface RcloneOptions {
  /** Name or path of the program. */
  readonly program: string;
  readonly environment: NodeJS.ProcessEnv;
}

export const SYSTEM_RCLONE: RcloneOptions = { program: 'rclone', environment: process.env };

export interface RcloneFile {
  /** `remote:path/name` */
  readonly address: string;
  readonly sizeBytes: number | null;
  readonly fromFolder: boolean;
}

export interface RcloneDownload {
  readonly file: RcloneFile;
  readonly target: string;
  readonly known?: RemoteVersion | null | undefined;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

const LISTED = z.object({
  Path: z.string(),
  Size: z.number().int(),
  ModTime: z.string(),
  IsDir: z.boolean(),
  Hashes: z.record(z.string(), z.string()).optional(),
});
type Listed = z.infer<typeof LISTED>;

const DIGESTS: readonly DigestAlgorithm[] = ['sha256', 'sha1', 'md5'];
/** Exit codes of rclone: 3 directory not found, 4 file not found. */
const NOT_FOUND: readonly number[] = [3, 4];
const MAX_LISTING_BYTES = 256 * 2 ** 20;
const MAX_ERROR_CHARACTERS = 2_000;

export class Rclone {
  readonly #options: RcloneOptions;

  constructor(options: Partial<RcloneOptions> = {}) {
    this.#options = { ...SYSTEM_RCLONE, ...options };
  }

  /**
   * The files at `remote:path`, which names a file, a folder or, in its path, a glob; in order of their names.
   * @throws ConfigError without rclone or for a remote that it does not know; DataError when nothing is there
   */
  async list(address: string, signal?: AbortSignal): Promise<readonly RcloneFile[]> {
    const { root, pattern } = splitGlob(address);
    const entry = await this.#stat(root, [], signal);
    if (entry === null) throw notThere(address);
    if (!entry.IsDir && pattern !== null) throw notThere(address);
    if (!entry.IsDir) return [{ address, sizeBytes: sizeOf(entry), fromFolder: false }];
    const deep = pattern === null || pattern.includes('/') ? ['--recursive'] : [];
    const text = await this.#run(['lsjson', '--files-only', '--no-mimetype', ...deep, root], signal);
    if (text === null) throw notThere(address);
    const files = z
      .array(LISTED)
      .parse(JSON.parse(text))
      .filter((file) => pattern === null || path.posix.matchesGlob(file.Path, pattern))
      .filter((file) => !path.posix.basename(file.Path).startsWith('.'))
      .toSorted((a, b) => (a.Path < b.Path ? -1 : 1));
    if (files.length === 0) throw notThere(address);
    const folder = /[:/]$/.test(root) ? root : `${root}/`;
    return files.map((file) => ({
      address: `${folder}${file.Path}`,
      sizeBytes: sizeOf(file),
      fromFolder: pattern === null,
    }));
  }

  /**
   * @throws TransientError when rclone gives up; DataError when the file is too large or is not what the remote lists;
   * ConfigError as {@link Rclone.list}; the signal's reason when aborted
   */
  async download({ file, target, known, maxBytes, signal }: RcloneDownload): Promise<DownloadOutcome> {
    const { address } = file;
    const listed = await this.#stat(address, ['--hash'], signal);
    if (listed === null || listed.IsDir) return { kind: 'missing' };
    const version = { etag: null, lastModified: listed.ModTime, sizeBytes: sizeOf(listed), md5: null };
    if (isSame(known ?? null, version)) return { kind: 'unchanged' };
    const here = await wholeVersion(target, address);
    if (here !== null && isSame(here, version)) {
      return { kind: 'whole', version: here, verifiedBy: 'nothing' };
    }
    refuseOversize(`rclone:${address}`, version.sizeBytes, maxBytes);
    // A folder of its own: whatever rclone leaves behind when it is stopped goes with it.
    const workshop = hidden(target, '.rclone');
    await rm(workshop, { recursive: true, force: true });
    await mkdir(workshop, { recursive: true });
    try {
      const from = path.join(workshop, path.basename(target));
      if ((await this.#run(['copyto', address, from], signal)) === null) return { kind: 'missing' };
      const { size: sizeBytes } = await stat(from);
      refuseOversize(`rclone:${address}`, sizeBytes, maxBytes);
      const verifiedBy = await verify({ address, listed, file: from, sizeBytes, signal });
      const whole = { ...version, sizeBytes };
      await placeWhole({ from, target, source: address, version: whole });
      return { kind: 'whole', version: whole, verifiedBy };
    } finally {
      await rm(workshop, { recursive: true, force: true });
    }
  }

  /** Null when nothing is there. */
  async #stat(address: string, flags: readonly string[], signal?: AbortSignal): Promise<Listed | null> {
    const text = await this.#run(['lsjson', '--stat', '--no-mimetype', ...flags, address], signal);
    return text === null ? null : LISTED.nullable().parse(JSON.parse(text));
  }

  /** What rclone writes to its output; null when it does not find what it is asked for. */
  async #run(args: readonly string[], signal?: AbortSignal): Promise<string | null> {
    signal?.throwIfAborted();
    const { program, environment } = this.#options;
    // Nobody is there to type the password of an encrypted configuration.
    const child = spawn(program, ['--ask-password=false', ...args], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stop = (): boolean => child.kill();
    signal?.addEventListener('abort', stop);
    try {
      const output: Buffer[] = [];
      let outputBytes = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        outputBytes += chunk.length;
        if (outputBytes > MAX_LISTING_BYTES) stop();
        else output.push(chunk);
      });
      let complaint = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        complaint = (complaint + text).slice(-MAX_ERROR_CHARACTERS);
      });
      const exitCode = await new Promise<number | null>((resolve, reject) => {
        child.once('error', reject).once('close', resolve);
      }).catch((cause: unknown) => {
        throw cannotStart(program, cause);
      });
      signal?.throwIfAborted();
      if (exitCode === 0) return Buffer.concat(output).toString('utf8');
      if (exitCode !== null && NOT_FOUND.includes(exitCode)) return null;
      throw failure(args, exitCode, withoutSecrets(complaint.trim()));
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }
}

/** `remote:a/b*\/c` → root `remote:a`, pattern `b*\/c`; no pattern when the path has no magic in it. */
function splitGlob(address: string): { readonly root: string; readonly pattern: string | null } {
  const colon = address.indexOf(':') + 1;
  const segments = address.slice(colon).split('/');
  const magic = segments.findIndex((segment) => /[*?[{]/.test(segment));
  if (magic < 0) return { root: address, pattern: null };
  return {
    root: address.slice(0, colon) + segments.slice(0, magic).join('/'),
    pattern: segments.slice(magic).join('/'),
  };
}

/** rclone writes -1 for a size that the remote does not tell. */
function sizeOf(listed: Listed): number | null {
  return listed.Size < 0 ? null : listed.Size;
}

function isSame(one: RemoteVersion | null, other: RemoteVersion): boolean {
  return one !== null && one.sizeBytes === other.sizeBytes && one.lastModified === other.lastModified;
}

interface Delivery {
  readonly address: string;
  readonly listed: Listed;
  readonly file: string;
  readonly sizeBytes: number;
  readonly signal: AbortSignal | undefined;
}

async function verify({ address, listed, file, sizeBytes, signal }: Delivery): Promise<Verification> {
  const expectedBytes = sizeOf(listed);
  if (expectedBytes !== null && sizeBytes !== expectedBytes) {
    throw new TransientError(
      `rclone:${address}: ${sizeBytes} of ${expectedBytes} bytes arrived; run the command again`,
      { code: 'DOWNLOAD_BROKEN', context: { address }, retryAfterMs: 0 },
    );
  }
  const algorithm = DIGESTS.find((name) => listed.Hashes?.[name] !== undefined);
  if (algorithm === undefined) return expectedBytes === null ? 'nothing' : 'length';
  const hex = listed.Hashes![algorithm]!.toLowerCase();
  const actual = await digestFile(file, algorithm, signal);
  if (actual !== hex)
    throw checksumMismatch(`rclone:${address}`, { algorithm, hex, origin: 'the remote' }, actual);
  return algorithm;
}

function notThere(address: string): DataError {
  return new DataError(`rclone:${address}: nothing is there; see what there is with "rclone lsf"`, {
    code: 'INPUT_MISSING',
    context: { input: `rclone:${address}` },
  });
}

function cannotStart(program: string, cause: unknown): ConfigError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ConfigError(
    [
      {
        path: '--in',
        message: `rclone:… needs the program ${program}, which cannot be started (${reason}); install it (https://rclone.org/install)`,
      },
    ],
    { code: 'RCLONE_MISSING', cause },
  );
}

function failure(
  args: readonly string[],
  exitCode: number | null,
  complaint: string,
): ConfigError | TransientError {
  const address = args.find((arg) => !arg.startsWith('-') && arg.includes(':')) ?? '';
  if (complaint.includes("didn't find section in config file")) {
    return new ConfigError(
      [
        {
          path: '--in',
          message: `rclone:${address}: rclone knows no such remote; see "rclone listremotes", or make it with "rclone config"`,
        },
      ],
      { code: 'RCLONE_REMOTE_UNKNOWN', context: { address } },
    );
  }
  if (complaint.includes('no space left on device')) return diskFull('the download folder', complaint);
  return new TransientError(
    `rclone:${address}: rclone ended with ${exitCode ?? 'a signal'}: ${complaint || 'it gives no reason'}`,
    { code: 'RCLONE_FAILED', context: { address, exitCode }, retryAfterMs: 0 },
  );
}
