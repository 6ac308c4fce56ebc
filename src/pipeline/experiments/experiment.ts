/**
 * `experiment`: two variants of one recipe over the same days, symbols and seeds; walk-forward, purged, with everything
 * fitted in the past of each fold; and what can be concluded from their difference. See `docs/guides/experiments.md`.
 */
import { createHash } from 'node:crypto';
import { ConfigError, type ConfigProblem, MINUTE_MS } from '../../domain/core/index.ts';
import type { RunStore } from '../../platform/storage/index.ts';
import { significanceOf, trialsOf } from '../../trading/backtest/index.ts';
import type { Config } from '../config.ts';
import { recordAndRecall, trialSetting } from '../evaluate/trials.ts';
import type { EquityLine, ExperimentResult } from '../report/index.ts';
import { compare, type SeedTables } from './compare.ts';
import {
  type ExperimentDefinition,
  type ExperimentName,
  EXPERIMENTS,
  familyOf,
  type Variant,
} from './definitions.ts';
import { pooled } from './figures.ts';
import { decideFolds, type Decisions, judge, type JudgeOptions } from './judge.ts';
import { type ExperimentMarket, loadMarket, type MarketData } from './market-data.ts';
import type { DayEmbeddings } from './macro-fit.ts';
import { type ExperimentPlan, planExperiment } from './plan.ts';
import type { ExperimentRecipe } from './recipe.ts';
import { fitVariants, type VariantFits } from './run-fits.ts';
import { baselines, ceilings, standing } from './standings.ts';

export interface ExperimentRequest {
  readonly name: ExperimentName;
  /** Where data live, and the seed of the first repetition; the others follow it. */
  readonly config: Config;
  readonly source: ExperimentMarket;
  readonly recipe: ExperimentRecipe;
  /** Repetitions of the whole recipe. */
  readonly seeds: number;
  readonly folds: number;
  /** Fee and slippage of one fill. */
  readonly costBps: number;
  readonly embargoMinutes: number;
  readonly replicates: number;
  /** Mean length of a block of the bootstrap. */
  readonly blockDays: number;
  /** Trainings at once. */
  readonly workers: number;
  readonly runId: string;
  readonly createdAt: string;
  /** Where trials are recorded; without it none are. */
  readonly store?: RunStore | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, all: number, text: string) => void;
}

export const EXPERIMENT_DEFAULTS = {
  seeds: 5,
  folds: 3,
  costBps: 5.5,
  embargoMinutes: 0,
  replicates: 2000,
  blockDays: 7,
} as const;

/** @throws ConfigError with every bad setting, DataError when candles are missing or too few */
export async function runExperiment(request: ExperimentRequest): Promise<ExperimentResult> {
  requireValid(request);
  const { recipe, costBps, config } = request;
  const definition = EXPERIMENTS[request.name];
  const market = await loadMarket(config, request.source, recipe);
  const embargoMs = request.embargoMinutes * MINUTE_MS;
  const plan = planExperiment(market.series, { folds: request.folds, embargoMs }, recipe);
  const seeds = Array.from({ length: request.seeds }, (_, i) => config.seed + i);
  const fits = await fitVariants([definition.treatment, definition.control], {
    ...request,
    dataDir: config.dataDir,
    series: market.series,
    plan,
    seeds,
  });
  const options: JudgeOptions = { recipe, costBps, days: plan.judgedDays };
  const judged = { fits, market, plan, seeds, options };
  return resultOf(request, definition, {
    ...judged,
    treatment: judgeVariant(definition.treatment, judged),
    control: judgeVariant(definition.control, judged),
  });
}

interface Fitted {
  readonly fits: VariantFits;
  readonly market: MarketData;
  readonly plan: ExperimentPlan;
  readonly seeds: readonly number[];
  readonly options: JudgeOptions;
}

interface JudgedVariant {
  /** `[seeds][symbols]` */
  readonly decisions: readonly (readonly Decisions[])[];
  readonly tables: SeedTables;
}

function judgeVariant(variant: Variant, { fits, market, plan, seeds, options }: Fitted): JudgedVariant {
  const { days, recipe } = options;
  const decisions = seeds.map((seed) => {
    const folds = plan.folds.map((_, fold) => fits.scores(variant, seed, fold));
    return market.series.map((series) => {
      const own = folds.map((symbols) => symbols.find(({ symbol }) => symbol === series.symbol)!);
      return decideFolds(series, own, variant.thresholds, recipe);
    });
  });
  const tables = decisions.map((symbols, s) =>
    symbols.map((each) => {
      const own = plan.folds.flatMap((_, fold) => fits.days(variant, seeds[s]!, fold));
      const rebuilt = rebuiltByDay(
        own.filter(({ symbol }) => symbol === each.series.symbol),
        days,
      );
      return { ...judge(each, options), rebuilt };
    }),
  );
  return { decisions, tables };
}

/** `[days]`; every fold knows the losses of its own judged days alone. */
function rebuiltByDay(folds: readonly DayEmbeddings[], days: Float64Array): Float64Array {
  const known = new Map<number, number>();
  for (const { dayMs, rebuilt } of folds) {
    for (const [i, loss] of rebuilt.entries()) if (!Number.isNaN(loss)) known.set(dayMs[i]!, loss);
  }
  return days.map((dayMs) => known.get(dayMs) ?? Number.NaN);
}

interface Judged extends Fitted {
  readonly treatment: JudgedVariant;
  readonly control: JudgedVariant;
}

