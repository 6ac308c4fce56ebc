/**
 * The part of a backtest's page that runs in the browser. {@link drawBacktest} is written into the page as text, so it may
 * use nothing from outside its own body.
 */
import type * as LightweightCharts from 'lightweight-charts';
import { type BacktestPage, FAN_LEVELS } from './backtest-data.ts';
import type { ChartKit } from './chart-kit.ts';

export interface BacktestChartData {
  readonly equity: { readonly time: readonly number[]; readonly value: readonly number[] };
  readonly prices: readonly { readonly time: readonly number[]; readonly close: readonly number[] }[];
  /** Of each symbol: where positions were entered and left. */
  readonly marks: readonly (readonly {
    readonly time: number;
    readonly buy: boolean;
    readonly text: string;
  }[])[];
  readonly fan: {
    readonly time: readonly number[];
    readonly lines: readonly (readonly number[])[];
    readonly names: readonly string[];
  } | null;
  readonly capacity: {
    readonly capital: readonly number[];
    readonly total: readonly (number | null)[];
  } | null;
}

/** More marks than this would bury the price. */
export const MOST_MARKS = 400;

export function backtestChartData({ backtest, equity, prices, trades }: BacktestPage): BacktestChartData {
  const { paths, capacity } = backtest.stress;
  const digits = (value: number): number => Number(value.toPrecision(7));
  return {
    equity: { time: equity.timeMs.map((ms) => ms / 1000), value: equity.equity.map(digits) },
    prices: prices.map(({ timeMs, close }) => ({
      time: timeMs.map((ms) => ms / 1000),
      close: close.map(digits),
    })),
    marks: prices.map(({ symbol, timeMs }) => {
      const own = trades.filter((trade) => trade.symbol === symbol);
      return own.length > MOST_MARKS ? [] : own.flatMap((trade) => marksOf(trade, timeMs));
    }),
    fan:
      paths === null
        ? null
        : {
            time: paths.timeMs.map((ms) => ms / 1000),
            lines: paths.quantiles.map((line) => line.map((value) => digits(100 * (value - 1)))),
            names: FAN_LEVELS.map((level) => `${100 * level} %`),
          },
    capacity:
      capacity.length === 0
        ? null
        : {
            capital: capacity.map((row) => row.capital),
            total: capacity.map(({ totalReturn }) =>
              totalReturn === null ? null : digits(100 * totalReturn),
            ),
          },
  };
}

/** Marks stand on points that are kept. */
function marksOf(
  trade: BacktestPage['trades'][number],
  timeMs: readonly number[],
): BacktestChartData['marks'][number] {
  const keptAt = (ms: number): number => {
    let [low, high] = [0, timeMs.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (timeMs[middle]! <= ms) low = middle;
      else high = middle - 1;
    }
    return timeMs[low]! / 1000;
  };
  const isLong = trade.side === 'long';
  const entry = { time: keptAt(trade.entryTimeMs), buy: isLong, text: isLong ? 'L' : 'S' };
  if (trade.exitReason === 'open') return [entry];
  return [entry, { time: keptAt(trade.exitTimeMs), buy: !isLong, text: '' }];
}

