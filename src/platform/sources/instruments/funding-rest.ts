/**
 * Funding history from an exchange (sources: Binance's documentation of `GET /fapi/v1/fundingRate`, oldest first, at most
 * 1000 an answer; Bybit's of `GET /v5/market/funding/history`, newest first, at most 200).
 */
import { z } from 'zod';
import type { TimeSpan } from '../../../domain/candles/index.ts';
import { DataError, invariant } from '../../../domain/core/index.ts';
import { type Settlement, type VenueName } from '../../../domain/market/index.ts';
import type { ExchangeJson } from './exchange-json.ts';
import { settlementsIn } from './funding-rows.ts';

/** A month of hourly settlements takes one page of Binance and four of Bybit. */
const MAX_PAGES = 100;
/** Behind the stamp of a settlement, which is up to a second late, and before the next. */
const AFTER_STAMP_MS = 2_000;

interface FundingPages {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly limit: number;
  readonly schema: z.ZodType<readonly unknown[]>;
  /** Of what is left, given a full page of it. */
  readonly rest: (left: TimeSpan, page: readonly Settlement[]) => TimeSpan;
}

const times = (page: readonly Settlement[]): readonly number[] => page.map(({ timeMs }) => timeMs);

const PAGES: Readonly<Record<VenueName, FundingPages | null>> = {
  'binance-usdm': {
    path: '/fapi/v1/fundingRate',
    query: {},
    limit: 1_000,
    schema: z.array(z.unknown()),
    rest: (left, page) => ({ ...left, fromMs: Math.max(...times(page)) + AFTER_STAMP_MS }),
  },
  'bybit-linear': {
    path: '/v5/market/funding/history',
    query: { category: 'linear' },
    limit: 200,
    schema: z
      .looseObject({ result: z.looseObject({ list: z.array(z.unknown()) }) })
      .transform(({ result }) => result.list),
    rest: (left, page) => ({ ...left, toMs: Math.min(...times(page)) }),
  },
  'binance-spot': null,
};

/** Whether there is funding at all. */
export const hasFunding = (venue: VenueName): boolean => PAGES[venue] !== null;

export interface FetchedFunding {
  readonly settlements: readonly Settlement[];
  /** The address asked. */
  readonly origins: readonly string[];
}

/**
 * Settlements of a stretch, page after page, in no particular order.
 * @throws TransientError, DataError as {@link ExchangeJson.get}; DataError for an answer that is none, or brings pages no further
 */
export async function fetchFunding(
  rest: ExchangeJson,
  symbol: string,
  span: TimeSpan,
): Promise<FetchedFunding> {
  const pages = PAGES[rest.venue];
  invariant(pages !== null, 'a venue with funding', { venue: rest.venue });
  const found: Settlement[] = [];
  let left = span;
  for (let page = 0; page < MAX_PAGES; page++) {
    const { value, place } = await rest.get(pages.path, {
      ...pages.query,
      symbol,
      startTime: String(left.fromMs),
      endTime: String(left.toMs - 1),
      limit: String(pages.limit),
    });
    const rows = pages.schema.safeParse(value);
    if (!rows.success) throw refuse(place, 'is not a list of funding rates', rows.error);
    const settlements = settlementsIn(rows.data, symbol, place);
    // A stamp a little behind its minute may lie on either side of the stretch's ends.
    found.push(...settlements.filter(({ timeMs }) => timeMs >= span.fromMs && timeMs < span.toMs));
    const next = settlements.length < pages.limit ? null : pages.rest(left, settlements);
    if (next === null || next.fromMs >= next.toMs) return { settlements: found, origins: [place] };
    if (next.toMs - next.fromMs >= left.toMs - left.fromMs)
      throw refuse(place, 'does not keep to the times asked for');
    left = next;
  }
  throw refuse(rest.venue, `does not end within ${MAX_PAGES} pages`);
}

function refuse(place: string, finding: string, cause?: unknown): DataError {
  return new DataError(`${place}: the answer ${finding}; check the address given by --base-url`, {
    code: 'FUNDING_UNREADABLE',
    context: { place },
    cause,
  });
}
