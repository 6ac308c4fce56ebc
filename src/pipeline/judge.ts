/** Scores judges of the same rows side by side: figures, intervals, differences, and what may be concluded. */
import { CLASS_COUNT, DIRECTIONS } from '../domain/core/index.ts';
import {
  bootstrapConfusion,
  bootstrapDifference,
  classificationReport,
  decide,
} from '../domain/validation/index.ts';
import type { Resampling } from '../domain/validation/index.ts';
import type { Evaluation, ModelScore, ScoreDifference } from './report/index.ts';

/** One judge's probabilities for every row, `[rows × 3]`: as honest as it can make them. */
export interface Judge {
  readonly id: ModelScore['id'];
  readonly name: string;
  readonly probabilities: Float64Array;
}

export interface Judgement {
  readonly scores: readonly ModelScore[];
  readonly differences: readonly ScoreDifference[];
}

/**
 * @param judges the first one is the model on trial; the differences are from it to each of the others
 * @param labels `[rows]` in order of time, every row labelled
 */
export function judgeRows(judges: readonly Judge[], labels: Int8Array, resampling: Resampling): Judgement {
  const decisions = judges.map((judge) => decide(judge.probabilities));
  const scores = judges.map((judge, i): ModelScore => {
    const report = classificationReport({
      labels,
      probabilities: judge.probabilities,
      predictions: decisions[i]!,
    });
    const interval = bootstrapConfusion(
      { labels, predictions: decisions[i]!, classes: CLASS_COUNT },
      resampling,
    );
    return {
      id: judge.id,
      name: judge.name,
      macroF1: report.macroF1,
      macroF1Interval: [interval.lower, interval.upper],
      mcc: report.mcc,
      logLoss: report.logLoss,
      brier: report.brier,
      ece: report.calibration.ece,
      classes: report.classes.map((score, k) => ({ direction: DIRECTIONS[k]!, ...score })),
      confusion: report.confusion,
      reliability: report.calibration.bins.filter((bin) => bin.count > 0),
    };
  });
  const differences = judges.slice(1).map((judge, i): ScoreDifference => {
    const rows = { labels, predictions: decisions[0]!, classes: CLASS_COUNT };
    const { estimate, lower, upper } = bootstrapDifference(rows, decisions[i + 1]!, resampling);
    return { against: judge.id, macroF1: estimate, interval: [lower, upper] };
  });
  return { scores, differences };
}

/** Fewer independent outcomes than this, and no interval deserves belief. A convention, not a theorem. */
const FEWEST_OUTCOMES = 30;

/** What can and what cannot be concluded, in words. */
export function verdictOf(evaluation: Omit<Evaluation, 'verdict'>): readonly string[] {
  const { scores, differences, test, ceiling, synthetic } = evaluation;
  const nameOf = (id: ModelScore['id']): string => scores.find((score) => score.id === id)?.name ?? id;
  const [model] = scores;
  const baselines = differences.filter((d) => d.against === 'prior' || d.against === 'logistic');
  const beaten = baselines.every((d) => d.interval[0] > 0);
  const below = baselines.filter((d) => d.interval[1] < 0);
  const enough = test.independentOutcomes >= FEWEST_OUTCOMES;
  const figure = `macro-F1 ${model?.macroF1.toFixed(3)} (95 % interval ${model?.macroF1Interval.map((x) => x.toFixed(3)).join(' to ')})`;
  const sentences: string[] = [];
  if (!enough) {
    sentences.push(
      `This test proves nothing: it holds about ${test.independentOutcomes} independent outcomes, fewer than ${FEWEST_OUTCOMES}. The figure is ${figure}.`,
    );
  } else if (beaten) {
    sentences.push(`On this test the audited model beats every baseline: ${figure}.`);
  } else if (below.length > 0) {
    sentences.push(
      `On this test the audited model is worse than ${below.map((d) => nameOf(d.against)).join(' and ')}: ${figure}.`,
    );
  } else {
    sentences.push(`On this test the audited model cannot be told apart from its baselines: ${figure}.`);
  }
  for (const d of differences) {
    const [low, high] = d.interval;
    const relation = low > 0 ? 'Better than' : high < 0 ? 'Worse than' : 'Not to be told apart from';
    const figures = `difference ${signed(d.macroF1)}, 95 % interval ${signed(low)} to ${signed(high)}`;
    sentences.push(
      enough
        ? `${relation} “${nameOf(d.against)}”: ${figures}.`
        : `For the record, against “${nameOf(d.against)}”: ${figures}.`,
    );
  }
  if (ceiling !== null) {
    sentences.push(
      `The planted signal’s known ceiling on these rows is ${ceiling.macroF1.toFixed(3)}; the model reaches ${(100 * ceiling.share).toFixed(0)} % of it (knowing volatility alone would give ${ceiling.floor.toFixed(3)}).`,
    );
  }
  if (test.earlierOpenings > 0) {
    sentences.push(
      `This test period is no longer unseen: ${test.earlierOpenings} other model${test.earlierOpenings === 1 ? ' was' : 's were'} judged on it before, so this figure is flattered by choice.`,
    );
  }
  sentences.push(
    synthetic
      ? 'The data is simulated with a planted signal: the result says that the machinery learns what is there, and nothing about a real market.'
      : 'One test period of one symbol, one seed; costs and execution are not in these figures. It is no promise of profit.',
  );
  return sentences;
}

const signed = (value: number): string => `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(3)}`;
