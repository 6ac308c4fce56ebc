/** What an ingest of candles may be asked for. */
import {
  CANDLE_INTERVALS,
  isCandleInterval,
  isoMonth,
  monthSpan,
  type TimeSpan,
} from '../../domain/candles/index.ts';
import { ConfigError, type ConfigProblem } from '../../domain/core/index.ts';
import {
  CANDLE_MARKETS,
  type CandlePlace,
  type HttpLimits,
  type Network,
} from '../../platform/sources/index.ts';

export interface CandleOptions {
  readonly market: string;
  readonly interval: string;
  readonly dataDir: string;
  readonly codeVersion: string;
  /** Milliseconds since 1970-01-01 UTC: candles that have not closed by then do not exist yet. */
  readonly nowMs: number;
  /** Replaces months that hold candles of another origin. */
  readonly replace?: boolean | undefined;
  readonly restUrl?: string | undefined;
  readonly limits?: Partial<HttpLimits> | undefined;
  readonly network?: Partial<Network> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface IngestCandlesOptions extends CandleOptions {
  readonly symbols: readonly string[];
  /** First and last month, `2025-01`, both included; `to` is `from` by default. */
  readonly from: string;
  readonly to?: string | undefined;
  /** Address or folder that stands in for Binance's archive; then REST is asked only by `restUrl`. */
  readonly baseUrl?: string | undefined;
  /** Whether REST may be asked; default true. */
  readonly useRest?: boolean | undefined;
  /** Months at once; default 4. */
  readonly workers?: number | undefined;
  readonly onProgress?: ((monthsDone: number, months: number) => void) | undefined;
}

interface CheckedOptions {
  readonly places: readonly CandlePlace[];
  readonly months: readonly string[];
}

export function checkedOptions(options: IngestCandlesOptions): CheckedOptions {
  const { from, to = from, symbols, nowMs, workers = 1 } = options;
  const problems: ConfigProblem[] = [];
  const fromSpan = monthSpan(from);
  const toSpan = monthSpan(to);
  if (fromSpan === null)
    problems.push({ path: '--from', message: `"${from}" is not a month such as 2025-01` });
  if (toSpan === null) problems.push({ path: '--to', message: `"${to}" is not a month such as 2025-01` });
  if (fromSpan !== null && toSpan !== null && fromSpan.fromMs > toSpan.fromMs)
    problems.push({ path: '--to', message: `${to} is before --from ${from}` });
  if (fromSpan !== null && fromSpan.fromMs > nowMs)
    problems.push({ path: '--from', message: `${from} has not begun` });
  if (!Number.isInteger(workers) || workers < 1)
    problems.push({ path: '--workers', message: 'must be a whole number above 0' });
  const places = symbols.flatMap((symbol) => checkedPlace({ ...options, symbol }, problems) ?? []);
  if (symbols.length === 0) problems.push({ path: '--symbol', message: 'name a symbol, or several' });
  if (problems.length > 0) throw new ConfigError(problems);
  return { places, months: monthsOf({ fromMs: fromSpan!.fromMs, toMs: Math.min(toSpan!.toMs, nowMs + 1) }) };
}

interface NamedPlace {
  readonly market: string;
  readonly symbol: string;
  readonly interval: string;
}

/** Adds what is wrong to `problems`, each once. */
export function checkedPlace(place: NamedPlace, problems: ConfigProblem[]): CandlePlace | null {
  const symbol = place.symbol.toUpperCase();
  const market = CANDLE_MARKETS.find((known) => known === place.market);
  const refuse = (flag: string, message: string): void => {
    if (!problems.some((problem) => problem.path === flag && problem.message === message))
      problems.push({ path: flag, message });
  };
  if (market === undefined)
    refuse('--market', `unknown market "${place.market}"; known: ${CANDLE_MARKETS.join(', ')}`);
  const interval = isCandleInterval(place.interval) ? place.interval : null;
  if (interval === null)
    refuse(
      '--interval',
      `unknown interval "${place.interval}"; known: ${Object.keys(CANDLE_INTERVALS).join(', ')}`,
    );
  const isSymbol = /^[\p{Lu}\p{Lo}\d][\p{Lu}\p{Lo}\d_-]{1,39}$/u.test(symbol);
  if (!isSymbol) refuse('--symbol', `"${place.symbol}" is not a symbol such as BTCUSDT`);
  return market === undefined || interval === null || !isSymbol ? null : { market, symbol, interval };
}

/** Every month that begins before the span's end, from the one that holds its start. */
export function monthsOf({ fromMs, toMs }: TimeSpan): readonly string[] {
  const months: string[] = [];
  for (let timeMs = fromMs; timeMs < toMs; timeMs = monthSpan(isoMonth(timeMs))!.toMs)
    months.push(isoMonth(timeMs));
  return months;
}
