/** Candle intervals that divide a UTC day, by the names that exchanges give them, and the months that files go by. */
import { DAY_MS, MINUTE_MS } from '../core/index.ts';

const HOUR_MS = 60 * MINUTE_MS;

export const CANDLE_INTERVALS = {
  '1m': MINUTE_MS,
  '3m': 3 * MINUTE_MS,
  '5m': 5 * MINUTE_MS,
  '15m': 15 * MINUTE_MS,
  '30m': 30 * MINUTE_MS,
  '1h': HOUR_MS,
  '2h': 2 * HOUR_MS,
  '4h': 4 * HOUR_MS,
  '6h': 6 * HOUR_MS,
  '8h': 8 * HOUR_MS,
  '12h': 12 * HOUR_MS,
  '1d': DAY_MS,
} as const;

export type CandleInterval = keyof typeof CANDLE_INTERVALS;

export function isCandleInterval(name: string): name is CandleInterval {
  return Object.hasOwn(CANDLE_INTERVALS, name);
}

/** A stretch of time, the end excluded. */
export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** `2025-01`, the UTC month that holds `timeMs`. */
export function isoMonth(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 7);
}

/** The UTC month that `2025-01` names; null when it names none. */
export function monthSpan(month: string): TimeSpan | null {
  const [, year, number] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(month) ?? [];
  if (year === undefined) return null;
  return { fromMs: Date.UTC(Number(year), Number(number) - 1), toMs: Date.UTC(Number(year), Number(number)) };
}
