/** Contiguous stretches of usable bars: a window never crosses a gap. */
import { MINUTE_MS } from '../core/index.ts';
import type { BarTable } from './bar.ts';

/** Rows `start … end − 1`, one minute apart each, all features finite. */
export interface Segment {
  readonly start: number;
  readonly end: number;
}

export function usableSegments(bars: BarTable, stepMs: number = MINUTE_MS): readonly Segment[] {
  const width = bars.featureNames.length;
  const segments: Segment[] = [];
  let start = -1;
  for (let row = 0; row < bars.rows; row++) {
    let finite = true;
    for (let k = row * width; k < (row + 1) * width; k++) finite &&= Number.isFinite(bars.features[k]!);
    const continues = start >= 0 && bars.minuteMs[row]! - bars.minuteMs[row - 1]! === stepMs;
    if (start >= 0 && (!finite || !continues)) {
      segments.push({ start, end: row });
      start = -1;
    }
    if (finite && start < 0) start = row;
  }
  if (start >= 0) segments.push({ start, end: bars.rows });
  return segments;
}

/** `[rows]`: 1 where a window of `length` bars ending at (and including) the row lies in one segment. */
export function windowEnds(rows: number, segments: readonly Segment[], length: number): Uint8Array {
  const ends = new Uint8Array(rows);
  for (const { start, end } of segments) {
    for (let row = start + length - 1; row < end; row++) ends[row] = 1;
  }
  return ends;
}
