/**
 * Columns of the files of a day: the bars, and the stationary features beside them.
 *
 * A bar file holds (source: QuantGod, 810 columns plus time) `datetime` (UTC milliseconds, start of the minute), the nine
 * features, `close`, then the levels, best first, price and size side by side: `bid_0_p, bid_0_s, … bid_199_s`, then the
 * asks alike. All but `datetime` are DOUBLE; NaN means "not available", and there are no nulls.
 */
import { BAR_LEVELS, type MinuteBar, QUANTGOD_9, STATIONARY } from '../../domain/features/index.ts';
import type { TableColumn } from './duckdb.ts';

export const BAR_COLUMNS: readonly string[] = [
  'datetime',
  ...QUANTGOD_9,
  'close',
  ...levelNames('bid'),
  ...levelNames('ask'),
];

/** A feature file holds `datetime` and the set's features, as the bar file of its day does. */
export const STATIONARY_COLUMNS: readonly string[] = ['datetime', ...STATIONARY];

function levelNames(side: 'bid' | 'ask'): readonly string[] {
  return Array.from({ length: BAR_LEVELS }, (_, rank) => [`${side}_${rank}_p`, `${side}_${rank}_s`]).flat();
}

/** The bars as table columns, in the order of {@link BAR_COLUMNS}. */
export function barColumns(bars: readonly MinuteBar[]): readonly TableColumn[] {
  const double = (name: string, of: (bar: MinuteBar) => number): TableColumn => doubleColumn(bars, name, of);
  const levels = Array.from({ length: BAR_LEVELS }, (_, rank) => rank);
  return [
    timeColumn(bars),
    ...QUANTGOD_9.map((name, index) => double(name, (bar) => bar.features[index]!)),
    double('close', (bar) => bar.close),
    ...levels.flatMap((rank) => [
      double(`bid_${rank}_p`, (bar) => bar.bidPrices[rank]!),
      double(`bid_${rank}_s`, (bar) => bar.bidSizes[rank]!),
    ]),
    ...levels.flatMap((rank) => [
      double(`ask_${rank}_p`, (bar) => bar.askPrices[rank]!),
      double(`ask_${rank}_s`, (bar) => bar.askSizes[rank]!),
    ]),
  ];
}

/** The bars' stationary features as table columns, in the order of {@link STATIONARY_COLUMNS}. */
export function stationaryColumns(bars: readonly MinuteBar[]): readonly TableColumn[] {
  return [
    timeColumn(bars),
    ...STATIONARY.map((name, index) => doubleColumn(bars, name, (bar) => bar.stationary[index]!)),
  ];
}

function timeColumn(bars: readonly MinuteBar[]): TableColumn {
  return { name: 'datetime', kind: 'time', at: (row) => bars[row]!.minuteMs };
}

function doubleColumn(bars: readonly MinuteBar[], name: string, of: (bar: MinuteBar) => number): TableColumn {
  return { name, kind: 'double', at: (row) => of(bars[row]!) };
}
