import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../domain/core/index.ts';
import { type Judge, judgeRows, verdictOf } from './judge.ts';
import type { Evaluation, ModelScore } from './report/index.ts';

const ROWS = 600;
const RESAMPLING = { expectedBlockRows: 5, replicates: 200, seed: 1 };

/** Labels that stay for a while, and a judge that is right in a share of the rows. */
const labels = Int8Array.from({ length: ROWS }, (_, row) => Math.floor(row / 7) % 3);
function judgeOf(id: ModelScore['id'], rightShare: number): Judge {
  const random = Random.fromSeed(3);
  const probabilities = new Float64Array(ROWS * 3).fill(0.1);
  labels.forEach((label, row) => {
    const said = random.uniform() < rightShare ? label : (label + 1) % 3;
    probabilities[row * 3 + said] = 0.8;
  });
  return { id, name: id, probabilities };
}

describe('judgeRows', () => {
  const judges = [judgeOf('audited', 0.7), judgeOf('base', 0.7), judgeOf('prior', 0.3)];
  const { scores, differences } = judgeRows(judges, labels, RESAMPLING);

  it('scores each judge on the same rows, inside its own interval', () => {
    assert.deepEqual(
      scores.map((score) => score.id),
      ['audited', 'base', 'prior'],
    );
    for (const { macroF1, macroF1Interval, confusion, classes } of scores) {
      assert.ok(macroF1Interval[0] < macroF1 && macroF1 < macroF1Interval[1]);
      assert.deepEqual(
        confusion.map((row) => row.reduce((a, b) => a + b, 0)),
        classes.map((score) => score.support),
      );
      assert.deepEqual(
        classes.map((score) => score.direction),
        ['SELL', 'NEUTRAL', 'BUY'],
      );
    }
  });

  it('compares the first judge with each other one: nothing with its twin, much with a worse one', () => {
    assert.deepEqual(differences[0], { against: 'base', macroF1: 0, interval: [0, 0] });
    const [, worse] = differences;
    assert.equal(worse?.against, 'prior');
    assert.equal(worse.macroF1, scores[0]!.macroF1 - scores[2]!.macroF1);
    assert.ok(worse.interval[0] > 0.2);
  });

  it('repeats with the seed', () => {
    assert.deepEqual(judgeRows(judges, labels, RESAMPLING), { scores, differences });
    assert.notDeepEqual(
      judgeRows(judges, labels, { ...RESAMPLING, seed: 2 }).scores[0]!.macroF1Interval,
      scores[0]!.macroF1Interval,
    );
  });
});

describe('verdictOf', () => {
  const score = (id: ModelScore['id'], name: string, macroF1: number): ModelScore => ({
    id,
    name,
    macroF1,
    macroF1Interval: [macroF1 - 0.05, macroF1 + 0.05],
    mcc: 0,
    logLoss: 1,
    brier: 0.5,
    ece: 0.1,
    classes: [],
    confusion: [],
    reliability: [],
  });
  type Interval = readonly [number, number];
  const trial = (
    against: { readonly logistic: Interval; readonly prior: Interval },
    changes: Omit<Partial<Evaluation>, 'test'> & { readonly test?: Partial<Evaluation['test']> } = {},
  ): readonly string[] =>
    verdictOf({
      runId: 'run',
      model: 'm@1',
      venue: 'bybit-linear',
      symbol: 'SIMUSDT',
      synthetic: false,
      label: { name: 'L', thresholdShort: -0.004, thresholdLong: 0.008, lookaheadMinutes: 60 },
      sequenceLength: 24,
      scores: [
        score('audited', 'Audited model', 0.5),
        score('logistic', 'Logistic regression, last bar', 0.45),
        score('prior', 'Class prior', 0.3),
      ],
      differences: [
        { against: 'logistic', macroF1: 0.05, interval: against.logistic },
        { against: 'prior', macroF1: 0.2, interval: against.prior },
      ],
      ceiling: null,
      ...changes,
      test: {
        fromMs: 0,
        toMs: 1,
        rows: 6_000,
        independentOutcomes: 100,
        earlierOpenings: 0,
        ...changes.test,
      },
    });
  const ABOVE: Interval = [0.01, 0.3];
  const BELOW: Interval = [-0.3, -0.01];
  const ACROSS: Interval = [-0.02, 0.1];
  const FIGURE = 'macro-F1 0.500 (95 % interval 0.450 to 0.550)';

  it('claims a win only when every baseline is beaten beyond its interval', () => {
    const sentences = trial({ logistic: ABOVE, prior: ABOVE });
    assert.equal(sentences[0], `On this test the audited model beats every baseline: ${FIGURE}.`);
    assert.equal(
      sentences[1],
      'Better than “Logistic regression, last bar”: difference +0.050, 95 % interval +0.010 to +0.300.',
    );
    assert.match(sentences.at(-1)!, /It is no promise of profit\.$/);
  });

  it('says so when it cannot be told apart from one of them', () => {
    const sentences = trial({ logistic: ACROSS, prior: ABOVE });
    assert.match(sentences[0]!, /^On this test the audited model cannot be told apart from its baselines/);
    assert.match(sentences[1]!, /^Not to be told apart from “Logistic.*interval −0\.020 to \+0\.100\.$/);
    assert.match(sentences[2]!, /^Better than “Class prior”/);
  });

  it('names the baseline that is better than the model', () => {
    const sentences = trial({ logistic: BELOW, prior: ABOVE });
    assert.match(
      sentences[0]!,
      /^On this test the audited model is worse than Logistic regression, last bar:/,
    );
    assert.match(sentences[1]!, /^Worse than “Logistic/);
  });

  it('concludes nothing from too few outcomes, however good the figures look', () => {
    for (const [independentOutcomes, proves] of [
      [29, false],
      [30, true],
    ] as const) {
      const sentences = trial({ logistic: ABOVE, prior: ABOVE }, { test: { independentOutcomes } });
      const claims = sentences.filter((sentence) => /beats|Better than|Worse than/.test(sentence));
      assert.equal(claims.length > 0, proves);
      assert.equal(sentences[0]!.startsWith('This test proves nothing: it holds about 29'), !proves);
      assert.ok(sentences[0]!.includes(FIGURE), 'the figure is told all the same');
    }
  });

  it('counts the models that had looked at the test before', () => {
    const after = (earlierOpenings: number): string =>
      trial({ logistic: ABOVE, prior: ABOVE }, { test: { earlierOpenings } }).join('\n');
    assert.doesNotMatch(after(0), /unseen/);
    assert.match(after(1), /no longer unseen: 1 other model was judged on it before/);
    assert.match(after(3), /no longer unseen: 3 other models were judged on it before/);
  });

  it('holds simulated data against its ceiling and says what that is worth', () => {
    const ceiling = { macroF1: 0.625, logLoss: 0.8, floor: 0.375, share: 0.8 };
    const sentences = trial({ logistic: ABOVE, prior: ABOVE }, { synthetic: true, ceiling });
    assert.match(
      sentences.join('\n'),
      /known ceiling on these rows is 0\.625; the model reaches 80 % of it .*0\.375/,
    );
    assert.match(sentences.at(-1)!, /^The data is simulated .* nothing about a real market\.$/);
  });
});
