/** Figures of the variants beside those who know nothing, and on generated markets beside those who know everything. */
import { BUY, NEUTRAL, Random, SELL } from '../../domain/core/index.ts';
import {
  type OracleKnowledge,
  type TwoTimescaleTruth,
  twoTimescaleOracle,
} from '../../domain/simulation/index.ts';
import type { StandingFigures } from '../report/index.ts';
import type { SeedTables } from './compare.ts';
import { allDays, compounded, meanOf, metricOf, pooled, type SeedDays, sharpe, total } from './figures.ts';
import {
  type DailyTable,
  decideFolds,
  type Decisions,
  holdReturns,
  judge,
  type JudgeOptions,
} from './judge.ts';
import { type ExperimentPlan, foldRows } from './plan.ts';
import type { SymbolSeries } from './series.ts';

interface Named {
  readonly id: string;
  readonly name: string;
  readonly note: string;
}

/** Of all symbols together, means over the seeds. */
export function standing(named: Named, tables: SeedTables): StandingFigures {
  const seeds = tables.map(pooled);
  const every = allDays(seeds[0]!.net.length);
  const mean = (figure: (table: SeedDays) => number): number => meanOf(seeds.map(figure));
  const symbols = tables[0]!.length;
  return {
    ...named,
    hitRatio: mean((table) => metricOf('hitRatio', table, every)),
    precision: mean((table) => metricOf('precision', table, every)),
    signalShare: mean((table) => total(table.classed, every) / total(table.rows, every)),
    tradesPerDay: mean((table) => total(table.trades, every) / every.length / symbols),
    sharpe: mean((table) => sharpe(table.net, every)),
    grossSharpe: mean((table) => sharpe(table.gross, every)),
    netReturn: mean((table) => compounded(table.net)),
    grossReturn: mean((table) => compounded(table.gross)),
    maxDrawdown: mean((table) => metricOf('maxDrawdown', table, every)),
  };
}

export const unrebuilt = (table: DailyTable): SeedDays => ({
  ...table,
  rebuilt: new Float64Array(table.net.length).fill(Number.NaN),
});

interface BaselineOptions extends JudgeOptions {
  readonly plan: ExperimentPlan;
  readonly seed: number;
}

const RANDOM_DRAWS = 20;
const CANDLES_A_SHIFT = 288;

/** @param decisions `[seeds][symbols]` of the treatment: whose turnover the random signals have */
export function baselines(
  decisions: readonly (readonly Decisions[])[],
  options: BaselineOptions,
): readonly StandingFigures[] {
  const random = Random.fromLabel(options.seed, 'random-signals');
  const drawn = Array.from({ length: RANDOM_DRAWS }, (_, draw) =>
    decisions[draw % decisions.length]!.map((each) => unrebuilt(judge(shifted(each, random), options))),
  );
  const symbols = decisions[0]!;
  const none = Number.NaN;
  const prior = standing(
    { id: 'prior', name: 'prior', note: 'always the side that the past had more often, at every candle' },
    [symbols.map(({ series, rows }) => unrebuilt(judge(priorDecisions(series, rows, options), options)))],
  );
  const held: SeedDays[] = [];
  for (const { series, rows } of symbols) {
    const nothing = judge({ series, rows, directions: new Int8Array(rows.length).fill(NEUTRAL) }, options);
    const net = holdReturns(series, options);
    held.push({ ...unrebuilt(nothing), net, gross: holdReturns(series, { ...options, costBps: 0 }) });
  }
  return [
    prior,
    standing(
      {
        id: 'random',
        name: 'random signals',
        note: `the treatment’s own signals moved by whole days, ${RANDOM_DRAWS} draws: the same turnover`,
      },
      drawn,
    ),
    {
      ...standing({ id: 'hold', name: 'buy and hold', note: 'the same share of the account, one purchase' }, [
        held,
      ]),
      tradesPerDay: 0,
    },
    {
      id: 'no-trade',
      name: 'no trade',
      note: 'nothing earned, nothing lost',
      hitRatio: none,
      precision: none,
      signalShare: 0,
      tradesPerDay: 0,
      sharpe: none,
      grossSharpe: none,
      netReturn: 0,
      grossReturn: 0,
      maxDrawdown: 0,
    },
  ];
}

/** The same decisions in the same order, begun some whole days later and wrapped around. */
function shifted({ series, rows, directions }: Decisions, random: Random): Decisions {
  const shifts = Math.max(1, Math.floor(rows.length / CANDLES_A_SHIFT) - 1);
  const by = CANDLES_A_SHIFT * (1 + random.integer(shifts));
  const moved = directions.map((_, i) => directions[(i + by) % directions.length]!);
  return { series, rows, directions: moved };
}

/** In every fold the side that its training rows had more often. */
function priorDecisions(
  series: SymbolSeries,
  rows: Int32Array,
  { plan, recipe }: BaselineOptions,
): Decisions {
  const sides = plan.folds.map((period) => {
    const { train } = foldRows(series, period, {
      embargoMs: plan.embargoMs,
      longestWindow: recipe.micro.sequenceLength,
    });
    const balance = train.reduce((sum, row) => sum + Math.sign(series.outcome[row]!), 0);
    return { period, side: balance >= 0 ? BUY : SELL };
  });
  const directions = Int8Array.from(rows, (row) => {
    const time = series.candles.openTimeMs[row]!;
    return sides.findLast(({ period }) => time >= period.validationStartMs)!.side;
  });
  return { series, rows, directions };
}

const ORACLES: readonly (Named & { readonly knowledge: OracleKnowledge })[] = [
  {
    id: 'oracle-state',
    name: 'ceiling, state known',
    note: 'an oracle that knows the state of the moment',
    knowledge: 'state',
  },
  {
    id: 'oracle-yesterday',
    name: 'ceiling, yesterday’s state known',
    note: 'what a perfect embedding of the days before could give',
    knowledge: 'yesterday',
  },
  {
    id: 'oracle-window',
    name: 'ceiling without the state',
    note: 'an oracle that sees the last 60 candles alone',
    knowledge: 'window',
  },
];

/** Too small to change an order, large enough to break ties. */
const TIE_BREAK = 1e-9;

/** Oracles through the same thresholds and the same account. Where they know nothing they signal at random, as often. */
export function ceilings(
  truths: readonly TwoTimescaleTruth[],
  series: readonly SymbolSeries[],
  options: BaselineOptions,
): readonly StandingFigures[] {
  const { recipe, plan, seed } = options;
  return ORACLES.map(({ knowledge, ...named }) => {
    const tables = series.map((each, i) => {
      const random = Random.fromLabel(seed, `oracle-${knowledge}-${each.symbol}`);
      const edges = twoTimescaleOracle(truths[i]!, each.candles.close, {
        horizonCandles: recipe.label.horizonCandles,
        knowledge,
        windowCandles: recipe.micro.sequenceLength,
      }).map((edge) => (Number.isNaN(edge) ? 0 : edge) + TIE_BREAK * random.normal());
      const folds = plan.folds.map((period) => {
        const { stopping, judged } = foldRows(each, period, {
          embargoMs: plan.embargoMs,
          longestWindow: recipe.micro.sequenceLength,
        });
        const scored = (rows: Int32Array) => ({
          rows,
          scores: Float64Array.from(rows, (row) => edges[row]!),
        });
        return { symbol: each.symbol, stopping: scored(stopping), judged: scored(judged) };
      });
      return unrebuilt(judge(decideFolds(each, folds, 'adaptive', recipe), options));
    });
    return standing(named, [tables]);
  });
}
