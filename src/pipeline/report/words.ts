/** What a page calls the model on trial and its rows, and what can be said of that kind of model alone. */
import { type Evaluation, SEEDS_FOR_SPREAD } from './report-data.ts';

interface Words {
  readonly model: string;
  /** Rows of the test, many. */
  readonly rows: string;
  readonly window: string;
  /** Whose SELL and BUY are drawn on the price, and followed by positions. */
  readonly signals: string;
  readonly calibration: string;
  /** Why there are no prediction sets. */
  readonly noSets: string;
  /** How to learn the spread over seeds; HTML. */
  readonly seeds: string;
}

export const WORDS: Readonly<Record<Evaluation['kind'], Words>> = {
  audited: {
    model: 'audited model',
    rows: 'minutes',
    window: 'minute bars',
    signals: 'its decisions',
    calibration:
      'Calibration was fitted on development rows that neither the networks nor the auditor had seen; here it meets the test rows. Where both curves lie on each other, no calibration was better than none.',
    noSets: '',
    seeds: `Audit with <code>--seeds ${SEEDS_FOR_SPREAD}</code>.`,
  },
  micro: {
    model: 'MicroNet',
    rows: 'candles',
    window: 'candles, and the embedding of the day where it was taught with one',
    signals: 'adaptive thresholds on its score, as in replay',
    calibration:
      'A MicroNet’s probabilities are not calibrated: of classes they are its softmax with the class weights of the training taken out; a score is decided by adaptive thresholds, and becomes probabilities by logistic regression on the validation rows, which also chose the epoch.',
    noSets:
      'A MicroNet gives none: nothing of its history was left untouched for them. Its signals abstain between the thresholds instead.',
    seeds:
      'Train again with another <code>--seed</code>; <code>tidemark experiment</code> compares recipes over seeds.',
  },
};
