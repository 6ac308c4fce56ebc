/**
 * One file over http(s): continued where the connection broke (RFC 9110 §14, `Range` with `If-Range`), tried again with
 * patience, held against its length and the checksum that the server offers, and put in place only when whole.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { DataError, invariant, TransientError } from '../../../domain/core/index.ts';
import { digestFile, type OfferedDigest, offeredSidecar } from './checksum.ts';
import {
  checksumMismatch,
  type DownloadOutcome,
  refuseOversize,
  type Verification,
} from './download-outcome.ts';
import { exchange, type HttpAnswer, type HttpClient, refusal } from './http-exchange.ts';
import { PartFile, wholeVersion } from './part-file.ts';
import type { RemoteUrl } from './remote-url.ts';
import { ifChanged, type RemoteVersion, versionOf, type WholeVersion } from './remote-version.ts';
import { withRetries } from './retry.ts';

export interface DownloadOptions extends HttpClient {
  readonly url: RemoteUrl;
  /** Path of the whole file. */
  readonly target: string;
  /** A version that need not be fetched again. */
  readonly known?: RemoteVersion | null | undefined;
  /** Hears the bytes in hand, and of how many where that is known. */
  readonly onBytes?: ((bytes: number, totalBytes: number | null) => void) | undefined;
}

/** Fresh downloads that may disagree with the checksum before the file is refused: the first may have met a revision. */
const MAX_MISMATCHES = 2;

/**
 * @throws TransientError when the attempts are used up (what is there is continued by the next call); DataError when the
 * server refuses, the file is too large, or it disagrees with its checksum; the signal's reason when aborted; errors of
 * the file system as they are
 */
export async function download(options: DownloadOptions): Promise<DownloadOutcome> {
  await mkdir(path.dirname(options.target), { recursive: true });
  const source = options.url.identity;
  const part = await PartFile.open(options.target, source);
  const here = await wholeVersion(options.target, source);
  const fetching = new Download(options, part, here);
  try {
    return await withRetries(() => fetching.attempt(), { ...options, bytesInHand: () => part.sizeBytes });
  } catch (error) {
    if (error instanceof DataError) await part.discard();
    throw error;
  } finally {
    await part.abandon();
  }
}

class Download {
  readonly #options: DownloadOptions;
  readonly #part: PartFile;
  /** Version of a whole file left by an earlier run. */
  readonly #here: WholeVersion | null;
  #mismatches = 0;
  /** A part found complete was recorded with its length. */
  #lengthOffered = true;

  constructor(options: DownloadOptions, part: PartFile, here: WholeVersion | null) {
    this.#options = options;
    this.#part = part;
    this.#here = here;
  }

  async attempt(): Promise<DownloadOutcome> {
    if (!this.#part.isComplete) {
      const outcome = await this.#fetch();
      if (outcome !== null) return outcome;
    }
    const verifiedBy = await this.#verify();
    const version = await this.#part.finish();
    return { kind: 'whole', version, verifiedBy };
  }

  /** Null when all bytes have arrived. */
  async #fetch(): Promise<DownloadOutcome | null> {
    const { url, network } = this.#options;
    const { validator, sizeBytes } = this.#part;
    const answer = await exchange(
      this.#options,
      url,
      validator === null
        ? ifChanged(this.#options.known ?? this.#here)
        : { range: `bytes=${sizeBytes}-`, 'if-range': validator },
    );
    switch (answer.status) {
      case 200:
        await this.#startOver(answer);
        return null;
      case 206:
        await this.#goOn(answer);
        return null;
      case 304:
        answer.close();
        return this.#unchanged();
      case 404:
      case 410:
        answer.close();
        await this.#part.discard();
        return { kind: 'missing' };
      case 416:
        answer.close();
        await this.#part.discard();
        throw this.#again('the server cannot continue the download');
      default:
        answer.close();
        throw refusal(answer, network.nowMs());
    }
  }

  #unchanged(): DownloadOutcome {
    if (this.#options.known) return { kind: 'unchanged' };
    const version = this.#here;
    if (version === null) throw this.#again('the server answers 304 to an unconditional request');
    return { kind: 'whole', version, verifiedBy: 'nothing' };
  }

  async #startOver(answer: HttpAnswer): Promise<void> {
    const { url, limits } = this.#options;
    const version = versionOf(answer.headers);
    try {
      refuseOversize(url.display, version.sizeBytes, limits.maxBytes);
      await this.#part.begin(version);
    } catch (error) {
      answer.close();
      throw error;
    }
    await this.#receive(answer);
  }

  async #goOn(answer: HttpAnswer): Promise<void> {
    const { version, sizeBytes } = this.#part;
    invariant(version !== null, 'only a part that was begun is continued');
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.headers.get('content-range') ?? '');
    const total = range?.[2] === '*' ? version.sizeBytes : Number(range?.[2]);
    const etag = answer.headers.get('etag');
    const isOurs =
      Number(range?.[1]) === sizeBytes &&
      total === (version.sizeBytes ?? total) &&
      (etag === null || version.etag === null || etag === version.etag);
    if (!isOurs) {
      answer.close();
      await this.#part.discard();
      throw this.#again('the server continues another file than it began');
    }
    await this.#receive(answer);
  }

  async #receive(answer: HttpAnswer): Promise<void> {
    await this.#part.append(this.#counted(answer.body));
    const { version, sizeBytes } = this.#part;
    const expected = version?.sizeBytes ?? null;
    this.#lengthOffered = expected !== null;
    if (expected === null) this.#part.end();
    if (expected === null || sizeBytes === expected) return;
    if (sizeBytes > expected) await this.#part.discard();
    throw this.#again(`${sizeBytes} of ${expected} bytes arrived`);
  }

  async *#counted(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const { url, limits } = this.#options;
    const total = this.#part.version?.sizeBytes ?? null;
    let bytes = this.#part.sizeBytes;
    for await (const chunk of body) {
      bytes += chunk.length;
      refuseOversize(url.display, bytes, limits.maxBytes);
      yield chunk;
      this.#options.onBytes?.(bytes, total);
    }
  }

  /** @throws TransientError for the first disagreement with the checksum, DataError for the last */
  async #verify(): Promise<Verification> {
    const { url, signal } = this.#options;
    const offered = (await offeredSidecar(this.#options, url)) ?? this.#offeredMd5();
    if (offered === null) return this.#lengthOffered ? 'length' : 'nothing';
    const hex = await digestFile(this.#part.path, offered.algorithm, signal);
    if (hex === offered.hex) return offered.algorithm;
    await this.#part.discard();
    this.#mismatches++;
    if (this.#mismatches < MAX_MISMATCHES) throw this.#again('the file disagrees with its checksum');
    throw checksumMismatch(url.display, offered, hex);
  }

  #offeredMd5(): OfferedDigest | null {
    const md5 = this.#part.version?.md5 ?? null;
    return md5 === null ? null : { algorithm: 'md5', hex: md5, origin: 'its ETag' };
  }

  #again(reason: string): TransientError {
    const { url } = this.#options;
    return new TransientError(`${url.display}: ${reason}`, {
      code: 'DOWNLOAD_BROKEN',
      context: { url: url.display },
      retryAfterMs: 0,
    });
  }
}
