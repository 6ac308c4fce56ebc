import type { CandleRows, CandleSeries } from './candle-series.ts';

/** Stretches of neighbouring candles with all their features. */
export function wholeRuns({
  candles,
  intervalMs,
  features,
  featureNames,
}: CandleSeries): readonly CandleRows[] {
  const width = featureNames.length;
  const runs: CandleRows[] = [];
  let start = 0;
  const isWhole = (row: number): boolean =>
    !features.subarray(row * width, (row + 1) * width).some(Number.isNaN);
  for (let row = 0; row <= candles.rows; row++) {
    const goesOn = row < candles.rows && isWhole(row);
    const isNeighbour =
      row === start || candles.openTimeMs[row]! === candles.openTimeMs[row - 1]! + intervalMs;
    if (goesOn && isNeighbour) continue;
    if (row > start) runs.push({ start, end: row });
    start = goesOn ? row : row + 1;
  }
  return runs;
}