export function drawBacktest(data: BacktestChartData, kit: ChartKit): void {
  const { color, charts, timeChart, axes, plot, draw, utc, minuteOf } = kit;
  const stamps = (time: readonly number[]) => time as LightweightCharts.UTCTimestamp[];

  const drawEquity = (host: HTMLElement): void => {
    const { time, value } = data.equity;
    const chart = timeChart(host);
    const line = chart.addSeries(charts.LineSeries, {
      color: color('accent'),
      lineWidth: 2,
      priceLineVisible: false,
      title: 'equity',
    });
    const at = stamps(time);
    line.setData(at.map((t, i) => ({ time: t, value: value[i]! })));
    const drawdown = chart.addSeries(
      charts.AreaSeries,
      {
        lineColor: color('sell'),
        topColor: 'transparent',
        bottomColor: `${color('sell')}44`,
        lineWidth: 1,
        priceLineVisible: false,
        title: 'drawdown, %',
        priceFormat: { type: 'price', precision: 1, minMove: 0.1 },
      },
      1,
    );
    let peak = value[0] ?? 1;
    drawdown.setData(
      at.map((t, i) => {
        peak = Math.max(peak, value[i]!);
        return { time: t, value: 100 * (value[i]! / peak - 1) };
      }),
    );
    chart.panes()[1]?.setHeight(120);
    chart.timeScale().fitContent();
  };

  const drawPrice = (host: HTMLElement, symbol: number): void => {
    const { time, close } = data.prices[symbol]!;
    const chart = timeChart(host);
    const line = chart.addSeries(charts.LineSeries, {
      color: color('ink'),
      lineWidth: 1,
      priceLineVisible: false,
      title: 'close',
    });
    line.setData(stamps(time).map((t, i) => ({ time: t, value: close[i]! })));
    const marks = [...data.marks[symbol]!].toSorted((a, b) => a.time - b.time);
    charts.createSeriesMarkers(
      line,
      marks.map(({ time: t, buy, text }) => ({
        time: t as LightweightCharts.UTCTimestamp,
        position: buy ? ('belowBar' as const) : ('aboveBar' as const),
        shape: text === '' ? ('circle' as const) : buy ? ('arrowUp' as const) : ('arrowDown' as const),
        size: text === '' ? 0.4 : 1,
        color: color(buy ? 'buy' : 'sell'),
      })),
    );
    chart.timeScale().fitContent();
  };

  const drawFan = (host: HTMLElement): void => {
    const { fan } = data;
    if (fan === null) return;
    const shade = `${color('accent')}26`;
    plot(
      host,
      {
        axes: axes(['time (UTC)', 'return, %']),
        tzDate: utc,
        scales: { x: { time: true } },
        bands: [
          { series: [5, 1], fill: shade },
          { series: [4, 2], fill: shade },
        ],
        series: [
          {},
          ...fan.names.map((label, i) => ({
            label,
            stroke: color(i === 2 ? 'accent' : 'line'),
            width: i === 2 ? 2 : 1,
            points: { show: false },
          })),
        ],
        describeX: minuteOf,
      },
      [[...fan.time], ...fan.lines.map((line) => line.slice())],
    );
  };

  const drawCapacity = (host: HTMLElement): void => {
    const { capacity } = data;
    if (capacity === null) return;
    // Of a logarithmic scale only the powers of ten have a name.
    const short = new Intl.NumberFormat('en', { notation: 'compact' });
    const compact = (_: unknown, ticks: readonly number[]): readonly (string | null)[] =>
      ticks.map((tick) => (Math.log10(tick) % 1 === 0 ? short.format(tick) : null));
    plot(
      host,
      {
        axes: axes(['capital', 'return, %']).map((axis, i) =>
          i === 0 ? Object.assign(axis, { values: compact }) : axis,
        ),
        scales: { x: { time: false, distr: 3 } },
        series: [
          {},
          { label: 'total return, %', stroke: color('accent'), width: 2, points: { show: true, size: 7 } },
        ],
        describeX: (x) => `capital ${x.toLocaleString('en')}`,
      },
      [[...capacity.capital], [...capacity.total]],
    );
  };

  const searchTrades = (host: HTMLElement): void => {
    const rows = [...document.querySelectorAll<HTMLTableRowElement>('#trade-rows tr')];
    const shown = document.getElementById('trade-count');
    const input = host as HTMLInputElement;
    const search = (): void => {
      const words = input.value
        .toLowerCase()
        .split(/\s+/)
        .filter((word) => word !== '');
      let found = 0;
      for (const row of rows) {
        const text = (row.textContent ?? '').toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden) found++;
      }
      if (shown !== null) shown.textContent = `${found} of ${rows.length}`;
    };
    input.addEventListener('input', search);
    search();
  };

  draw('equity', drawEquity);
  data.prices.forEach((_, i) => draw(`price-${i}`, (host) => drawPrice(host, i)));
  draw('fan', drawFan);
  draw('capacity', drawCapacity);
  draw('trade-search', searchTrades);
}
