/** What the charts in the browser need of a report, small enough for a page. */
import type { Report } from './report-data.ts';

/** Rows that a run of SELL or BUY must last to be marked on the price. */
export const SHORTEST_RUN = 10;

/** Most points of a line. */
const MOST_POINTS = 6000;

export interface ChartData {
  readonly price: {
    /** Seconds since 1970, and the columns at those times. */
    readonly time: readonly number[];
    readonly close: readonly number[];
    readonly sell: readonly number[];
    readonly buy: readonly number[];
    /** Where lasting runs of SELL or BUY begin. */
    readonly marks: readonly { readonly time: number; readonly buy: boolean }[];
  };
  readonly judges: readonly {
    readonly id: string;
    readonly name: string;
    readonly reliability: readonly { readonly x: number; readonly y: number }[];
    readonly precisionRecall: readonly (readonly { readonly x: number; readonly y: number }[])[];
  }[];
  readonly prevalence: readonly number[];
  readonly equity: { readonly time: readonly number[]; readonly net: readonly number[] };
  readonly curves: Report['curves'];
}

/** Judges whose curves are drawn. */
const DRAWN = ['audited', 'uncalibrated', 'base', 'micro', 'boosting'];

export function chartData({ series, evaluation, curves }: Report): ChartData {
  const { minuteMs, close, probabilities } = series;
  const every = Math.max(1, Math.ceil(minuteMs.length / MOST_POINTS));
  const kept = Array.from({ length: Math.ceil(minuteMs.length / every) }, (_, i) => i * every);
  const rounded = (value: number, digits: number): number => Number(value.toPrecision(digits));
  const point = (x: number, y: number) => ({ x: rounded(x, 4), y: rounded(y, 4) });
  return {
    price: {
      time: kept.map((i) => minuteMs[i]! / 1000),
      close: kept.map((i) => rounded(close[i]!, 7)),
      sell: kept.map((i) => rounded(probabilities[i]![0], 3)),
      buy: kept.map((i) => rounded(probabilities[i]![2], 3)),
      marks: marksOf(series, every),
    },
    judges: evaluation.scores
      .filter(({ id }) => DRAWN.includes(id))
      .map(({ id, name, reliability, precisionRecall }) => ({
        id,
        name,
        reliability: reliability.map((bin) => point(bin.confidence, bin.accuracy)),
        precisionRecall: precisionRecall.map(({ points }) => points.map((p) => point(p.recall, p.precision))),
      })),
    prevalence: (evaluation.scores[0]?.precisionRecall ?? []).map(({ prevalence }) => rounded(prevalence, 4)),
    equity: {
      time: evaluation.economics.equity.timeMs.map((ms) => ms / 1000),
      net: evaluation.economics.equity.net.map((x) => rounded(100 * x, 4)),
    },
    curves,
  };
}

/** Every minute would bury the price. A mark stands on a point that is kept. */
function marksOf({ minuteMs, decisions }: Report['series'], every: number): ChartData['price']['marks'] {
  const marks: { time: number; buy: boolean }[] = [];
  for (let start = 0, end = 0; start < decisions.length; start = end) {
    while (end < decisions.length && decisions[end] === decisions[start]) end++;
    if (decisions[start] !== 1 && end - start >= SHORTEST_RUN) {
      const kept = start - (start % every);
      marks.push({ time: minuteMs[kept]! / 1000, buy: decisions[start] === 2 });
    }
  }
  return marks;
}
