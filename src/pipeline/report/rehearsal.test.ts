import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rehearsalChartData } from './rehearsal-charts.ts';
import type { RehearsalFigures, RehearsalResult } from './rehearsal-data.ts';
import { renderRehearsal } from './rehearsal-page.ts';
import { rehearsalFigures, rehearsalFixture } from './rehearsal.fixture.ts';
import { rehearsalVerdict } from './rehearsal-verdict.ts';

const verdictOf = (
  figures: Partial<RehearsalFigures>,
  rest: Partial<RehearsalResult> = {},
): readonly string[] =>
  rehearsalVerdict({ ...rehearsalFixture, ...rest, figures: { ...rehearsalFigures, ...figures } });
const headline = (figures: Partial<RehearsalFigures>): string => verdictOf(figures)[0]!;

describe('rehearsalVerdict', () => {
  it('says nothing was found where signals are like chance and an advantage worth having is excluded', () => {
    assert.equal(
      headline({}),
      'Nothing found: the signals were no better than chance, and lost money after costs, on these 60 days.',
    );
  });

  it('claims neither what is too little nor what was learned by heart', () => {
    assert.match(headline({ excessInterval: [-0.01, 0.03] }), /^Cannot be concluded whether/);
    assert.match(headline({ days: 29 }), /^Cannot be concluded: 29 days/);
    assert.match(headline({ excessInterval: null }), /^Cannot be concluded: .* too few signals/);
    assert.match(headline({ days: 0 }), /^Nothing can be concluded: the model has learned from every day/);
  });

  it('tells an advantage of the signals from one of the account', () => {
    const better = { excessInterval: [0.01, 0.03] } as const;
    assert.match(headline(better), /better than chance, and lost money after costs/);
    assert.match(
      headline({ ...better, meanDailyInterval: [-0.001, 0.002] }),
      /cannot be told to have earned/,
    );
    assert.match(headline({ ...better, meanDailyInterval: [0.001, 0.002] }), /earned money after costs/);
    assert.match(headline({ excessInterval: [-0.03, -0.01] }), /worse than chance/);
  });

  it('says what it rests on', () => {
    const all = verdictOf({}).join('\n');
    assert.match(all, /Of 5,040 signals 50\.4 % .* difference −1\.0 to \+1\.5 points/);
    assert.match(
      all,
      /−35\.0 bps after costs \(95 % interval −40\.0 bps to −30\.0 bps\) and 1\.0 bps before/,
    );
    assert.match(all, /2 days lie in the time .* marked/);
    assert.match(all, /called for a retraining once; none was done/);
    assert.doesNotMatch(all, /judged on these days before|generated/);
    const others = verdictOf({}, { earlierOpenings: 2, synthetic: true, mode: 'policy' }).join('\n');
    assert.match(others, /2 other models were judged .*\n.*generated/);
    assert.match(others, /a retraining once, too near to the time that the model knew; none was done/);
    const [row] = rehearsalFixture.retrainings;
    const taught = verdictOf({}, { mode: 'policy', retrainings: [row!, { ...row!, model: 'hours-2@1' }] });
    assert.match(taught.join('\n'), /taught again once, .* called for it once more/);
  });
});

describe('renderRehearsal', () => {
  const page = renderRehearsal({
    result: rehearsalFixture,
    verdict: rehearsalVerdict(rehearsalFixture),
    createdAt: '2026-01-01T00:00:00Z',
    facts: [{ name: 'Model', value: 'hours@1' }],
    settings: { costs: 1 },
  });
  const markup = page.replaceAll(/(<(script|style)\b[^>]*>).*?(<\/\2>)/gs, '$1$3');

  it('needs nothing from outside, and takes names for text', () => {
    assert.doesNotMatch(markup, /\b(src|href|srcset|action)\s*=|<(link|iframe|img|object|embed)\b/i);
    assert.doesNotMatch(markup, /<b>NEAR/);
    assert.match(markup, /&lt;b&gt;NEAR/);
  });

  it('begins with the verdict, marks training, and shows what the policy called for', () => {
    assert.match(markup, /PARTLY IN TRAINING/);
    assert.ok(markup.indexOf('Nothing found') < markup.indexOf('class="cards"'));
    assert.match(markup, /2025-03-04<\/th><td class="text">BTCUSDT: served 4 of 4 days<\/td><td>noted alone/);
    assert.match(markup, /2 days in training/);
    for (const id of ['equity', 'daily', 'rate-1', 'thresholds-1', 'embedding-1', 'scores-1'])
      assert.match(markup, new RegExp(`id="${id}"`));
  });

  it('draws all symbols together, stretches in training and marks', () => {
    const { training, marks, net, symbols, time } = rehearsalChartData(rehearsalFixture);
    assert.deepEqual(training, [[time[0], time[1]]]);
    assert.deepEqual(marks, [time[3]]);
    assert.ok(Math.abs(net.at(-1)! - 100 * (0.997 ** 5 - 1)) < 1e-4);
    assert.deepEqual([symbols.length, symbols[0]!.sellBelow[3], symbols[0]!.step[0]], [2, null, null]);
  });
});
