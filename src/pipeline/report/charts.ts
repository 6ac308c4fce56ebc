/**
 * The part of a trust report that runs in the browser. {@link drawCharts} is written into the page as text, so it may use
 * nothing from outside its own body.
 */
import type * as LightweightCharts from 'lightweight-charts';
import type uPlotType from 'uplot';
import type { ChartData } from './chart-data.ts';
import type { ChartKit } from './chart-kit.ts';

export function drawCharts(data: ChartData, kit: ChartKit): void {
  const { color, charts, timeChart, axes, plot, aligned, draw, utc, minuteOf } = kit;

  const drawPrice = (host: HTMLElement): void => {
    const { time, close, sell, buy, marks } = data.price;
    const chart = timeChart(host);
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

  const strokes: Record<string, string> = {
    audited: color('accent'),
    micro: color('accent'),
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
    // The model on trial last, so that it lies on top where nothing was changed.
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
        tzDate: utc,
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
        describeX: minuteOf,
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

  draw('price', drawPrice);
  draw('reliability', drawReliability);
  draw('equity', drawEquity);
  for (const k of [0, 1, 2]) draw(`pr-${k}`, (host) => drawPrecisionRecall(host, k));
  data.curves.forEach((curve, i) => draw(`curve-${i}`, (host) => drawTraining(host, curve)));
}
