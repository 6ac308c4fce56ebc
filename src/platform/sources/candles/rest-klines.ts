/** Candles from the exchange's REST interface: page after page, one request at a time, within the exchange's allowance. */
import { z } from 'zod';
import {
  CANDLE_INTERVALS,
  type CandleInterval,
  type CandleRow,
  type RowNote,
  type TimeSpan,
} from '../../../domain/candles/index.ts';
import { ConfigError, DataError, invariant, MINUTE_MS, TransientError } from '../../../domain/core/index.ts';
import { exchange, type HttpAnswer, type HttpClient, refusal } from '../remote/http-exchange.ts';
import { DEFAULT_HTTP_LIMITS, type HttpLimits, type Network, SYSTEM_NETWORK } from '../remote/network.ts';
import { RemoteUrl } from '../remote/remote-url.ts';
import { retryAfterMs, withRetries } from '../remote/retry.ts';
import { answerText } from './answer-text.ts';
import { BINANCE_FIELDS, BINANCE_ORDER, candleOf, type RowLayout } from './candle-fields.ts';
import { CANDLE_MARKET_FACTS, type CandleMarket } from './market.ts';

export interface KlinesOptions {
  readonly market: CandleMarket;
  /** Stands in for the exchange: everything before `/fapi/v1/klines` or `/api/v3/klines`. */
  readonly restUrl?: string | undefined;
  readonly limits?: Partial<HttpLimits> | undefined;
  readonly network?: Partial<Network> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface KlinesPage {
  /** What was asked for. */
  readonly span: TimeSpan;
  /** The line of a row is its place in the answer, from 1. */
  readonly rows: readonly CandleRow[];
  readonly unreadable: readonly RowNote[];
}

/** Half of what USD-M futures allow in a minute, the smaller allowance of the two markets. */
const WEIGHT_A_MINUTE = 1_200;
const BANNED = 418;
const MAX_ANSWER_LENGTH = 4 * 2 ** 20;

const ANSWER = z.array(z.array(z.union([z.string(), z.number()])));

/** One for all symbols of a market: its requests wait for each other. */
export class RestKlines {
  readonly #client: HttpClient;
  readonly #market: CandleMarket;
  readonly #base: string;
  #last: Promise<unknown> = Promise.resolve();

  /** @throws ConfigError when the address is none */
  constructor({ market, restUrl, limits, network, signal }: KlinesOptions) {
    this.#market = market;
    this.#base = (restUrl ?? CANDLE_MARKET_FACTS[market].restUrl).replace(/\/+$/, '');
    this.#client = {
      limits: { ...DEFAULT_HTTP_LIMITS, ...limits },
      network: { ...SYSTEM_NETWORK, ...network },
      signal,
    };
    if (RemoteUrl.parse(this.#base) === null)
      throw new ConfigError([{ path: '--rest-url', message: 'not a valid http(s) address' }]);
  }

  /** Candles that one answer may hold. */
  get maxRows(): number {
    return CANDLE_MARKET_FACTS[this.#market].maxRows;
  }

  /**
   * The candles of a stretch of at most {@link maxRows} of them.
   * @throws TransientError when the exchange does not answer or asks for too long a pause; DataError when it refuses
   */
  async page(symbol: string, interval: CandleInterval, span: TimeSpan): Promise<KlinesPage> {
    invariant(
      span.toMs - span.fromMs <= this.maxRows * CANDLE_INTERVALS[interval],
      'one answer holds what is asked for',
    );
    const turn = this.#last.then(() => this.#ask(symbol, interval, span));
    this.#last = turn.catch(() => null);
    return await turn;
  }

  async #ask(symbol: string, interval: CandleInterval, span: TimeSpan): Promise<KlinesPage> {
    const query = new URLSearchParams({
      symbol,
      interval,
      startTime: String(span.fromMs),
      endTime: String(span.toMs - 1),
      limit: String(this.maxRows),
    });
    const url = RemoteUrl.parse(
      `${this.#base}${CANDLE_MARKET_FACTS[this.#market].klinesPath}?${query.toString()}`,
    );
    invariant(url !== null, 'the base was an address');
    const place = `${url.display} ${symbol} ${interval} from ${new Date(span.fromMs).toISOString()}`;
    const text = await withRetries(() => this.#get(url), { ...this.#client, bytesInHand: () => 0 });
    return { span, ...rowsIn(text, place, CANDLE_INTERVALS[interval]) };
  }

  async #get(url: RemoteUrl): Promise<string> {
    const { network, signal } = this.#client;
    const answer = await exchange(this.#client, url, {});
    if (answer.status !== 200) {
      answer.close();
      throw answer.status === BANNED ? banned(answer, network.nowMs()) : refusal(answer, network.nowMs());
    }
    const text = await answerText(answer, MAX_ANSWER_LENGTH);
    if (text === null) throw notCandles(url.display, 'is longer than any list of candles');
    const used = Number(answer.headers.get('x-mbx-used-weight-1m') ?? 0);
    // The exchange counts by the minute of its clock.
    if (used >= WEIGHT_A_MINUTE) await network.sleep(MINUTE_MS - (network.nowMs() % MINUTE_MS), signal);
    return text;
  }
}

function rowsIn(text: string, place: string, intervalMs: number): Pick<KlinesPage, 'rows' | 'unreadable'> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw notCandles(place, 'is not JSON', cause);
  }
  const answer = ANSWER.safeParse(json);
  if (!answer.success) throw notCandles(place, 'is not a list of candles', answer.error);
  const layout: RowLayout = { at: BINANCE_ORDER, fields: BINANCE_FIELDS, timeUnit: 'auto', intervalMs };
  const rows: CandleRow[] = [];
  const unreadable: RowNote[] = [];
  for (const [index, fields] of answer.data.entries()) {
    const row = candleOf(fields.map(String), layout);
    if (typeof row === 'string') unreadable.push({ line: index + 1, reason: row });
    else rows.push({ line: index + 1, ...row });
  }
  return { rows, unreadable };
}

/** The exchange bans who does not heed 429, for two minutes to three days: no further attempt. */
export function banned(answer: HttpAnswer, nowMs: number): TransientError {
  const pauseMs = retryAfterMs(answer.headers.get('retry-after'), nowMs);
  const pause = pauseMs > 0 ? ` for ${Math.ceil(pauseMs / 1_000)} s` : '';
  return new TransientError(
    `${answer.url.display}: the exchange has banned this address${pause} (${answer.status}); run the command again after that`,
    { code: 'EXCHANGE_BAN', context: { url: answer.url.display }, retryAfterMs: Number.POSITIVE_INFINITY },
  );
}

function notCandles(place: string, finding: string, cause?: unknown): DataError {
  return new DataError(`${place}: the answer ${finding}; check the address given by --rest-url`, {
    code: 'KLINES_UNREADABLE',
    context: { place },
    cause,
  });
}
