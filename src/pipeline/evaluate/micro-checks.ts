/** The named checks of a MicroNet on its own candles, labels, splits and scaling. */
import { candleAt, candleTable, type CandleTable } from '../../domain/candles/index.ts';
import { dayOf, DIRECTIONS, isoDay, isoMinute, MINUTE_MS } from '../../domain/core/index.ts';
import {
  type CandleModel,
  candleSeries,
  cutTable,
  embedDay,
  rowsBetween,
  historyMs,
  scoreCandles,
} from '../candle-scoring/index.ts';
import type { Check } from '../report/index.ts';
import { candleLabelCheck } from './candle-labels.ts';
import { checkOf, nextBarCheck, purgeCheck, type SplitPair } from './leaks.ts';
import { answersAt } from './micro-judges.ts';
import type { OpenedMicro, OpenedSymbol } from './open-micro.ts';
import { type History, lookAheadProbe, type View } from './probe.ts';
import { barRows } from './test-rows.ts';

const ROWS_PER_CUT = 4;

export async function microChecks(
  model: CandleModel,
  opened: OpenedMicro,
  symbol: OpenedSymbol,
): Promise<readonly Check[]> {
  const { config, label, split } = opened;
  const { data, test } = symbol.rows;
  const embargoMs = config.validation.embargoMinutes * MINUTE_MS;
  const probe = await lookAheadProbe(candleHistory(symbol.series.candles), candleViews(model, symbol), {
    rows: barRows(data, test),
    cuts: config.evaluation.probeCuts,
    rowsPerCut: ROWS_PER_CUT,
    seed: config.seed,
  });
  const spans = { timeMs: split.openTimeMs, labelEndMs: split.labelEndMs };
  return [
    probe,
    await scalingCheck(model, symbol),
    candleLabelCheck(symbol.series, symbol.labels, {
      rule: label.rule,
      cuts: config.evaluation.probeCuts,
      seed: config.seed,
    }),
    nextBarCheck(data),
    purgeCheck(splitPairs(opened), spans, embargoMs),
    recordedRows(model, opened),
    macroBeforeTest(model),
  ];
}

/** Tables of their own, so that nothing beyond the cut can be reached through a shared buffer. */
const candleHistory = (candles: CandleTable): History<CandleTable> => ({
  whole: candles,
  timeMs: candles.openTimeMs,
  first: (rows) => candleTable(Array.from({ length: rows }, (_, row) => candleAt(candles, row))),
});

/** Everything between a candle and an answer. What was judged stands for the whole; the past is computed anew. */
function candleViews(model: CandleModel, opened: OpenedSymbol): readonly View<CandleTable>[] {
  const { series, days, rows } = opened;
  const { symbol, interval, featureNames } = series;
  const { settings } = model;
  const macro = model.macro?.model;
  const known = new Map(days.map((day) => [day.dayMs, day]));
  const positionOf = new Map(Array.from(rows.data.rows, (row, position) => [row, position]));
  const isWhole = (candles: CandleTable): boolean => candles === series.candles;
  const context = [
    ...featureNames.map((name) => `centre of ${name}`),
    ...featureNames.map((name) => `scale of ${name}`),
    ...Array.from({ length: macro?.size ?? 0 }, (_, i) => `embedding ${i}`),
  ];
  const answers = model.manifest.output === 'score' ? ['score'] : DIRECTIONS;
  return [
    {
      name: 'features of candles',
      columns: featureNames,
      compute: (candles, asked) => {
        const { features } = isWhole(candles) ? series : candleSeries(symbol, interval, candles);
        const width = featureNames.length;
        return joined(Array.from(asked, (row) => features.subarray(row * width, (row + 1) * width)));
      },
    },
    {
      name: 'scaling and embedding of the day',
      columns: context,
      compute: async (candles, asked) => {
        const parts: Float64Array[] = [];
        for (const row of asked) {
          const dayMs = dayOf(candles.openTimeMs[row]!);
          const day = isWhole(candles)
            ? known.get(dayMs)!
            : await embedDay({ macro, settings, symbol, interval, candles, dayMs });
          parts.push(
            day.kind === 'embedded'
              ? joined([day.centre, day.scale, day.embedding])
              : new Float64Array(context.length).fill(Number.NaN),
          );
        }
        return joined(parts);
      },
    },
    {
      name: 'answers of the network',
      columns: answers,
      compute: async (candles, asked) => {
        if (isWhole(candles))
          return answersAt(
            opened,
            asked.map((row) => positionOf.get(row)!),
          );
        const parts: Float64Array[] = [];
        for (const row of asked) {
          const openTimeMs = candles.openTimeMs[row]!;
          const span = { fromMs: openTimeMs, toMs: openTimeMs + 1 };
          const { score, probabilities } = await scoreCandles(model, { symbol, candles, ...span });
          parts.push(probabilities ?? score);
        }
        return joined(parts);
      },
    },
  ];
}

