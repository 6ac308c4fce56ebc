/** What decisions would have earned: one position at a time, each held for the label's horizon. */
import { BUY, MINUTE_MS, NEUTRAL } from '../../domain/core/index.ts';

const BPS = 1e-4;

export interface PositionRows {
  /** `[rows]` start of each bar, ascending; a decision is taken when the bar closes, at its close. */
  readonly timeMs: Float64Array;
  /** `[rows]` SELL, NEUTRAL, BUY. */
  readonly decisions: Int8Array;
  /** `[rows]` log return from the bar's close over the horizon. */
  readonly futureReturn: Float64Array;
  readonly horizonMinutes: number;
  /** Of one trade; a position trades twice. Basis points of the price. */
  readonly costBps: number;
}

export interface PositionReturns {
  /** `[periods]` end of each period: time cut into horizons, those without a row left out. */
  readonly timeMs: Float64Array;
  /** `[periods]` log return of the position that was opened in the period, before and after costs; 0 without one. */
  readonly gross: Float64Array;
  readonly net: Float64Array;
  /** `[positions]` after costs. */
  readonly positions: Float64Array;
}

/**
 * A position is opened on the first SELL or BUY while none is held, and closed one horizon later; what is decided in
 * between is not followed. A period is as long as the horizon, so that no more than one position begins in it.
 */
export function positionReturns(rows: PositionRows): PositionReturns {
  const { timeMs, decisions, futureReturn, horizonMinutes, costBps } = rows;
  const horizonMs = horizonMinutes * MINUTE_MS;
  const periodOf = (ms: number): number => Math.floor((ms - timeMs[0]!) / horizonMs);
  const periods = [...new Set(Array.from(timeMs, periodOf))];
  const place = new Map(periods.map((period, i) => [period, i]));
  const gross = new Float64Array(periods.length);
  const net = new Float64Array(periods.length);
  const positions: number[] = [];
  let freeMs = -Infinity;
  for (const [row, decision] of decisions.entries()) {
    const ms = timeMs[row]!;
    if (decision === NEUTRAL || ms < freeMs) continue;
    const earned = decision === BUY ? futureReturn[row]! : -futureReturn[row]!;
    const kept = earned - 2 * costBps * BPS;
    const i = place.get(periodOf(ms))!;
    gross[i]! += earned;
    net[i]! += kept;
    positions.push(kept);
    freeMs = ms + horizonMs;
  }
  return {
    timeMs: Float64Array.from(periods, (period) => timeMs[0]! + (period + 1) * horizonMs),
    gross,
    net,
    positions: Float64Array.from(positions),
  };
}