function resultOf(
  request: ExperimentRequest,
  definition: ExperimentDefinition,
  { treatment, control, fits, market, plan, seeds, options }: Judged,
): ExperimentResult {
  const { title, hypothesis, criterion, reading } = definition;
  const { venue, interval, synthetic, description } = market;
  const symbols = market.series.map(({ symbol }) => symbol);
  const family = familyOf(request.name, symbols.length);
  const known = { ...options, plan, seed: request.config.seed };
  const named = ({ id, name }: Variant) => ({ id, name, note: '' });
  return {
    runId: request.runId,
    experiment: request.name,
    title,
    hypothesis,
    criterion,
    reading,
    venue,
    symbols,
    interval,
    synthetic,
    market: description,
    treatment: definition.treatment.name,
    control: definition.control.name,
    seeds,
    folds: plan.folds,
    days: plan.judgedDays.length,
    judgedRows: treatment.decisions[0]!.reduce((sum, { rows }) => sum + rows.length, 0),
    costBps: request.costBps,
    embargoMinutes: request.embargoMinutes,
    blockDays: request.blockDays,
    replicates: request.replicates,
    familySize: family.tests,
    family: family.text,
    differences: compare(definition, {
      treatment: treatment.tables,
      control: control.tables,
      symbols,
      familySize: family.tests,
      blockDays: request.blockDays,
      replicates: request.replicates,
      seed: request.config.seed,
    }),
    standings: [
      standing(named(definition.treatment), treatment.tables),
      standing(named(definition.control), control.tables),
      ...(market.truths === null ? [] : ceilings(market.truths, market.series, known)),
      ...baselines(treatment.decisions, known),
    ],
    dayMs: [...plan.judgedDays],
    lines: [
      equityLine(definition.treatment, treatment.tables),
      equityLine(definition.control, control.tables),
    ],
    trainings: { made: fits.made, reused: fits.reused },
    trials: trialsMade(request, definition, { treatment, control, market, plan, seeds }),
  };
}

function equityLine({ id, name }: Variant, tables: SeedTables): EquityLine {
  const seeds = tables.map(pooled);
  let sums = seeds.map(() => 1);
  const cumulative = Array.from(seeds[0]!.net, (_, day) => {
    sums = sums.map((equity, s) => equity * (1 + seeds[s]!.net[day]!));
    return sums.reduce((sum, equity) => sum + equity, 0) / sums.length - 1;
  });
  return { id, name, cumulative };
}

/** Every variant and seed is a trial on these days, of whatever experiment. */
function trialsMade(
  { store, recipe, costBps, runId, createdAt, config }: ExperimentRequest,
  { treatment, control }: ExperimentDefinition,
  judged: Pick<Judged, 'treatment' | 'control' | 'market' | 'plan' | 'seeds'>,
): ExperimentResult['trials'] {
  const { market, plan, seeds } = judged;
  const setting = trialSetting({
    venue: market.venue,
    symbol: market.series.map(({ symbol }) => symbol).join(),
    label: `${recipe.label.horizonCandles} candles of ${market.interval}`,
    fromMs: plan.folds[0]!.validationStartMs,
    toMs: plan.folds.at(-1)!.validationEndMs,
    periods: plan.judgedDays.length,
    costBps,
  });
  const trials = (
    [
      [treatment, judged.treatment],
      [control, judged.control],
    ] as const
  ).flatMap(([variant, { tables }]) =>
    seeds.map((seed, s) => {
      const returns = [...pooled(tables[s]!).net];
      const identity = JSON.stringify([variant, recipe, plan.folds, returns]);
      return {
        runId,
        modelSha256: createHash('sha256').update(identity).digest('hex'),
        seed,
        setting,
        returns,
      };
    }),
  );
  const all =
    store === undefined ? trials.map(({ returns }) => returns) : recordAndRecall(store, trials, createdAt);
  const best = significanceOf(Float64Array.from(trials[0]!.returns), {
    seed: config.seed,
    trials: trialsOf(all.map((returns) => Float64Array.from(returns))),
  }).deflated;
  return { recorded: all.length, deflatedSharpe: best.kind === 'value' ? best.value : null };
}

function requireValid(request: ExperimentRequest): void {
  const problems: ConfigProblem[] = [];
  const whole = (flag: string, value: number, least: number, most: number): void => {
    if (Number.isSafeInteger(value) && value >= least && value <= most) return;
    problems.push({ path: flag, message: `must be a whole number from ${least} to ${most}, is ${value}` });
  };
  whole('--seeds', request.seeds, 1, 100);
  whole('--folds', request.folds, 1, 50);
  whole('--bootstrap-samples', request.replicates, 100, 1_000_000);
  whole('--workers', request.workers, 1, 256);
  if (!(request.costBps >= 0 && request.costBps < 1_000)) {
    problems.push({ path: '--cost-bps', message: `must be a number from 0 on, is ${request.costBps}` });
  }
  if (!(request.embargoMinutes >= 0 && Number.isFinite(request.embargoMinutes))) {
    problems.push({
      path: '--embargo-minutes',
      message: `must be a number from 0 on, is ${request.embargoMinutes}`,
    });
  }
  if (request.name === 'unseen' && request.source.symbols.length < 2) {
    problems.push({
      path: '--symbol',
      message: 'a symbol can only be unseen beside others: name two or more, such as BTCUSDT,NEARUSDT',
    });
  }
  if (problems.length > 0) throw new ConfigError(problems);
}
