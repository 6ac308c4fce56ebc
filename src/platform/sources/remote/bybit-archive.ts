/**
 * The Bybit order-book archive by symbol and days: `<base>/<SYMBOL>/<day>_<SYMBOL>_ob{500|200}.data.zip`. The depth in the
 * name was 500 through 2025-08-20 and is 200 since; where the expected name does not exist, the other is tried.
 */
import { ConfigError, type ConfigProblem, DAY_MS, isoDay } from '../../../domain/core/index.ts';
import type { PlannedInput } from './input-plan.ts';
import { RemoteUrl } from './remote-url.ts';

const BYBIT_ARCHIVE_URL = 'https://quote-saver.bycsi.com/orderbook/linear';

const DEPTH_200_SINCE = '2025-08-21';

export interface BybitArchiveRange {
  readonly symbol: string;
  /** First and last UTC day, `2025-08-20`, both included. */
  readonly fromDay: string;
  readonly toDay: string;
  /** Stands in for `https://quote-saver.bycsi.com/orderbook/linear`: everything before `/<SYMBOL>/`. */
  readonly baseUrl?: string | undefined;
}

/** @throws ConfigError naming every field that is wrong */
export function planBybitArchive(range: BybitArchiveRange): readonly PlannedInput[] {
  const symbol = range.symbol.toUpperCase();
  const base = RemoteUrl.parse(range.baseUrl ?? BYBIT_ARCHIVE_URL);
  const fromMs = parseDay(range.fromDay);
  const toMs = parseDay(range.toDay);
  const problems: ConfigProblem[] = [];
  if (!/^[A-Z\d-]{2,40}$/.test(symbol))
    problems.push({ path: '--symbol', message: 'not a Bybit symbol, such as BTCUSDT' });
  if (base === null) problems.push({ path: '--base-url', message: 'not a valid http(s) address' });
  for (const [flag, dayMs] of [
    ['--from', fromMs],
    ['--to', toMs],
  ] as const) {
    if (dayMs === null) problems.push({ path: flag, message: 'not a day, such as 2025-08-20' });
  }
  if (fromMs !== null && toMs !== null && fromMs > toMs) {
    problems.push({ path: '--to', message: `${range.toDay} is before --from ${range.fromDay}` });
  }
  if (problems.length > 0 || base === null || fromMs === null || toMs === null)
    throw new ConfigError(problems);
  return Array.from({ length: (toMs - fromMs) / DAY_MS + 1 }, (_, day) =>
    planDay(base, symbol, isoDay(fromMs + day * DAY_MS)),
  );
}

function planDay(base: RemoteUrl, symbol: string, day: string): PlannedInput {
  const at = (depth: number): RemoteUrl => base.below(symbol, `${day}_${symbol}_ob${depth}.data.zip`);
  const urls = day < DEPTH_200_SINCE ? ([at(500), at(200)] as const) : ([at(200), at(500)] as const);
  return { kind: 'http', origin: urls[0].display, fromFolder: false, urls, mayBeMissing: true };
}

/** Start of the UTC day in milliseconds; null when `text` is not a day of the calendar. */
function parseDay(text: string): number | null {
  const dayMs = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(dayMs) || isoDay(dayMs) !== text ? null : dayMs;
}
