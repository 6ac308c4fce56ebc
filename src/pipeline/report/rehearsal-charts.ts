/**
 * The part of a rehearsal's page that runs in the browser. {@link drawRehearsal} is written into the page as text, so it may
 * use nothing from outside its own body.
 */
import type uPlotType from 'uplot';
import type { ChartKit } from './chart-kit.ts';
import type { RehearsalResult } from './rehearsal-data.ts';

type Line = readonly (number | null)[];

export interface RehearsalChartData {
  /** Seconds since 1970, one a day. */
  readonly time: readonly number[];
  /** First and last day of each stretch that a model has learned from. */
  readonly training: readonly (readonly [number, number])[];
  /** Days at whose end the policy called for a retraining. */
  readonly marks: readonly number[];
  /** All symbols together, per cent. */
  readonly net: Line;
  readonly gross: Line;
  readonly daily: Line;
  readonly symbols: readonly {
    readonly rate: Line;
    readonly buyAbove: Line;
    readonly sellBelow: Line;
    readonly step: Line;
    readonly distance: Line;
    readonly scores: Line;
  }[];
  readonly target: number;
}

export function rehearsalChartData({ days, retrainings, signalTarget }: RehearsalResult): RehearsalChartData {
  const [first = []] = days;
  const digits = (value: number | null): number | null =>
    value === null || !Number.isFinite(value) ? null : Number(value.toPrecision(6));
  const mean = (day: number, of: (each: (typeof first)[number]) => number): number =>
    days.reduce((sum, each) => sum + of(each[day]!), 0) / days.length;
  const daily = first.map((_, day) => mean(day, (each) => each.return));
  const cumulated = (returns: readonly number[]): Line => {
    let value = 1;
    return returns.map((each) => digits(100 * ((value *= 1 + each) - 1)));
  };
  const stretches: [number, number][] = [];
  for (const [day, { dayMs }] of first.entries()) {
    if (!days.some((each) => each[day]!.inTraining)) continue;
    const last = stretches.at(-1);
    if (last !== undefined && dayMs / 1000 - last[1] <= 86_400) last[1] = dayMs / 1000;
    else stretches.push([dayMs / 1000, dayMs / 1000]);
  }
  return {
    time: first.map(({ dayMs }) => dayMs / 1000),
    training: stretches,
    marks: [...new Set(retrainings.map(({ dayMs }) => dayMs / 1000))],
    net: cumulated(daily),
    gross: cumulated(first.map((_, day) => mean(day, (each) => each.grossReturn))),
    daily: daily.map((value) => digits(1e4 * value)),
    symbols: days.map((each) => ({
      rate: each.map(({ buys, sells, decided }) =>
        decided > 0 ? digits((100 * (buys + sells)) / decided) : null,
      ),
      buyAbove: each.map(({ buyAbove }) => digits(buyAbove)),
      sellBelow: each.map(({ sellBelow }) => digits(sellBelow)),
      step: each.map(({ step }) => digits(step)),
      distance: each.map(({ distance }) => digits(distance)),
      scores: each.map(({ scoreDistance }) => digits(scoreDistance)),
    })),
    target: 100 * signalTarget,
  };
}

export function drawRehearsal(data: RehearsalChartData, kit: ChartKit): void {
  const { color, axes, plot, draw, utc } = kit;
  const dayText = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);

  /** Days in training as a band, retrainings as lines. */
  const marked = (chart: uPlotType): void => {
    const { ctx, bbox } = chart;
    const at = (seconds: number): number => chart.valToPos(seconds, 'x', true);
    ctx.save();
    ctx.fillStyle = `${color('warn')}22`;
    for (const [from, to] of data.training) {
      const left = Math.max(bbox.left, at(from));
      ctx.fillRect(left, bbox.top, Math.max(2, at(to + 86_400) - left), bbox.height);
    }
    ctx.strokeStyle = color('violet');
    ctx.setLineDash([4, 4]);
    for (const mark of data.marks) {
      ctx.beginPath();
      ctx.moveTo(at(mark + 86_400), bbox.top);
      ctx.lineTo(at(mark + 86_400), bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  };

  const lines = (
    host: HTMLElement,
    yName: string,
    series: readonly { readonly style: uPlotType.Series; readonly of: readonly (number | null)[] }[],
  ): void => {
    plot(
      host,
      {
        axes: axes(['day (UTC)', yName]),
        tzDate: utc,
        scales: { x: { time: true } },
        hooks: { drawClear: [marked] },
        series: [{}, ...series.map(({ style }) => ({ width: 1.5, points: { show: false }, ...style }))],
        describeX: dayText,
      },
      [[...data.time], ...series.map(({ of }) => [...of])],
    );
  };
  const level = (value: number): (number | null)[] => data.time.map(() => value);
  const dashed = { stroke: color('soft'), dash: [4, 4], width: 1 };

  draw('equity', (host) =>
    lines(host, 'cumulated return, %', [
      { style: { label: 'before costs', stroke: color('soft') }, of: data.gross },
      { style: { label: 'after costs', stroke: color('accent'), width: 2 }, of: data.net },
    ]),
  );
  draw('daily', (host) =>
    lines(host, 'return of the day, bps', [
      {
        style: {
          label: 'after costs',
          stroke: color('accent'),
          width: 0,
          points: { show: true, size: 4, fill: color('accent') },
        },
        of: data.daily,
      },
      { style: { label: 'none', ...dashed }, of: level(0) },
    ]),
  );
  data.symbols.forEach(({ rate, buyAbove, sellBelow, step, distance, scores }, i) => {
    draw(`rate-${i}`, (host) =>
      lines(host, 'signals, % of decisions', [
        { style: { label: 'signals', stroke: color('accent') }, of: rate },
        { style: { label: 'target', ...dashed }, of: level(data.target) },
      ]),
    );
    draw(`thresholds-${i}`, (host) =>
      lines(host, 'score', [
        { style: { label: 'BUY above', stroke: color('buy') }, of: buyAbove },
        { style: { label: 'SELL below', stroke: color('sell') }, of: sellBelow },
      ]),
    );
    draw(`embedding-${i}`, (host) =>
      lines(host, 'distance over the typical one', [
        { style: { label: 'from yesterday', stroke: color('soft'), width: 1 }, of: step },
        { style: { label: 'from the training days', stroke: color('accent') }, of: distance },
        { style: { label: 'typical', ...dashed }, of: level(1) },
      ]),
    );
    draw(`scores-${i}`, (host) =>
      lines(host, 'distance of distributions', [
        { style: { label: 'scores', stroke: color('accent') }, of: scores },
      ]),
    );
  });
}
