/**
 * The part of a report that runs in the browser. {@link drawCharts} is written into the page as text, so it may use
 * nothing from outside its own body except the two chart libraries that the page carries as globals.
 */
import type * as LightweightCharts from 'lightweight-charts';
import type uPlotType from 'uplot';
import type { ChartData } from './chart-data.ts';

declare global {
  interface Window {
    LightweightCharts: typeof LightweightCharts;
    uPlot: typeof uPlotType;
  }
}

export function drawCharts(data: ChartData): void {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const { LightweightCharts: charts, uPlot } = window;

  const drawPrice = (host: HTMLElement): void => {
    const { time, close, sell, buy, marks } = data.price;
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
    const stamps = time as LightweightCharts.UTCTimestamp[];
    const price = chart.addSeries(charts.LineSeries, {
      color: color('ink'),
      lineWidth: 1,
      priceLineVisible: false,
      title: 'close',
    });
    price.setData(stamps.map((t, i) => ({ time: t, value: close[i]! })));
    charts.createSeriesMarkers(
      price,
      marks.map((mark) => ({
        time: mark.time as LightweightCharts.UTCTimestamp,
        position: mark.buy ? ('belowBar' as const) : ('aboveBar' as const),
        shape: mark.buy ? ('arrowUp' as const) : ('arrowDown' as const),
        color: color(mark.buy ? 'buy' : 'sell'),
      })),
    );
    for (const [name, values] of [
      ['sell', sell],
      ['buy', buy],
    ] as const) {
      const line = chart.addSeries(
        charts.LineSeries,
        {
          color: color(name),
          lineWidth: 1,
          priceLineVisible: false,
          lastValueVisible: true,
          title: `p(${name.toUpperCase()})`,
          priceFormat: { type: 'price', precision: 2, minMove: 0.01 },
        },
        1,
      );
      line.setData(stamps.map((t, i) => ({ time: t, value: values[i]! })));
    }
    chart.panes()[1]?.setHeight(110);
    chart.timeScale().fitContent();
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

  interface PlotOptions extends Omit<uPlotType.Options, 'width' | 'height'> {
    readonly describeX: (x: number) => string;
  }

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

  const strokes: Record<string, string> = {
    audited: color('accent'),
    uncalibrated: color('warn'),
    base: color('soft'),
    boosting: color('violet'),
  };

  const unit = { x: { time: false, range: [0, 1] }, y: { range: [0, 1] } } satisfies uPlotType.Scales;
  const dashed = (label: string): uPlotType.Series => ({
    label,
    stroke: color('line'),
    dash: [4, 4],
    width: 2,
    points: { show: false },
    spanGaps: true,
  });

  const drawReliability = (host: HTMLElement): void => {
    // The audited model last, so that it lies on top where nothing was changed.
    const judges = data.judges.filter(({ id }) => id !== 'boosting').toReversed();
    const perfect = [
      { x: 0, y: 0 },
      { x: 1, y: 1 },
    ];
    plot(
      host,
      {
        axes: axes(['probability of the most probable class', 'how often it was right']),
        scales: unit,
        series: [
          {},
          dashed('perfect'),
          ...judges.map(({ id, name }) => ({
            label: name,
            stroke: strokes[id]!,
            width: 2,
            spanGaps: true,
            points: { show: true, size: 6 },
          })),
        ],
        describeX: (x) => `stated ${x}`,
      },
      aligned([perfect, ...judges.map(({ reliability }) => reliability)]),
    );
  };

  const drawPrecisionRecall = (host: HTMLElement, k: number): void => {
    const judges = data.judges.filter(({ id }) => id !== 'uncalibrated');
    const known = data.prevalence[k] ?? 0;
    const nothing = [
      { x: 0, y: known },
      { x: 1, y: known },
    ];
    plot(
      host,
      {
        axes: axes(['recall', 'precision']),
        scales: unit,
        series: [
          {},
          dashed('knows nothing'),
          ...judges.map(({ id, name }) => ({
            label: name,
            stroke: strokes[id]!,
            width: 2,
            spanGaps: true,
            points: { show: false },
          })),
        ],
        describeX: (x) => `recall ${x}`,
      },
      aligned([nothing, ...judges.map(({ precisionRecall }) => precisionRecall[k] ?? [])]),
    );
  };

  const drawEquity = (host: HTMLElement): void => {
    plot(
      host,
      {
        axes: axes(['time (UTC)', 'log return after costs, %']),
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
        scales: { x: { time: true } },
        series: [
          {},
          {
            label: 'cumulated, %',
            stroke: color('accent'),
            width: 2,
            fill: `${color('accent')}22`,
            points: { show: false },
          },
        ],
        describeX: (x) => new Date(x * 1000).toISOString().slice(0, 16).replace('T', ' '),
      },
      [[...data.equity.time], [...data.equity.net]],
    );
  };

  const drawTraining = (host: HTMLElement, { epochs }: ChartData['curves'][number]): void => {
    plot(
      host,
      {
        axes: [
          ...axes(['epoch', 'loss']),
          { ...axes(['', 'macro-F1'])[1]!, side: 1, scale: 'f1', grid: { show: false } },
        ],
        scales: { x: { time: false } },
        series: [
          {},
          { label: 'training loss', stroke: color('soft'), width: 2 },
          { label: 'validation loss', stroke: color('accent'), width: 2 },
          { label: 'validation macro-F1', stroke: color('buy'), width: 2, dash: [5, 3], scale: 'f1' },
        ],
        describeX: (x) => `epoch ${x}`,
      },
      [
        epochs.map((e) => e.epoch),
        epochs.map((e) => e.trainLoss),
        epochs.map((e) => e.validationLoss),
        epochs.map((e) => e.macroF1),
      ],
    );
  };

  const draw = (id: string, drawInto: (host: HTMLElement) => void): void => {
    const host = document.getElementById(id);
    if (host !== null) drawInto(host);
  };
  draw('price', drawPrice);
  draw('reliability', drawReliability);
  draw('equity', drawEquity);
  for (const k of [0, 1, 2]) draw(`pr-${k}`, (host) => drawPrecisionRecall(host, k));
  data.curves.forEach((curve, i) => draw(`curve-${i}`, (host) => drawTraining(host, curve)));
}
