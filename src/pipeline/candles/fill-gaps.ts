/** Candles that the archive lacks, from the exchange's REST interface. */
import {
  type Candle,
  CANDLE_INTERVALS,
  type CandleGap,
  type CandleInterval,
  type TimeSpan,
} from '../../domain/candles/index.ts';
import type { RestKlines } from '../../platform/sources/index.ts';
import { countedRows } from './read-rows.ts';

export interface FilledGaps {
  /** In order of time; all within the gaps. */
  readonly candles: readonly Candle[];
  /** Rows of the answers that are no candles. */
  readonly refused: number;
}

interface FillOptions {
  readonly rest: RestKlines;
  readonly symbol: string;
  readonly interval: CandleInterval;
  readonly signal?: AbortSignal | undefined;
}

/** Neighbouring gaps share a request as far as one answer reaches. */
export async function fillGaps(
  gaps: readonly CandleGap[],
  { rest, symbol, interval, signal }: FillOptions,
): Promise<FilledGaps> {
  const reachMs = rest.maxRows * CANDLE_INTERVALS[interval];
  const endMs = gaps.at(-1)?.toMs ?? Number.NEGATIVE_INFINITY;
  const candles: Candle[] = [];
  let refused = 0;
  let fromMs = nextMissing(gaps, Number.NEGATIVE_INFINITY);
  while (fromMs < endMs) {
    signal?.throwIfAborted();
    const reach: TimeSpan = { fromMs, toMs: fromMs + reachMs };
    const within = gaps.filter((gap) => gap.fromMs < reach.toMs && gap.toMs > fromMs);
    const span = { fromMs, toMs: Math.min(reach.toMs, within.at(-1)!.toMs) };
    const { candles: page, account } = countedRows(await rest.page(symbol, interval, span), {
      interval,
      span,
    });
    candles.push(...page.filter(({ openTimeMs }) => gaps.some((gap) => isWithin(openTimeMs, gap))));
    refused += account.refused;
    fromMs = nextMissing(gaps, span.toMs);
  }
  return { candles, refused };
}

/** The first time from `fromMs` on that lies in a gap; infinite behind the last. */
function nextMissing(gaps: readonly TimeSpan[], fromMs: number): number {
  const gap = gaps.find(({ toMs }) => toMs > fromMs);
  return gap === undefined ? Number.POSITIVE_INFINITY : Math.max(gap.fromMs, fromMs);
}

export function isWithin(timeMs: number, { fromMs, toMs }: TimeSpan): boolean {
  return timeMs >= fromMs && timeMs < toMs;
}