function joined(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => [...part]));
}

/** Each day of the test is scaled with statistics of the days before it, and of nothing else. */
async function scalingCheck(
  { settings, interval }: CandleModel,
  { series, days, rows: { data, test } }: OpenedSymbol,
): Promise<Check> {
  const { symbol, candles, featureNames } = series;
  const judged = new Set(Array.from(test, (position) => dayOf(data.spans.timeMs[position]!)));
  const problems: string[] = [];
  let comparisons = 0;
  for (const day of days) {
    if (day.kind === 'skipped' || !judged.has(day.dayMs)) continue;
    const { dayMs } = day;
    const span = rowsBetween(candles.openTimeMs, {
      fromMs: dayMs - historyMs(interval, settings),
      toMs: dayMs,
    });
    const alone = await embedDay({
      macro: undefined,
      settings,
      symbol,
      interval,
      candles: cutTable(candles, span),
      dayMs,
    });
    for (const [k, name] of featureNames.entries()) {
      for (const statistic of ['centre', 'scale'] as const) {
        comparisons++;
        const expected = alone.kind === 'embedded' ? alone[statistic][k] : undefined;
        if (Object.is(day[statistic][k], expected)) continue;
        problems.push(
          `${statistic} of ${name} on ${isoDay(dayMs)} is ${day[statistic][k]}, the ${settings.days} days before it say ${expected ?? 'nothing'}`,
        );
      }
    }
  }
  return checkOf('scaler on the days before', comparisons, {
    problems,
    passed: `centre and scale of ${featureNames.length} features on ${judged.size} days, recomputed from the ${settings.days} days before each, equal those used to the bit`,
  });
}

/** Over all symbols at once: none may learn what another one's test knows. */
function splitPairs({ split: { train, validation, development, test } }: OpenedMicro): readonly SplitPair[] {
  return [
    { name: 'training before the choice of the epoch', learned: train, judged: validation },
    { name: 'development before test', learned: development, judged: test },
  ];
}

/** The rows that the training says it used are those of purged splits. */
export function recordedRows(
  { manifest }: Pick<CandleModel, 'manifest'>,
  { split }: Pick<OpenedMicro, 'split'>,
): Check {
  const training = manifest.metrics['training'] as
    { readonly rows?: { readonly train: number; readonly validation: number } } | undefined;
  const recorded = training?.rows;
  const expected = { train: split.train.length, validation: split.validation.length };
  const problems = (['train', 'validation'] as const).flatMap((part) =>
    recorded?.[part] === expected[part]
      ? []
      : [`${recorded?.[part] ?? 'no'} ${part} rows are recorded; purged there are ${expected[part]}`],
  );
  return checkOf('rows as recorded', 2, {
    problems,
    passed: `${expected.train.toLocaleString('en')} training and ${expected.validation.toLocaleString('en')} validation rows are those of purged splits`,
  });
}

/** The MacroNet has learned from no candle of the test. */
export function macroBeforeTest({ manifest, macro }: Pick<CandleModel, 'manifest' | 'macro'>): Check {
  const name = 'MacroNet before the test';
  if (macro === undefined) {
    return { name, outcome: 'passed', comparisons: 0, detail: 'the model takes no embedding' };
  }
  const { toMs } = macro.manifest.data;
  const { testFromMs } = manifest;
  return checkOf(name, 1, {
    problems:
      toMs <= testFromMs
        ? []
        : [
            `${macro.reference} has learned from candles up to ${isoMinute(toMs)}, the test begins at ${isoMinute(testFromMs)}`,
          ],
    passed: `${macro.reference} has learned from candles up to ${isoMinute(toMs)}, the test begins at ${isoMinute(testFromMs)}`,
  });
}
