/**
 * Binance's bulk archive of candles, `data/<market>/{monthly|daily}/klines/<SYMBOL>/<interval>/<SYMBOL>-<interval>-<date>.zip`
 * with `.CHECKSUM` beside each file: on its server, on a mirror, or in a folder.
 */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { type CandleInterval, monthSpan, type TimeSpan } from '../../../domain/candles/index.ts';
import { ConfigError, DAY_MS, invariant, isoDay } from '../../../domain/core/index.ts';
import { digestFile, offeredSidecar, sha256In } from '../remote/checksum.ts';
import { checksumMismatch } from '../remote/download-outcome.ts';
import { exchange, type HttpClient, refusal } from '../remote/http-exchange.ts';
import type { PlannedInput } from '../remote/input-plan.ts';
import { DEFAULT_HTTP_LIMITS, type HttpLimits, type Network, SYSTEM_NETWORK } from '../remote/network.ts';
import { RemoteUrl } from '../remote/remote-url.ts';
import { withRetries } from '../remote/retry.ts';
import { answerText } from './answer-text.ts';
import { CANDLE_ARCHIVE_URL, CANDLE_MARKET_FACTS, type CandleMarket } from './market.ts';

/** What lies beside archives is short. */
const MAX_TEXT_LENGTH = 2 ** 16;

export interface CandlePlace {
  readonly market: CandleMarket;
  readonly symbol: string;
  readonly interval: CandleInterval;
}

export interface CandleFile {
  readonly kind: 'monthly' | 'daily';
  /** `2025-01` or `2025-01-31`. */
  readonly date: string;
  /** What its candles may begin in. */
  readonly span: TimeSpan;
  /** Folders below the root of the archive, and the file's name. */
  readonly segments: readonly string[];
}

export function monthlyFile(place: CandlePlace, month: string): CandleFile {
  const span = monthSpan(month);
  invariant(span !== null, 'a month such as 2025-01', { month });
  return { kind: 'monthly', date: month, span, segments: segmentsOf(place, 'monthly', month) };
}

/** The daily files of a month up to the day before `untilMs`. */
export function dailyFiles(
  place: CandlePlace,
  { fromMs, toMs }: TimeSpan,
  untilMs: number,
): readonly CandleFile[] {
  const files: CandleFile[] = [];
  for (let dayMs = fromMs; dayMs < toMs && dayMs + DAY_MS <= untilMs; dayMs += DAY_MS) {
    const date = isoDay(dayMs);
    const span = { fromMs: dayMs, toMs: dayMs + DAY_MS };
    files.push({ kind: 'daily', date, span, segments: segmentsOf(place, 'daily', date) });
  }
  return files;
}

function segmentsOf(
  { market, symbol, interval }: CandlePlace,
  kind: CandleFile['kind'],
  date: string,
): readonly string[] {
  const { folder } = CANDLE_MARKET_FACTS[market];
  const name = `${symbol}-${interval}-${date}.zip`;
  return ['data', ...folder.split('/'), kind, 'klines', symbol, interval, name];
}

export interface CandleArchive {
  /** How the file is to be fetched; null when it is known not to be there. */
  readonly plan: (file: CandleFile) => Promise<PlannedInput | null>;
  /** The sha256 in the `.CHECKSUM` beside the file; null when there is none. */
  readonly offeredSha256: (file: CandleFile) => Promise<string | null>;
  /** Text of another file in the file's folder; null when there is none. */
  readonly textBeside: (file: CandleFile, name: string) => Promise<string | null>;
  /** Folder of the file, for people. */
  readonly folderOf: (file: CandleFile) => string;
}

export interface CandleArchiveOptions {
  /** An http(s) address or a folder that holds `data/`; default Binance's own. */
  readonly base?: string | undefined;
  readonly limits?: Partial<HttpLimits> | undefined;
  readonly network?: Partial<Network> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @throws ConfigError when the base is neither an address nor a folder */
export async function openCandleArchive(options: CandleArchiveOptions): Promise<CandleArchive> {
  const { base = CANDLE_ARCHIVE_URL, signal } = options;
  if (!/^https?:/i.test(base)) return await openFolder(base);
  const url = RemoteUrl.parse(base);
  if (url === null) throw new ConfigError([{ path: '--base-url', message: 'not a valid http(s) address' }]);
  const limits = { ...DEFAULT_HTTP_LIMITS, ...options.limits };
  return serverArchive(url, { limits, network: { ...SYSTEM_NETWORK, ...options.network }, signal });
}

async function openFolder(root: string): Promise<CandleArchive> {
  if ((await stat(root).catch(() => null))?.isDirectory() !== true) {
    throw new ConfigError([
      { path: '--base-url', message: `${root} is neither an http(s) address nor a folder that holds data/` },
    ]);
  }
  const at = ({ segments }: CandleFile): string => path.join(root, ...segments);
  return {
    plan: async (file) => {
      const found = await stat(at(file)).catch(() => null);
      if (found?.isFile() !== true) return null;
      const { size: sizeBytes } = found;
      return { kind: 'local', origin: at(file), path: at(file), sizeBytes, fromFolder: false };
    },
    offeredSha256: async (file) => {
      const text = await textOf(`${at(file)}.CHECKSUM`);
      return text === null ? null : sha256In(text, path.basename(at(file)));
    },
    textBeside: (file, name) => textOf(path.join(path.dirname(at(file)), name)),
    folderOf: (file) => path.dirname(at(file)),
  };
}

async function textOf(file: string): Promise<string | null> {
  return await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  });
}

function serverArchive(root: RemoteUrl, client: HttpClient): CandleArchive {
  const at = ({ segments }: CandleFile): RemoteUrl => root.below(...segments);
  const patient = <T>(attempt: () => Promise<T>): Promise<T> =>
    withRetries(attempt, { ...client, bytesInHand: () => 0 });
  return {
    plan: async (file) => {
      const url = at(file);
      return { kind: 'http', origin: url.display, fromFolder: false, urls: [url], mayBeMissing: true };
    },
    offeredSha256: (file) => patient(async () => (await offeredSidecar(client, at(file)))?.hex ?? null),
    textBeside: (file, name) =>
      patient(async () => {
        const answer = await exchange(client, root.below(...file.segments.slice(0, -1), name), {});
        if (answer.status !== 200) {
          answer.close();
          if (answer.status === 404) return null;
          throw refusal(answer, client.network.nowMs());
        }
        return await answerText(answer, MAX_TEXT_LENGTH);
      }),
    folderOf: (file) => root.below(...file.segments.slice(0, -1)).display,
  };
}

/**
 * Digest of an archive that lies here.
 * @throws DataError when it is not the one offered
 */
export async function checkedSha256(
  file: string,
  { origin, offered }: { readonly origin: string; readonly offered: string | null },
): Promise<string> {
  const hex = await digestFile(file, 'sha256');
  if (offered === null || offered === hex) return hex;
  throw checksumMismatch(origin, { algorithm: 'sha256', hex: offered, origin: `${origin}.CHECKSUM` }, hex);
}
