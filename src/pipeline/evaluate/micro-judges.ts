/** A MicroNet over rows of its test: its probabilities, the decisions made of them, and what adaptive thresholds say. */
import { CLASS_COUNT } from '../../domain/core/index.ts';
import { correctForClassWeights, macroF1Weights } from '../../domain/validation/index.ts';
import { predictLogistic, trainLogistic } from '../../learning/baselines/index.ts';
import {
  type CandleModel,
  type Directions,
  directionsOf,
  thresholdsFromMs,
} from '../candle-scoring/index.ts';
import type { OpenedSymbol } from './open-micro.ts';
import type { Judge } from './score.ts';
import { labelsAt } from './test-rows.ts';

export interface MicroJudges {
  /** The model: of classes decided as every judge is, of scores by adaptive thresholds. */
  readonly model: Judge;
  /** The same probabilities, decided by adaptive thresholds on the score, as in replay; of scores the model itself. */
  readonly adaptive: Judge;
  /** Those that are told beside the model: of classes the adaptive one, and the softmax as it was trained. */
  readonly parts: readonly Judge[];
  /** `[test × outputs]` as the network gives them. */
  readonly answers: Float64Array;
  /** `[test]` */
  readonly directions: Directions;
}

const UNWEIGHTED = [1, 1, 1] as const;

/**
 * The decision rule of classes is chosen on the validation rows, without their labels (decision 0008). A score varies too
 * little around its mean for weights on a grid to make anything of it; adaptive thresholds are what it was taught for.
 */
export function microJudges(model: CandleModel, opened: OpenedSymbol): MicroJudges {
  const { validation, rows } = opened;
  const [known, answers] = [answersAt(opened, validation), answersAt(opened, rows.test)];
  const probabilitiesOf = calibration(model, opened, known);
  const probabilities = probabilitiesOf(answers);
  const directions = testDirections(model, opened);
  const own = { id: 'micro', name: 'MicroNet', probabilities } as const;
  if (model.manifest.output === 'score') {
    const judge: Judge = { ...own, decision: directions.direction };
    return { model: judge, adaptive: judge, parts: [], answers, directions };
  }
  const adaptive: Judge = {
    id: 'adaptive',
    name: 'MicroNet by adaptive thresholds',
    probabilities,
    decision: directions.direction,
  };
  return {
    model: { ...own, decision: macroF1Weights(probabilitiesOf(known)) },
    adaptive,
    parts: [
      adaptive,
      { id: 'network', name: 'Network as trained', probabilities: answers, decision: UNWEIGHTED },
    ],
    answers,
    directions,
  };
}

/** `[positions × outputs]` as the network gives them. */
export function answersAt(
  { scores, firstScored, rows: { data } }: OpenedSymbol,
  positions: Int32Array,
): Float64Array {
  const given = scores.probabilities ?? scores.score;
  const outputs = scores.probabilities === null ? 1 : CLASS_COUNT;
  const answers = new Float64Array(positions.length * outputs);
  for (const [i, position] of positions.entries()) {
    const at = (data.rows[position]! - firstScored) * outputs;
    answers.set(given.subarray(at, at + outputs), i * outputs);
  }
  return answers;
}

/**
 * From answers to probabilities `[rows × 3]`. Of classes: the class weights of the training taken out, and nothing else. Of
 * scores: multinomial logistic regression of the label on the score over the validation rows.
 * Source: Platt, Probabilistic Outputs for Support Vector Machines (1999), here for three classes.
 */
function calibration(
  { manifest, micro }: CandleModel,
  { rows: { data }, validation }: OpenedSymbol,
  known: Float64Array,
): (answers: Float64Array) => Float64Array {
  if (manifest.output === 'classes') {
    const { classWeights } = micro.description.training;
    return (answers) => correctForClassWeights(answers, classWeights);
  }
  const fitted = trainLogistic({
    features: known,
    featureNames: ['score'],
    labels: labelsAt(data, validation),
    classes: CLASS_COUNT,
  });
  return (answers) => predictLogistic(fitted, answers);
}

/** `[test]`: thresholds that have remembered the scores before the test, those of candles without a label too. */
function testDirections({ manifest }: CandleModel, opened: OpenedSymbol): Directions {
  const { scores, firstScored, series, rows } = opened;
  const { adaptive } = manifest.thresholds;
  const fromMs = thresholdsFromMs(manifest.testFromMs, adaptive, series.intervalMs);
  const start = scores.openTimeMs.findIndex((ms) => ms >= fromMs);
  const { direction, ready } = directionsOf(scores.score.subarray(start), adaptive);
  const at = rows.test.map((position) => rows.data.rows[position]! - firstScored - start);
  return {
    direction: Int8Array.from(at, (i) => direction[i]!),
    ready: Uint8Array.from(at, (i) => ready[i]!),
  };
}
