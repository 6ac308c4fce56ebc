import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Evaluation } from './report-data.ts';
import { differenceFixture, evaluationFixture } from './evaluation.fixture.ts';
import { verdictOf } from './verdict.ts';

type Interval = readonly [number, number];
const ABOVE: Interval = [0.01, 0.3];
const BELOW: Interval = [-0.3, -0.01];
const ACROSS: Interval = [-0.02, 0.1];
const FIGURE = 'macro-F1 0.500 (95 % interval 0.450 to 0.550)';

const trial = (
  against: { readonly logistic: Interval; readonly prior: Interval },
  changes: Omit<Partial<Evaluation>, 'test'> & { readonly test?: Partial<Evaluation['test']> } = {},
): readonly string[] =>
  verdictOf({
    ...evaluationFixture,
    differences: [
      { ...differenceFixture('logistic', 0.05), interval: against.logistic },
      { ...differenceFixture('prior', 0.2), interval: against.prior },
    ],
    ...changes,
    test: { ...evaluationFixture.test, ...changes.test },
  });

/** The model on trial knows this much about direction. */
const withDirection = (directionAucInterval: Interval): Pick<Evaluation, 'scores'> => ({
  scores: evaluationFixture.scores.map((score) => ({ ...score, directionAucInterval })),
});

describe('verdictOf', () => {
  it('claims a win only when every baseline is beaten beyond its interval', () => {
    const sentences = trial({ logistic: ABOVE, prior: ABOVE });
    assert.equal(sentences[0], `On this test the audited model beats every baseline: ${FIGURE}.`);
    assert.match(sentences[1]!, /^It tells rises from falls better than chance: AUC 0\.654/);
    assert.equal(
      sentences[2],
      'Better than “Logistic regression, last bar”: difference +0.050, 95 % interval +0.010 to +0.300.',
    );
    assert.match(sentences.at(-1)!, /It is no promise of profit\.$/);
  });

  it('says so when it cannot be told apart from one of them', () => {
    const sentences = trial({ logistic: ACROSS, prior: ABOVE });
    assert.match(
      sentences[0]!,
      /^On this test the audited model cannot be told apart from “Logistic regression, last bar” and beats “Class prior”: /,
    );
    assert.match(sentences[2]!, /^Not to be told apart from “Logistic.*interval −0\.020 to \+0\.100\.$/);
    assert.match(sentences[3]!, /^Better than “Class prior”/);
  });

  it('names the baseline that is better than the model', () => {
    const sentences = trial({ logistic: BELOW, prior: ABOVE });
    assert.match(
      sentences[0]!,
      /^On this test the audited model is worse than “Logistic regression, last bar” and beats “Class prior”:/,
    );
    assert.match(sentences[2]!, /^Worse than “Logistic/);
  });

  it('finds nothing where rises are not told from falls, however the baselines fare', () => {
    for (const logistic of [ABOVE, ACROSS, BELOW]) {
      const sentences = trial({ logistic, prior: ABOVE }, withDirection([0.45, 0.55]));
      assert.match(sentences[0]!, /^Nothing was found that could be traded on/);
      assert.match(sentences[1]!, /^It does not tell rises from falls/);
    }
    assert.match(
      trial({ logistic: ABOVE, prior: ABOVE }, withDirection([0.3, 0.45]))[1]!,
      /^It takes rises for falls/,
    );
  });

  it('puts every failure by its name above everything else', () => {
    const checks = [
      { name: 'purged splits', outcome: 'failed', detail: 'three labels reach over', comparisons: 9 },
    ] as const;
    const nulls = evaluationFixture.nulls.map((test) => ({ ...test, failed: true }));
    const sentences = trial({ logistic: ABOVE, prior: ABOVE }, { checks, nulls });
    assert.match(sentences[0]!, /^FAIL “purged splits”: three labels reach over\. No figure/);
    assert.match(
      sentences[1]!,
      /^FAIL “permuted labels, auditor”: macro-F1 0\.310 where chance gives 0\.300/,
    );
    assert.match(sentences[2]!, /^Not to be trusted: .* beats every baseline/);
    assert.ok(!sentences.some((sentence) => sentence.startsWith('Better than')));
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

  it('counts the models that had looked at the test before, and the trainings before this one', () => {
    const after = (earlierOpenings: number, before: number): string =>
      trial(
        { logistic: ABOVE, prior: ABOVE },
        { test: { earlierOpenings }, trials: { before, count: before + 1, compared: 1 } },
      ).join('\n');
    assert.doesNotMatch(after(0, 0), /unseen|came before/);
    assert.match(after(1, 1), /no longer unseen: 1 other model was judged on it before/);
    assert.match(after(1, 1), /1 training run on this data came before this one: the best of 2/);
    assert.match(after(3, 4), /no longer unseen: 3 other models were judged on it before/);
    assert.match(after(3, 4), /4 training runs on this data came before this one/);
  });

  it('knows a spread over ten seeds, and says that fewer do not give one', () => {
    const seeds = (n: number) =>
      Array.from({ length: n }, (_, seed) => ({
        ...evaluationFixture.seeds[0]!,
        seed,
        macroF1: 0.4 + seed / 100,
      }));
    const told = (n: number): string =>
      trial({ logistic: ABOVE, prior: ABOVE }, { seeds: seeds(n) }).join('\n');
    assert.match(told(1), /spread over seeds is not known: one seed was trained/);
    assert.match(told(9), /spread over seeds is not known: 9 seeds were trained/);
    assert.match(told(10), /Over 10 seeds macro-F1 runs from 0\.400 to 0\.490\./);
    const seedGains = [
      { against: 'Network', figure: 'macro-F1', mean: 0.02, interval: [0.01, 0.03], better: 9 },
    ] as const;
    const gains = (n: number): string =>
      trial({ logistic: ABOVE, prior: ABOVE }, { seeds: seeds(n), seedGains }).join('\n');
    assert.match(
      gains(10),
      /to “Network” over these seeds: macro-F1 \+0\.020 \(\+0\.010 to \+0\.030, better in 9\)\./,
    );
    assert.doesNotMatch(gains(9), /over these seeds/);
  });

  it('names what was not checked', () => {
    const checks = [
      { name: 'null tests', outcome: 'not made', detail: 'too few rows', comparisons: 0 },
    ] as const;
    assert.match(
      trial({ logistic: ABOVE, prior: ABOVE }, { checks }).join('\n'),
      /Not checked: null tests \(too few rows\)/,
    );
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
