/** A MicroNet on its test period, one symbol at a time. */
import { microFigures } from '../candle-models/micro-figures.ts';
import { CandleModel } from '../candle-scoring/index.ts';
import { type Evaluation, type ScoreFigures, verdictOf } from '../report/index.ts';
import { recentBars } from './baselines.ts';
import { judgeModel, lookaheadRows, type ModelOnTrial, seriesOf } from './judge-model.ts';
import { microChecks } from './micro-checks.ts';
import { microCurves, microFacts, questionOf } from './micro-facts.ts';
import { type MicroJudges, microJudges } from './micro-judges.ts';
import { nullBoosting, type NullFindings, nullsOn } from './null-runs.ts';
import { type LabelRule, type OpenedMicro, type OpenedSymbol, openMicroTest } from './open-micro.ts';
import type { EvaluateRequest } from './open-test.ts';
import type { EvaluateOutcome } from './outcome.ts';
import { splitLane } from './splits.ts';
import { labelsAt, lastBars, thinned } from './test-rows.ts';

export async function evaluateMicro(request: EvaluateRequest): Promise<EvaluateOutcome> {
  const { dataDir, threads } = request.config;
  const model = await CandleModel.load(dataDir, request.model, { threads });
  try {
    const symbol = request.symbol ?? model.manifest.data.symbol;
    const opened = await openMicroTest(request, model, [symbol]);
    return await judge(request, model, opened);
  } finally {
    await model.release();
  }
}

async function judge(
  request: EvaluateRequest,
  model: CandleModel,
  opened: OpenedMicro,
): Promise<EvaluateOutcome> {
  const { manifest } = model;
  const { config, label } = opened;
  const own = opened.symbols[0]!;
  const { symbol, series, rows, period, earlierOpenings } = own;
  const judges = microJudges(model, own);
  const trial: ModelOnTrial = {
    manifest,
    modelSha256: model.sha256,
    config,
    venue: manifest.data.venue,
    symbol,
    synthetic: series.synthetic,
    label: labelFacts(label),
    rows,
    period,
    earlierOpenings,
    judges: [judges.model, ...judges.parts],
    seeds: [{ seed: manifest.seed, judge: judges.model }],
    traders: [{ seed: manifest.seed, judge: judges.adaptive }],
  };
  const common = await judgeModel(request, trial);
  const { nulls, checks } = await nullsOfCandles(request, trial);
  const draft = {
    ...common,
    kind: 'micro' as const,
    question: questionOf(label),
    predictionSets: null,
    scoreFigures: scoreFigures(model, own, judges),
    checks: [...(await microChecks(model, opened, own)), ...checks],
    nulls,
    splits: [
      splitLane(rows.data, 'MicroNet', [
        ['train', own.training],
        ['stopping', own.validation],
        ['test', rows.test],
      ]),
    ],
    ceiling: null,
  };
  return {
    evaluation: { ...draft, verdict: verdictOf(draft) },
    series: seriesOf(trial),
    curves: microCurves(manifest),
    facts: microFacts(model, opened),
    manifest,
    config,
  };
}

/** A threshold that is the same at all times is told as thresholds of bars are. */
function labelFacts({ name, lookaheadMinutes, rule }: LabelRule): Evaluation['label'] {
  const { kind, threshold } = rule;
  if (kind !== 'threshold') return { name, lookaheadMinutes };
  return { name, lookaheadMinutes, thresholdShort: -threshold, thresholdLong: threshold };
}

function scoreFigures(
  model: CandleModel,
  { rows, training }: OpenedSymbol,
  judges: MicroJudges,
): ScoreFigures {
  const { data, test } = rows;
  const { correlation, signals } = microFigures({
    output: model.manifest.output,
    answers: judges.answers,
    labels: labelsAt(data, test),
    returns: Float64Array.from(test, (position) => data.labels.futureReturn[data.rows[position]!]!),
    directions: judges.directions,
    trainLabels: labelsAt(data, training),
    classWeights: model.micro.description.training.classWeights,
    seed: model.manifest.seed,
  });
  return { correlation, signals };
}

/** Boosting on recent candles and logistic regression on the last: a network would take hours. */
async function nullsOfCandles(
  { signal }: EvaluateRequest,
  { config, manifest, rows, label }: ModelOnTrial,
): Promise<NullFindings> {
  const { data, development, test } = rows;
  const learned = thinned(development, config.evaluation.nullRows);
  const { featureNames } = data.bars;
  const recent = recentBars(data, manifest.sequenceLength);
  return await nullsOn({
    data,
    first: development[0]!,
    learned,
    judged: test,
    lookaheadRows: lookaheadRows(label, rows),
    inputs: () => [
      {
        name: 'boosting on candles',
        featureNames: recent.featureNames,
        learned: recent.columns(learned),
        judged: recent.columns(test),
        learner: nullBoosting(config),
      },
      {
        name: 'logistic',
        featureNames,
        learned: lastBars(data, learned),
        judged: lastBars(data, test),
        learner: 'logistic',
      },
    ],
    config,
    signal,
  });
}
