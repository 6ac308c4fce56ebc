/** Which version of a remote file was seen: enough to continue its download and to tell whether it has changed. */
import { z } from 'zod';

export const REMOTE_VERSION = z.readonly(
  z.strictObject({
    etag: z.string().nullable(),
    /** As the source writes it. */
    lastModified: z.string().nullable(),
    sizeBytes: z.number().int().nonnegative().nullable(),
    /** Digest of the whole file where the source offers one with it, lower-case hexadecimal. */
    md5: z.string().nullable(),
  }),
);

export type RemoteVersion = z.infer<typeof REMOTE_VERSION>;

/** Of a file that is here: its size is known. */
export type WholeVersion = RemoteVersion & { readonly sizeBytes: number };

/**
 * Value of `If-Range`: a strong ETag or the time of modification (RFC 9110 §13.1.5). Null when neither is offered: the
 * download can then only start over.
 */
export function rangeValidator(version: RemoteVersion): string | null {
  const { etag, lastModified } = version;
  return etag !== null && !etag.startsWith('W/') ? etag : lastModified;
}

/** Headers that ask for the file only if it is no longer this version. */
export function ifChanged(version: RemoteVersion | null): Record<string, string> {
  if (version === null) return {};
  if (version.etag !== null) return { 'if-none-match': version.etag };
  return version.lastModified === null ? {} : { 'if-modified-since': version.lastModified };
}

/** The version that an answer with the whole file (200) describes. */
export function versionOf(headers: Headers): RemoteVersion {
  const length = headers.get('content-length');
  const isEncoded = (headers.get('content-encoding') ?? 'identity') !== 'identity';
  return {
    etag: isEncoded ? null : headers.get('etag'),
    lastModified: isEncoded ? null : headers.get('last-modified'),
    sizeBytes: length === null || isEncoded ? null : Number(length),
    md5: isEncoded ? null : md5Of(headers),
  };
}

/**
 * An ETag is opaque, except where its maker documents it: Amazon S3 gives the MD5 of an object that was put in one piece
 * and is not encrypted with a customer's or KMS key (S3 API, "Object").
 */
function md5Of(headers: Headers): string | null {
  if (headers.get('server') !== 'AmazonS3') return null;
  if (headers.has('x-amz-server-side-encryption-customer-algorithm')) return null;
  if ((headers.get('x-amz-server-side-encryption') ?? '').startsWith('aws:kms')) return null;
  return /^"([\da-f]{32})"$/.exec(headers.get('etag') ?? '')?.[1] ?? null;
}
