/**
 * An http(s) address whose secrets stay inside: user, password and query are sent, and never shown. Printing, logging or
 * serialising the object gives {@link RemoteUrl.display}.
 */
import { createHash } from 'node:crypto';

export class RemoteUrl {
  readonly #url: URL;
  /** For messages and manifests: without user, password, query values and fragment. */
  readonly display: string;

  private constructor(url: URL) {
    this.#url = url;
    this.display = `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`;
  }

  /** Null when `text` is not an absolute http(s) address. */
  static parse(text: string): RemoteUrl | null {
    const url = URL.parse(text);
    return url === null || !isHttp(url) ? null : new RemoteUrl(url);
  }

  /** What `fetch` may be given: without user and password, which it refuses, and without fragment. */
  get requestUrl(): string {
    const url = new URL(this.#url);
    url.username = '';
    url.password = '';
    url.hash = '';
    return url.href;
  }

  /** Value of the `Authorization` header that stands for `user:password@`. */
  get authorization(): string | null {
    const { username, password } = this.#url;
    if (username === '' && password === '') return null;
    const pair = `${decoded(username)}:${decoded(password)}`;
    return `Basic ${Buffer.from(pair).toString('base64')}`;
  }

  /** Hexadecimal digest that tells one remote file from another, whoever asks for it. */
  get identity(): string {
    return createHash('sha256').update(this.requestUrl).digest('hex');
  }

  /** Last part of the path; empty for a folder. */
  get fileName(): string {
    return decoded(this.#url.pathname.slice(this.#url.pathname.lastIndexOf('/') + 1));
  }

  /** The same address with `suffix` behind its path, such as `.CHECKSUM`. */
  withSuffix(suffix: string): RemoteUrl {
    const url = new URL(this.#url);
    url.pathname += suffix;
    return new RemoteUrl(url);
  }

  /** An address below this one; the query, which may hold a token, is kept. */
  below(...segments: readonly string[]): RemoteUrl {
    const url = new URL(this.#url);
    const path = segments.map((segment) => encodeURIComponent(segment)).join('/');
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`;
    return new RemoteUrl(url);
  }

  /**
   * Where a redirect leads. User and password go along to the same origin only; a step from https down to http, or to
   * another scheme, gives null.
   */
  follow(location: string): RemoteUrl | null {
    const next = URL.parse(location, this.#url.href);
    if (next === null || !isHttp(next)) return null;
    if (this.#url.protocol === 'https:' && next.protocol === 'http:') return null;
    if (next.origin === this.#url.origin && next.username === '') {
      next.username = this.#url.username;
      next.password = this.#url.password;
    }
    return new RemoteUrl(next);
  }

  toString(): string {
    return this.display;
  }

  toJSON(): string {
    return this.display;
  }
}

function isHttp(url: URL): boolean {
  return url.protocol === 'http:' || url.protocol === 'https:';
}

/** Percent-decoded where that is possible. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Free text, such as another program's error output, with the secrets of every address in it struck out. */
export function withoutSecrets(text: string): string {
  return text
    .replaceAll(/(\b[a-z][a-z\d+.-]*:\/\/)[^\s/@'"]+@/gi, '$1')
    .replaceAll(/(\b[a-z][a-z\d+.-]*:\/\/[^\s?'"]+)\?[^\s'"]*/gi, '$1?…');
}
