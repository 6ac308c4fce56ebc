/** JSON from an exchange's public REST interface: one request at a time, with patience where the exchange asks for it. */
import { z } from 'zod';
import { ConfigError, DataError, invariant, TransientError } from '../../../domain/core/index.ts';
import type { VenueName } from '../../../domain/market/index.ts';
import { answerText } from '../candles/answer-text.ts';
import { CANDLE_MARKET_FACTS } from '../candles/market.ts';
import { banned } from '../candles/rest-klines.ts';
import { exchange, type HttpAnswer, type HttpClient, refusal } from '../remote/http-exchange.ts';
import { DEFAULT_HTTP_LIMITS, type HttpLimits, type Network, SYSTEM_NETWORK } from '../remote/network.ts';
import { RemoteUrl } from '../remote/remote-url.ts';
import { withRetries } from '../remote/retry.ts';

export interface ExchangeJsonOptions {
  readonly venue: VenueName;
  /** Stands in for the exchange: everything before `/fapi/…`, `/api/…` or `/v5/…`. */
  readonly baseUrl?: string | undefined;
  readonly limits?: Partial<HttpLimits> | undefined;
  readonly network?: Partial<Network> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ExchangeAnswer {
  readonly value: unknown;
  /** For messages. */
  readonly place: string;
}

const REST_URLS: Readonly<Record<VenueName, string>> = {
  'bybit-linear': 'https://api.bybit.com',
  'binance-usdm': CANDLE_MARKET_FACTS['futures-um'].restUrl,
  'binance-spot': CANDLE_MARKET_FACTS.spot.restUrl,
};

/** Binance answers 418 who does not heed 429, Bybit 403 who asks too often. */
const BAN_STATUS: Readonly<Record<VenueName, number>> = {
  'bybit-linear': 403,
  'binance-usdm': 418,
  'binance-spot': 418,
};

/** The list of all instruments of a market takes a few MB, of all of spot about 20. */
const MAX_ANSWER_LENGTH = 64 * 2 ** 20;
const MAX_REASON_LENGTH = 2 ** 12;

const BINANCE_REFUSAL = z.object({ msg: z.string() });
const BYBIT_ANSWER = z.object({ retCode: z.number(), retMsg: z.string() });
/** "Too many visits", "exceeded the IP limit", "server timeout", "server error". */
const BYBIT_PASSING: readonly number[] = [10006, 10018, 10000, 10016];

export class ExchangeJson {
  readonly venue: VenueName;
  readonly #client: HttpClient;
  readonly #base: string;

  /** @throws ConfigError when the address is none */
  constructor({ venue, baseUrl, limits, network, signal }: ExchangeJsonOptions) {
    this.venue = venue;
    this.#client = {
      limits: { ...DEFAULT_HTTP_LIMITS, ...limits },
      network: { ...SYSTEM_NETWORK, ...network },
      signal,
    };
    this.#base = (baseUrl ?? REST_URLS[venue]).replace(/\/+$/, '');
    if (RemoteUrl.parse(this.#base) === null)
      throw new ConfigError([{ path: '--base-url', message: 'not a valid http(s) address' }]);
  }

  /**
   * @throws TransientError when the exchange does not answer, bans, or asks for too long a pause; DataError when it refuses
   * or does not answer with JSON; the signal's reason when aborted
   */
  async get(path: string, query: Readonly<Record<string, string>>): Promise<ExchangeAnswer> {
    const search = new URLSearchParams(query).toString();
    const url = RemoteUrl.parse(`${this.#base}${path}${search === '' ? '' : `?${search}`}`);
    invariant(url !== null, 'the base was an address');
    const { display } = RemoteUrl.parse(`${this.#base}${path}`)!;
    const place = query['symbol'] === undefined ? display : `${display}, symbol ${query['symbol']}`;
    return await withRetries(() => this.#attempt(url, place), { ...this.#client, bytesInHand: () => 0 });
  }

  async #attempt(url: RemoteUrl, place: string): Promise<ExchangeAnswer> {
    const answer = await exchange(this.#client, url, {});
    if (answer.status !== 200) throw await this.#refused(answer, place);
    const text = await answerText(answer, MAX_ANSWER_LENGTH);
    if (text === null) throw notJson(place, 'is longer than any that is expected');
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw notJson(place, 'is not JSON', cause);
    }
    if (this.venue === 'bybit-linear') this.#checkBybit(value, place, answer);
    return { value, place };
  }

  async #refused(answer: HttpAnswer, place: string): Promise<Error> {
    const { nowMs } = this.#client.network;
    if (answer.status === BAN_STATUS[this.venue]) {
      answer.close();
      return banned(answer, nowMs());
    }
    const text = answer.status === 400 ? await answerText(answer, MAX_REASON_LENGTH) : null;
    answer.close();
    const reason = text === null ? null : binanceReason(text);
    if (reason === null) return refusal(answer, nowMs());
    return new DataError(`${place}: the exchange refuses (${reason}); check symbol and dates`, {
      code: 'EXCHANGE_REFUSED',
      context: { place },
    });
  }

  /** Bybit says in the answer what others say by the status. */
  #checkBybit(value: unknown, place: string, { headers }: HttpAnswer): void {
    const parsed = BYBIT_ANSWER.safeParse(value);
    if (!parsed.success) throw notJson(place, 'is not one of Bybit’s', parsed.error);
    const { retCode, retMsg } = parsed.data;
    if (retCode === 0) return;
    const reason = `${place}: the exchange answers ${retCode} (${retMsg})`;
    if (BYBIT_PASSING.includes(retCode)) {
      const resetMs = Number(headers.get('x-bapi-limit-reset-timestamp') ?? 0);
      const retryAfterMs = Math.max(0, resetMs - this.#client.network.nowMs());
      throw new TransientError(reason, { code: 'EXCHANGE_BUSY', context: { place, retCode }, retryAfterMs });
    }
    throw new DataError(`${reason}; check symbol and dates`, {
      code: 'EXCHANGE_REFUSED',
      context: { place, retCode },
    });
  }
}

function binanceReason(text: string): string | null {
  try {
    return BINANCE_REFUSAL.parse(JSON.parse(text)).msg;
  } catch {
    return null;
  }
}

function notJson(place: string, finding: string, cause?: unknown): DataError {
  return new DataError(`${place}: the answer ${finding}; check the address given by --base-url`, {
    code: 'EXCHANGE_UNREADABLE',
    context: { place },
    cause,
  });
}
