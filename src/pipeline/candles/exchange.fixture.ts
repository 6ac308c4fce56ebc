/** For tests: an archive and a REST interface that answer without a network, and tell what they were asked. */
import { createHash } from 'node:crypto';
import type { Candle } from '../../domain/candles/index.ts';
import type { Network } from '../../platform/sources/index.ts';

export const ARCHIVE = 'http://archive.test';
export const REST = 'http://rest.test';

export class StandInExchange {
  /** By path; what is not here is 404. */
  readonly files = new Map<string, string>();
  /** What REST has. */
  candles: readonly Candle[] = [];
  /** Status of the answer for a file of the archive, in place of the file. */
  readonly archiveStatus = new Map<string, number>();
  /** Status of every REST answer. */
  restStatus = 200;
  nowMs = 0;
  #asked: string[] = [];

  readonly network: Partial<Network> = {
    fetch: async (url) => {
      const { status, text } = this.#answer(new URL(url));
      const headers = { 'content-length': String(Buffer.byteLength(text)) };
      return { status, headers: new Headers(headers), body: new Blob([text]).stream() };
    },
    sleep: async (_, signal) => {
      // Pauses between attempts take no time; nobody here is ever silent.
      if (signal !== undefined) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
    random: () => 0,
    nowMs: () => this.nowMs,
  };

  /** What was asked since the last time: file names of the archive, and REST as `klines <from>`. */
  takeAsked(): readonly string[] {
    const asked = this.#asked;
    this.#asked = [];
    return asked;
  }

  /** Publishes candles as a file of the archive, with its checksum. */
  publish(path: string, candles: readonly Candle[]): void {
    const text = candles.map(csvLine).join('\n');
    this.files.set(path, text);
    this.files.set(`${path}.CHECKSUM`, `${sha256(text)}  ${path.split('/').at(-1)}\n`);
  }

  #answer(url: URL): { readonly status: number; readonly text: string } {
    const { pathname, searchParams } = url;
    if (url.origin === REST) {
      const [fromMs, toMs, limit] = ['startTime', 'endTime', 'limit'].map((name) =>
        Number(searchParams.get(name)),
      );
      this.#asked.push(`klines ${new Date(fromMs!).toISOString().slice(0, 16)}`);
      if (this.restStatus !== 200) return { status: this.restStatus, text: 'no' };
      const rows = this.candles.filter(({ openTimeMs }) => openTimeMs >= fromMs! && openTimeMs <= toMs!);
      return {
        status: 200,
        text: JSON.stringify(rows.slice(0, limit).map((candle) => csvLine(candle).split(','))),
      };
    }
    this.#asked.push(pathname.split('/').at(-1)!);
    const text = this.files.get(pathname);
    const status = this.archiveStatus.get(pathname.split('/').at(-1)!);
    if (status !== undefined) return { status, text: 'no' };
    return text === undefined ? { status: 404, text: 'no' } : { status: 200, text };
  }
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function csvLine(candle: Candle): string {
  const { openTimeMs, open, high, low, close, volume, quoteVolume, trades, takerBuyVolume } = candle;
  return [
    openTimeMs,
    open,
    high,
    low,
    close,
    volume,
    openTimeMs + 1,
    quoteVolume,
    trades,
    takerBuyVolume,
    0,
    0,
  ].join();
}
