import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DifferenceOutcome, ExperimentResult, TestedDifference } from './experiment-data.ts';
import { renderExperiment } from './experiment-page.ts';
import { experimentVerdict } from './experiment-verdict.ts';

const DAY_MS = 86_400_000;
const FROM_MS = 1_735_689_600_000;

function difference(outcome: DifferenceOutcome, more: Partial<TestedDifference> = {}): TestedDifference {
  return {
    metric: 'hitRatio',
    scope: 'all symbols',
    isPooled: true,
    better: 'higher',
    treatment: { estimate: 0.546, lower: 0.53, upper: 0.56 },
    control: { estimate: 0.506, lower: 0.5, upper: 0.51 },
    margin: 0.025,
    estimate: 0.04,
    lower: 0.027,
    upper: 0.052,
    pValue: 0.001,
    adjustedPValue: 0.018,
    outcome,
    seeds: [0.03, 0.05, -0.01],
    ...more,
  };
}

function result(more: Partial<ExperimentResult> = {}): ExperimentResult {
  const standing = {
    id: 'a',
    name: 'treatment',
    note: '',
    hitRatio: 0.546,
    precision: 0.36,
    signalShare: 0.3,
    tradesPerDay: 27.2,
    sharpe: 1.5,
    grossSharpe: 2.5,
    netReturn: 0.12,
    grossReturn: 0.15,
    maxDrawdown: 0.05,
  };
  return {
    runId: 'experiment-1',
    experiment: 'e1',
    title: 'E1',
    hypothesis: 'It helps.',
    criterion: '+5 %',
    reading: 'a twentieth',
    venue: 'binance-usdm',
    symbols: ['A', 'B'],
    interval: '5m',
    synthetic: false,
    market: 'stored candles',
    treatment: 'with',
    control: 'without',
    seeds: [1, 2, 3],
    folds: [
      {
        stoppingStartMs: FROM_MS - DAY_MS,
        validationStartMs: FROM_MS,
        validationEndMs: FROM_MS + 3 * DAY_MS,
      },
    ],
    days: 3,
    judgedRows: 1728,
    costBps: 5.5,
    embargoMinutes: 0,
    blockDays: 7,
    replicates: 2000,
    familySize: 18,
    family: 'E1, E2, E3, E4',
    differences: [difference('criterion met')],
    standings: [standing, { ...standing, id: 'b', name: 'control', hitRatio: Number.NaN }],
    dayMs: [0, 1, 2].map((day) => FROM_MS + day * DAY_MS),
    lines: [
      { id: 'a', name: 'with', cumulative: [0.01, 0.02, 0.015] },
      { id: 'b', name: 'without', cumulative: [0, -0.01, -0.02] },
    ],
    trainings: { made: 45, reused: 0 },
    trials: { recorded: 10, deflatedSharpe: 0.4 },
    ...more,
  };
}

describe('an experiment’s verdict', () => {
  it('says in words which of the five outcomes it is', () => {
    const first = (...differences: TestedDifference[]): string =>
      experimentVerdict(result({ differences }))[0]!;
    assert.match(first(difference('criterion met')), /^The criterion is met/);
    assert.match(first(difference('effect below the criterion')), /^There is an effect, smaller/);
    assert.match(first(difference('opposite effect')), /^The control is ahead/);
    assert.match(first(difference('no effect found')), /^No effect found/);
    assert.match(first(difference('cannot be concluded')), /^Cannot be concluded/);
    const both = first(difference('criterion met'), difference('no effect found', { metric: 'precision' }));
    assert.match(both, /not met as a whole.*Hit ratio: criterion met; precision of signals: no effect found/);
  });

  it('goes by all symbols together, and tells each one', () => {
    const single = difference('cannot be concluded', { scope: 'A', isPooled: false, lower: -0.01 });
    const verdict = experimentVerdict(result({ differences: [difference('criterion met'), single] }));
    assert.match(verdict[0]!, /^The criterion is met/);
    assert.ok(
      verdict.some((sentence) =>
        /^Hit ratio, A: .*holds both no difference and one of 2.5 points/.test(sentence),
      ),
    );
    assert.ok(verdict.some((sentence) => /hit ratio 2 of 3/.test(sentence)));
  });

  it('says when both lose money, and what kind of data it was', () => {
    const losing = result().standings.map(({ ...each }) => Object.assign(each, { sharpe: -20 }));
    const verdict = experimentVerdict(result({ standings: losing, synthetic: true })).join('\n');
    assert.match(verdict, /Both lose money after costs/);
    assert.match(verdict, /nothing about a real market/);
    assert.match(experimentVerdict(result()).at(-1)!, /no promise of profit/);
  });
});

describe('an experiment’s page', () => {
  it('is whole, needs nothing from outside, and marks generated data', () => {
    const page = (synthetic: boolean): string =>
      renderExperiment({
        result: result({ synthetic, treatment: '<b>evil</b>' }),
        verdict: ['Done.'],
        createdAt: '2025-01-01',
        facts: [{ name: 'Market', value: 'stored' }],
        config: {},
      });
    assert.doesNotMatch(page(false), /SYNTHETIC|NaN|undefined|<b>evil|src=|href=|<script/);
    assert.match(page(true), /SYNTHETIC DATA/);
    for (const part of [
      '54.6 %',
      '+4.0 points',
      '0.018',
      'criterion met',
      '<polyline',
      'fold 1: 2025-01-01',
    ]) {
      assert.ok(page(false).includes(part), part);
    }
  });
});
