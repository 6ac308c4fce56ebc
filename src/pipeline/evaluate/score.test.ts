import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CLASS_WEIGHTS, Random } from '../../domain/core/index.ts';
import type { ModelScore } from '../report/index.ts';
import { type Judge, judgeRows } from './score.ts';

const ROWS = 600;
const RESAMPLING = { expectedBlockRows: 5, replicates: 200, seed: 1 };

/** Labels that stay for a while, and a judge that is right in a share of the rows. */
const labels = Int8Array.from({ length: ROWS }, (_, row) => Math.floor(row / 7) % 3);
const truth = { labels, moves: labels };
function judgeOf(id: ModelScore['id'], rightShare: number): Judge {
  const random = Random.fromSeed(3);
  const probabilities = new Float64Array(ROWS * 3).fill(0.1);
  labels.forEach((label, row) => {
    const said = random.uniform() < rightShare ? label : (label + 1) % 3;
    probabilities[row * 3 + said] = 0.8;
  });
  return { id, name: id, probabilities, decision: CLASS_WEIGHTS };
}

describe('judgeRows', () => {
  const judges = [judgeOf('audited', 0.7), judgeOf('base', 0.7), judgeOf('prior', 0.3)];
  const { scores, differences } = judgeRows(judges, truth, RESAMPLING);

  it('scores each judge on the same rows, every figure inside its own interval', () => {
    assert.deepEqual(
      scores.map((score) => score.id),
      ['audited', 'base', 'prior'],
    );
    for (const score of scores) {
      for (const figure of ['macroF1', 'mcc', 'logLoss', 'brier', 'ece', 'directionAuc'] as const) {
        const [low, high] = score[`${figure}Interval`];
        assert.ok(low < score[figure] && score[figure] < high, `${score.id} ${figure}`);
      }
      assert.deepEqual(
        score.confusion.map((row) => row.reduce((a, b) => a + b, 0)),
        score.classes.map(({ support }) => support),
      );
      assert.deepEqual(
        score.classes.map(({ direction }) => direction),
        ['SELL', 'NEUTRAL', 'BUY'],
      );
    }
    assert.ok(scores[0]!.directionAuc > scores[2]!.directionAuc);
  });

  it('compares the first judge with each other one: nothing with its twin, much with a worse one', () => {
    assert.deepEqual(differences[0], {
      against: 'base',
      macroF1: 0,
      interval: [0, 0],
      logLoss: 0,
      logLossInterval: [0, 0],
      ece: 0,
      eceInterval: [0, 0],
    });
    const [, worse] = differences;
    assert.equal(worse?.against, 'prior');
    assert.equal(worse.macroF1, scores[0]!.macroF1 - scores[2]!.macroF1);
    assert.ok(worse.interval[0] > 0.2);
    assert.equal(worse.logLoss.toFixed(9), (scores[0]!.logLoss - scores[2]!.logLoss).toFixed(9));
    assert.ok(worse.logLossInterval[1] < 0 && worse.logLossInterval[0] < worse.logLoss);
    assert.equal(worse.ece.toFixed(9), (scores[0]!.ece - scores[2]!.ece).toFixed(9));
  });

  it('takes the decisions of a judge that decides by itself', () => {
    const decision = labels.slice();
    const [own] = judgeRows([{ ...judgeOf('persistence', 0.3), decision }], truth, RESAMPLING).scores;
    assert.equal(own!.macroF1, 1);
  });

  it('repeats with the seed', () => {
    assert.deepEqual(judgeRows(judges, truth, RESAMPLING), { scores, differences });
    assert.notDeepEqual(
      judgeRows(judges, truth, { ...RESAMPLING, seed: 2 }).scores[0]!.macroF1Interval,
      scores[0]!.macroF1Interval,
    );
  });
});
