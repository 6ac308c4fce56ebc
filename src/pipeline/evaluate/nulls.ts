/**
 * What the machinery finds where there is nothing to be found: the cheap learners retrained on null labels, and judged
 * on null labels of the test rows. Their decisions are held against chance: the macro-F1 of decisions of the same shares
 * that know nothing of the truth.
 */
import { CLASS_COUNT, Random } from '../../domain/core/index.ts';
import { classTotals, confusionMatrix, macroF1 } from '../../domain/math/index.ts';
import { decide } from '../../domain/validation/index.ts';
import { predictLogistic, trainLogistic } from '../../learning/baselines/index.ts';
import { predictBoosting, trainBoosting } from '../../learning/boosting/index.ts';
import type { BoostingParameters } from '../../learning/boosting/index.ts';
import type { NullTest } from '../report/index.ts';
import { permutedLabels, shiftedLabels } from './null-labels.ts';
import { meanOfDraws } from './student.ts';

/** One view of the rows. */
export interface NullInput {
  readonly name: string;
  readonly featureNames: readonly string[];
  /** `[learned × features]` and `[judged × features]`. */
  readonly learned: Float64Array;
  readonly judged: Float64Array;
  readonly learner: 'logistic' | Partial<BoostingParameters>;
}

export interface NullRows {
  /** Labels of every row from the first that is learned to the last that is judged, in order of time, none left out. */
  readonly labels: Int8Array;
  /** Places in `labels`. */
  readonly learned: Int32Array;
  readonly judged: Int32Array;
  readonly lookaheadRows: number;
}

export interface NullPlan {
  readonly draws: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

const KINDS = ['permuted', 'shifted'] as const;

/** All nulls of a page together raise a false alarm at most this often. */
export const FALSE_ALARMS = 0.025;

export async function nullTests(
  rows: NullRows,
  inputs: readonly NullInput[],
  { draws, seed, signal }: NullPlan,
): Promise<readonly NullTest[]> {
  const tests: NullTest[] = [];
  for (const kind of KINDS) {
    const random = Random.fromLabel(seed, `null-labels-${kind}`);
    const figures = inputs.map((): { macroF1: number; chance: number }[] => []);
    for (let draw = 0; draw < draws; draw++) {
      const labels =
        kind === 'permuted'
          ? permutedLabels(rows.labels, rows.lookaheadRows, random)
          : shiftedLabels(rows.labels, rows.lookaheadRows, { random, draw, draws });
      const truth = Int8Array.from(rows.judged, (place) => labels[place]!);
      const known = Int8Array.from(rows.learned, (place) => labels[place]!);
      for (const [i, input] of inputs.entries()) {
        signal.throwIfAborted();
        const decisions = decide(await predictions(input, known, { seed: seed + draw, signal }));
        const confusion = confusionMatrix(truth, decisions, CLASS_COUNT);
        figures[i]!.push({ macroF1: macroF1(confusion, CLASS_COUNT), chance: chanceMacroF1(confusion) });
      }
    }
    const alarm = FALSE_ALARMS / (KINDS.length * inputs.length);
    tests.push(...inputs.map(({ name }, i) => summary({ labels: kind, model: name, alarm }, figures[i]!)));
  }
  return tests;
}

async function predictions(
  { featureNames, learned, judged, learner }: NullInput,
  labels: Int8Array,
  { seed, signal }: { readonly seed: number; readonly signal: AbortSignal },
): Promise<Float64Array> {
  const training = { features: learned, featureNames, labels };
  if (learner === 'logistic') {
    return predictLogistic(trainLogistic({ ...training, classes: CLASS_COUNT }), judged);
  }
  return predictBoosting(await trainBoosting({ ...training, parameters: learner, seed, signal }), judged);
}

/** Macro-F1 to be expected of decisions with the same counts that are independent of the truth. */
export function chanceMacroF1(confusion: Int32Array): number {
  const totals = Array.from({ length: CLASS_COUNT }, (_, k) => classTotals(confusion, CLASS_COUNT, k));
  const rows = totals.reduce((sum, { truths }) => sum + truths, 0);
  const independent = Float64Array.from(
    totals.flatMap(({ truths }) => totals.map(({ predictions: decided }) => (truths * decided) / rows)),
  );
  return macroF1(independent, CLASS_COUNT);
}

function summary(
  {
    labels,
    model,
    alarm,
  }: Pick<NullTest, 'labels' | 'model'> & { /** Below this p it fails. */ readonly alarm: number },
  draws: readonly { readonly macroF1: number; readonly chance: number }[],
): NullTest {
  const { mean, lower, upper, pValue } = meanOfDraws(draws.map((draw) => draw.macroF1 - draw.chance));
  const meanOf = (of: (draw: (typeof draws)[number]) => number): number =>
    draws.reduce((sum, draw) => sum + of(draw), 0) / draws.length;
  return {
    name: `${labels} labels, ${model}`,
    labels,
    model,
    draws: draws.length,
    macroF1: meanOf((draw) => draw.macroF1),
    chance: meanOf((draw) => draw.chance),
    difference: mean,
    interval: [lower, upper],
    pValue,
    failed: pValue < alarm,
  };
}
