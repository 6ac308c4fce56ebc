/** Digests that a source offers for a file, and holding the file against them. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { exchange, type HttpClient, refusal } from './http-exchange.ts';
import type { RemoteUrl } from './remote-url.ts';

export type DigestAlgorithm = 'sha256' | 'sha1' | 'md5';

export interface OfferedDigest {
  readonly algorithm: DigestAlgorithm;
  /** Lower-case hexadecimal. */
  readonly hex: string;
  /** Who offers it, for messages. */
  readonly origin: string;
}

const READ_CHUNK_BYTES = 2 ** 20;
/** A checksum file is one line; anything much longer is something else. */
const MAX_SIDECAR_BYTES = 64 * 2 ** 10;

/** Lower-case hexadecimal digest of a file. */
export async function digestFile(
  file: string,
  algorithm: DigestAlgorithm,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(file, {
    highWaterMark: READ_CHUNK_BYTES,
    signal,
  }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
  }
  return hash.digest('hex');
}

/**
 * The sha256 in `<url>.CHECKSUM`, as the Binance archive offers it: `<64 hexadecimal digits>  <file name>`. Null when the
 * server has no such file, or answers with something else (a page that says "not found" with status 200).
 * @throws TransientError when the server cannot say
 */
export async function offeredSidecar(client: HttpClient, url: RemoteUrl): Promise<OfferedDigest | null> {
  const sidecar = url.withSuffix('.CHECKSUM');
  const answer = await exchange(client, sidecar, {});
  if (answer.status !== 200) {
    answer.close();
    if (answer.status < 500 && answer.status !== 429) return null;
    throw refusal(answer, client.network.nowMs());
  }
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_SIDECAR_BYTES) return null;
  }
  const hex = sha256In(text, url.fileName);
  return hex === null ? null : { algorithm: 'sha256', hex, origin: sidecar.display };
}

/** The digest on the line of `fileName`, in the format of `sha256sum`. */
export function sha256In(text: string, fileName: string): string | null {
  for (const line of text.split('\n')) {
    const match = /^([\da-f]{64})\s+\*?(.+?)\s*$/i.exec(line);
    if (match !== null && match[2] === fileName) return match[1]!.toLowerCase();
  }
  return null;
}
