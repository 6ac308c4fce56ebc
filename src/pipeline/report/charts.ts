/**
 * The part of a report that runs in the browser. {@link drawCharts} is written into the page as text, so it may use
 * nothing from outside its own body except the two chart libraries that the page carries as globals.
 */
import type * as LightweightCharts from 'lightweight-charts';
import type uPlotType from 'uplot';
import type { Report } from './report-data.ts';

/** What the charts need of a report. */
export type ChartData = Pick<Report, 'series' | 'curves' | 'evaluation'> & {
  /** Minutes that a run of SELL or BUY must last to be marked on the price. */
  readonly shortestRun: number;
};

declare global {
  interface Window {
    LightweightCharts: typeof LightweightCharts;
    uPlot: typeof uPlotType;
  }
}

export function drawCharts(report: ChartData): void {
  const { shortestRun } = report;
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const { LightweightCharts: charts, uPlot } = window;

  const drawPrice = (host: HTMLElement): void => {
    const { minuteMs, close, probabilities, decisions } = report.series;
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
    const time = minuteMs.map((ms) => (ms / 1000) as LightweightCharts.UTCTimestamp);
    const price = chart.addSeries(charts.LineSeries, {
      color: color('ink'),
      lineWidth: 1,
      priceLineVisible: false,
    });
    price.setData(time.map((t, i) => ({ time: t, value: close[i]! })));
    // A marker where a lasting run of equal decisions begins: every minute would bury the price.
    const markers: LightweightCharts.SeriesMarker<LightweightCharts.Time>[] = [];
    for (let start = 0, end = 0; start < decisions.length; start = end) {
      while (end < decisions.length && decisions[end] === decisions[start]) end++;
      if (decisions[start] === 1 || end - start < shortestRun) continue;
      const buy = decisions[start] === 2;
      markers.push({
        time: time[start]!,
        position: buy ? 'belowBar' : 'aboveBar',
        shape: buy ? 'arrowUp' : 'arrowDown',
        color: color(buy ? 'buy' : 'sell'),
      });
    }
    charts.createSeriesMarkers(price, markers);
    for (const [index, name] of [
      [0, 'sell'],
      [2, 'buy'],
    ] as const) {
      const line = chart.addSeries(
        charts.LineSeries,
        { color: color(name), lineWidth: 1, priceLineVisible: false, lastValueVisible: false },
        1,
      );
      line.setData(time.map((t, i) => ({ time: t, value: probabilities[i]![index] })));
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

  const plot = (
    host: HTMLElement,
    options: Omit<uPlotType.Options, 'width' | 'height'>,
    data: uPlotType.AlignedData,
  ): void => {
    const legend = { live: false };
    const chart = new uPlot({ ...options, legend, width: host.clientWidth, height: 260 }, data, host);
    new ResizeObserver(() => chart.setSize({ width: host.clientWidth, height: 260 })).observe(host);
  };

  const drawReliability = (host: HTMLElement): void => {
    const judges = report.evaluation.scores.filter((score) => score.id === 'audited' || score.id === 'base');
    const confidences = [
      ...new Set([0, 1, ...judges.flatMap((judge) => judge.reliability.map((bin) => bin.confidence))]),
    ].toSorted((a, b) => a - b);
    const columns = judges.map((judge) => {
      const byConfidence = new Map(judge.reliability.map((bin) => [bin.confidence, bin.accuracy]));
      return confidences.map((x) => byConfidence.get(x));
    });
    const colors = { audited: color('accent'), base: color('soft') } as Record<string, string>;
    plot(
      host,
      {
        axes: axes(['probability of the most probable class', 'how often it was right']),
        scales: { x: { time: false, range: [0, 1] }, y: { range: [0, 1] } },
        series: [
          {},
          { label: 'perfect', stroke: color('line'), dash: [4, 4], points: { show: false }, spanGaps: true },
          ...judges.map((judge) => ({
            label: judge.name,
            stroke: colors[judge.id]!,
            width: 2,
            spanGaps: true,
            points: { show: true, size: 6 },
          })),
        ],
      },
      [
        confidences,
        confidences.map((x) => (x === 0 || x === 1 ? x : undefined)),
        ...columns,
      ] as uPlotType.AlignedData,
    );
  };

  const drawTraining = (host: HTMLElement, curve: Report['curves'][number]): void => {
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
      },
      [
        curve.epochs.map((e) => e.epoch),
        curve.epochs.map((e) => e.trainLoss),
        curve.epochs.map((e) => e.validationLoss),
        curve.epochs.map((e) => e.macroF1),
      ],
    );
  };

  const draw = (id: string, drawInto: (host: HTMLElement) => void): void => {
    const host = document.getElementById(id);
    if (host !== null) drawInto(host);
  };
  draw('price', drawPrice);
  draw('reliability', drawReliability);
  report.curves.forEach((curve, i) => draw(`curve-${i}`, (host) => drawTraining(host, curve)));
}
