/** What an ingest of candles answers, symbol by symbol. */
import type { CandleInterval } from '../../domain/candles/index.ts';
import { DataError, type TransientError } from '../../domain/core/index.ts';
import { candleFolder, type CandleLocation } from '../../platform/storage/index.ts';
import type { RowAccount, StoredGap } from './manifest.ts';
import type { StoredMonth } from './store-month.ts';

export interface CandleResult {
  readonly venue: string;
  readonly symbol: string;
  readonly interval: CandleInterval;
  /** Candles stored of the range, those of earlier runs included. */
  readonly rows: number;
  /** Stretches of the range without candles, and the candles that they lack. */
  readonly gaps: number;
  readonly missingCandles: number;
  /** Rows that were changed or moved, and candles that REST gave for gaps. */
  readonly repaired: number;
  /** Rows that are no candles. */
  readonly refused: number;
  /** Of the repaired: candles from REST. */
  readonly filled: number;
  /** Folder of the months' files and manifests. */
  readonly out: string;
  readonly months: readonly string[];
  /** Months whose file is the one that an earlier run wrote. */
  readonly unchanged: number;
  /** Months of the range without a single candle. */
  readonly emptyMonths: readonly string[];
  readonly synthetic: boolean;
  readonly gapList: readonly StoredGap[];
  /** Of a CSV file: every row. */
  readonly account?: RowAccount | undefined;
}

export interface FailedMonth {
  readonly month: string;
  readonly error: DataError | TransientError;
}

/** Both, when some months are good and others were refused or could not be fetched. */
export interface CandleShare {
  readonly symbol: string;
  readonly result: CandleResult | null;
  readonly errors: readonly FailedMonth[];
}

/** @param account of the file, where one file is all that the candles are from */
export function shareOf(
  location: CandleLocation,
  outcomes: readonly (StoredMonth | FailedMonth)[],
  account?: RowAccount,
): CandleShare {
  const { symbol, interval } = location;
  const inOrder = outcomes.toSorted((a, b) => (a.month < b.month ? -1 : 1));
  const errors = inOrder.flatMap(({ month, error }) => (error === null ? [] : { month, error }));
  const stored = inOrder.filter((outcome): outcome is StoredMonth => 'manifest' in outcome);
  if (stored.some(({ manifest }) => manifest !== null)) {
    return { symbol, result: summary(location, stored, account), errors };
  }
  const first = inOrder[0]?.month ?? '';
  const nothing = new DataError(
    `${symbol} ${interval}: the source has not one candle from ${first} to ${inOrder.at(-1)?.month ?? ''}; ` +
      'check symbol, market, interval and months',
    { code: 'CANDLES_NONE', context: { symbol } },
  );
  return { symbol, result: null, errors: errors.length > 0 ? errors : [{ month: first, error: nothing }] };
}

function summary(
  location: CandleLocation,
  stored: readonly StoredMonth[],
  account: RowAccount | undefined,
): CandleResult {
  const manifests = stored.flatMap(({ manifest }) => manifest ?? []);
  const accounts = account === undefined ? manifests.flatMap(({ sources }) => sources) : [account];
  const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
    items.reduce((total, item) => total + of(item), 0);
  const filled = sum(manifests, (manifest) => sum(manifest.filled, ({ candles }) => candles));
  const gapList = joined(stored.flatMap(({ gaps }) => gaps));
  return {
    venue: location.venue,
    symbol: location.symbol,
    interval: location.interval,
    rows: sum(manifests, ({ rows }) => rows),
    gaps: gapList.length,
    missingCandles: sum(gapList, ({ candles }) => candles),
    repaired: sum(accounts, ({ repaired }) => repaired) + filled,
    refused: sum(accounts, ({ refused }) => refused) + sum(stored, ({ refusedByRest }) => refusedByRest),
    filled,
    out: candleFolder(location),
    months: manifests.map(({ parameters }) => parameters.month),
    unchanged: stored.filter(({ unchanged }) => unchanged).length,
    emptyMonths: stored.flatMap(({ month, manifest }) => (manifest === null ? month : [])),
    synthetic: manifests.some(({ synthetic }) => synthetic !== null),
    gapList,
    ...(account !== undefined && { account }),
  };
}

/** A gap that goes on in the next month is one gap. */
function joined(gaps: readonly StoredGap[]): readonly StoredGap[] {
  const whole: StoredGap[] = [];
  for (const gap of gaps) {
    const last = whole.at(-1);
    if (last?.toMs !== gap.fromMs) whole.push(gap);
    else {
      whole[whole.length - 1] = {
        fromMs: last.fromMs,
        toMs: gap.toMs,
        candles: last.candles + gap.candles,
        confirmed: last.confirmed && gap.confirmed,
      };
    }
  }
  return whole;
}
