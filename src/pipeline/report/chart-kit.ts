/**
 * What charts in the browser share: colours of the page, axes, lines with a tooltip, a chart of prices over time.
 * {@link chartKit} is written into the page as text, so it may use nothing from outside its own body except the two chart
 * libraries that the page carries as globals.
 */
import type * as LightweightCharts from 'lightweight-charts';
import type uPlotType from 'uplot';

declare global {
  interface Window {
    LightweightCharts: typeof LightweightCharts;
    uPlot: typeof uPlotType;
  }
}

export interface PlotOptions extends Omit<uPlotType.Options, 'width' | 'height'> {
  readonly describeX: (x: number) => string;
}

export type ChartKit = ReturnType<typeof chartKit>;

export function chartKit() {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const { LightweightCharts: charts, uPlot } = window;

  /** Panes of lines over time, in seconds since 1970. */
  const timeChart = (host: HTMLElement): LightweightCharts.IChartApi => {
    const chart = charts.createChart(host, {
      autoSize: true,
      layout: {
        background: { color: 'transparent' },
        textColor: color('soft'),
        fontFamily: 'inherit',
        panes: { separatorColor: color('line') },
      },
      grid: { vertLines: { color: color('grid') }, horzLines: { color: color('grid') } },
      timeScale: {
        timeVisible: true,
        borderColor: color('line'),
        minBarSpacing: 0.01,
        enableConflation: true,
      },
      rightPriceScale: { borderColor: color('line') },
    });
    // The chart takes its size from the page a moment later, and only then is all of it known to fit.
    new ResizeObserver((_, observer) => {
      requestAnimationFrame(() => chart.timeScale().fitContent());
      observer.disconnect();
    }).observe(host);
    return chart;
  };

  const axes = (labels: readonly [string, string]): uPlotType.Axis[] =>
    labels.map((label) => ({
      label,
      labelSize: 22,
      stroke: color('soft'),
      grid: { stroke: color('grid'), width: 1 },
      ticks: { stroke: color('line'), width: 1 },
      font: '11px system-ui',
      labelFont: '12px system-ui',
    }));

  /** What the lines say where the pointer is. */
  const tooltip = (names: readonly string[], describeX: (x: number) => string): uPlotType.Plugin => {
    const box = document.createElement('div');
    box.className = 'tooltip';
    return {
      hooks: {
        init: (chart) => {
          chart.over.append(box);
        },
        setCursor: (chart) => {
          const at = chart.cursor.idx;
          const lines: string[] = [];
          chart.series.forEach((_, i) => {
            const value = at === null || at === undefined || i === 0 ? undefined : chart.data[i]![at];
            if (typeof value === 'number') lines.push(`${names[i]}: ${Number(value.toPrecision(4))}`);
          });
          box.style.display = lines.length > 0 ? 'block' : 'none';
          if (lines.length === 0) return;
          box.textContent = [describeX(chart.data[0][at!]!), ...lines].join('\n');
          const left = chart.cursor.left ?? 0;
          const onRight = left > chart.over.clientWidth / 2;
          box.style.left = onRight ? '' : `${left + 12}px`;
          box.style.right = onRight ? `${chart.over.clientWidth - left + 12}px` : '';
          box.style.top = '8px';
        },
      },
    };
  };

  const plot = (
    host: HTMLElement,
    { describeX, ...options }: PlotOptions,
    columns: uPlotType.AlignedData,
  ): void => {
    const size = { width: host.clientWidth - 16, height: 260 };
    const names = options.series.map(({ label }) => (typeof label === 'string' ? label : ''));
    const plugins = [tooltip(names, describeX)];
    const chart = new uPlot({ ...options, plugins, legend: { live: false }, ...size }, columns, host);
    new ResizeObserver(() => chart.setSize({ width: host.clientWidth - 16, height: 260 })).observe(host);
  };

  /** Lines whose points lie at other places: one column of all places, holes where a line has none. */
  const aligned = (
    lines: readonly (readonly { readonly x: number; readonly y: number }[])[],
  ): uPlotType.AlignedData => {
    const places = [...new Set(lines.flatMap((line) => line.map(({ x }) => x)))].toSorted((a, b) => a - b);
    const columns = lines.map((line) => {
      const values = new Map(line.map(({ x, y }) => [x, y]));
      return places.map((x) => values.get(x));
    });
    return [places, ...columns] as uPlotType.AlignedData;
  };

  /** Draws into the element of that name where the page has one. */
  const draw = (id: string, drawInto: (host: HTMLElement) => void): void => {
    const host = document.getElementById(id);
    if (host !== null) drawInto(host);
  };

  /** uPlot's dates in UTC. */
  const utc = (seconds: number): Date => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC');
  const minuteOf = (seconds: number): string =>
    new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ');

  return { color, charts, timeChart, axes, plot, aligned, draw, utc, minuteOf };
}
