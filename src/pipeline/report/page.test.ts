import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderReport } from './page.ts';
import { differenceFixture, evaluationFixture, scoreFixture } from './evaluation.fixture.ts';
import { chartData } from './chart-data.ts';
import type { Evaluation, Report } from './report-data.ts';

const evaluation: Evaluation = {
  ...evaluationFixture,
  synthetic: true,
  test: { ...evaluationFixture.test, rows: 4_321, independentOutcomes: 72 },
  scores: [scoreFixture('audited', 'Audited model', 0.4567), scoreFixture('prior', 'Class prior', 0.2346)],
  differences: [{ ...differenceFixture('prior', -0.0191), interval: [-0.0812, 0.0433] }],
  ceiling: { macroF1: 0.6543, logLoss: 0.8, floor: 0.3456, share: 0.698 },
};

const report: Report = {
  title: 'Trust report',
  createdAt: '2025-02-01T00:00:00Z',
  evaluation,
  series: { minuteMs: [0], close: [1.5], probabilities: [[0.2, 0.3, 0.5]], decisions: [2] },
  curves: [{ name: 'Training', epochs: [{ epoch: 1, trainLoss: 1, validationLoss: null, macroF1: null }] }],
  facts: [{ name: 'Model', value: 'm@1' }],
  config: { seed: 1 },
};

const render = (changes: Partial<Evaluation> = {}, rest: Partial<Report> = {}): string =>
  renderReport({ ...report, ...rest, evaluation: { ...evaluation, ...changes } });
/** The page without what its scripts and styles hold. */
const markupOf = (page: string): string => page.replaceAll(/(<(script|style)\b[^>]*>).*?(<\/\2>)/gs, '$1$3');
const dataOf = (page: string): unknown =>
  JSON.parse(/<script type="application\/json" id="report">(.*?)<\/script>/s.exec(page)![1]!);

describe('renderReport', () => {
  it('needs nothing from outside', () => {
    const page = render();
    assert.doesNotMatch(markupOf(page), /\b(src|href|srcset|action)\s*=|<(link|iframe|img|object|embed)\b/i);
    assert.doesNotMatch(page, /@import|url\(\s*["']?(https?:)?\/\//i);
    assert.doesNotMatch(page, /\bfetch\(|XMLHttpRequest|WebSocket|importScripts|\bimport\(/);
    assert.match(page, /LightweightCharts/);
    assert.match(page, /uPlot/);
  });

  it('closes every script where it should: four of them, whatever the data say', () => {
    const name = '</script><script>alert(1)</script><!--';
    const hostile = render({ scores: [{ ...evaluation.scores[0]!, name }], symbol: name, verdict: [name] });
    for (const page of [render(), hostile]) {
      assert.equal(page.match(/<script\b/g)?.length, 4);
      assert.equal(page.match(/<\/script>/g)?.length, 4);
    }
    const { judges } = dataOf(hostile) as ReturnType<typeof chartData>;
    assert.equal(judges[0]!.name, name, 'the data arrive as they were');
  });

  it('escapes every text that comes from elsewhere', () => {
    const evil = `<img src=x onerror="alert('1')">&`;
    const safe = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;';
    const page = render(
      {
        runId: evil,
        model: evil,
        venue: evil,
        symbol: evil,
        verdict: [evil, evil],
        scores: [{ ...evaluation.scores[0]!, name: evil }],
        checks: [{ ...evaluation.checks[0]!, name: evil, detail: evil }],
        nulls: [{ ...evaluation.nulls[0]!, name: evil }],
        slices: [{ ...evaluation.slices[0]!, name: evil }],
        splits: [{ ...evaluation.splits[0]!, name: evil }],
      },
      {
        title: evil,
        createdAt: evil,
        curves: [{ ...report.curves[0]!, name: evil }],
        facts: [{ name: evil, value: evil }],
        config: { evil: '<b>' },
      },
    );
    const markup = markupOf(page);
    assert.ok(!markup.includes('<img'));
    // Title twice; run, time, venue, symbol, model, two sentences, a curve, a fact's two halves; a score's name in its
    // four tables and the drawing of its interval; a check's two halves, a null and its drawing, a slice and its
    // drawing, a lane and its three blocks.
    assert.equal(markup.split(safe).length - 1, 12 + 5 + 2 + 2 + 2 + 4);
    assert.ok(!markup.includes('<b>"') && markup.includes('&lt;b&gt;'));
  });

  it('wears the SYNTHETIC badge exactly when the data is simulated', () => {
    assert.match(markupOf(render({ synthetic: true })), /SYNTHETIC DATA/);
    assert.doesNotMatch(markupOf(render({ synthetic: false })), /SYNTHETIC/i);
  });

  it('shows the numbers of the evaluation, and hands the same ones to the charts', () => {
    const page = render();
    const text = markupOf(page)
      .replaceAll(/<[^>]+>/g, ' ')
      .replaceAll(/\s+/g, ' ');
    for (const shown of ['0.457', '0.407 – 0.507', '0.235', '0.123', '0.988', '0.543', '0.032', '0.654']) {
      assert.ok(text.includes(shown), shown);
    }
    assert.ok(text.includes('−0.019 −0.081 – 0.043'), 'difference and its interval');
    assert.ok(text.includes('70 % oracle 0.654, volatility alone 0.346'), 'share of the ceiling');
    assert.ok(text.includes('4,321 about 72 independent outcomes'));
    assert.ok(text.includes('SELL 70 % 7 20 % 2 10 % 1'), 'confusion matrix by rows');
    assert.ok(text.includes('BUY 0 % 0 0 % 0 0 % 0'), 'a class that never came is no NaN');
    assert.ok(text.includes('below −0.4 % (SELL), above +0.8 % (BUY)'));
    assert.ok(
      text.includes('87.5 % 85.0 % – 91.0 % 90 % 0 % 50 % 42 % 8 % 120 2.0 % 55 % 40 % – 70 %'),
      'sets',
    );
    assert.ok(text.includes('purged splits pass 10 10 label ends'), 'a check');
    assert.ok(text.includes('permuted labels, auditor pass 0.310 0.300 +0.010'), 'a null test');
    assert.ok(text.includes('2025-01 6,000 100 0.500 0.450 – 0.550'), 'a slice');
    assert.ok(text.includes('Log return after costs 0.7 % 95 %: −1.0 % – 2.0 %'), 'the economic view');
    assert.doesNotMatch(text, /NaN|undefined|Infinity/);
    assert.deepEqual(dataOf(page), chartData({ ...report, evaluation }));
  });

  it('says which of the checks failed, in colour and in words', () => {
    const failed = evaluation.checks.map((check) => ({ ...check, outcome: 'failed' }) as const);
    const markup = markupOf(render({ checks: failed }));
    assert.match(markup, /class="verdict failed"/);
    assert.match(markup, /class="pill failed">FAIL</);
    assert.match(markup, /<b>1 of 2<\/b>/);
    assert.doesNotMatch(markupOf(render()), /class="verdict failed"|>FAIL</);
  });

  it('marks a test period that was opened before, on top of the page', () => {
    const reopened = render({ test: { ...evaluation.test, earlierOpenings: 1 } });
    assert.match(markupOf(reopened), /<h1>.*NO LONGER UNSEEN.*<\/h1>/);
    assert.doesNotMatch(markupOf(render()), /UNSEEN/);
  });

  it('says that the spread is not known below ten seeds, and shows it from ten on', () => {
    assert.match(markupOf(render()), /spread over seeds is <strong>not known<\/strong>: one seed was/);
    const seeds = Array.from({ length: 10 }, (_, seed) => ({ ...evaluation.seeds[0]!, seed }));
    const markup = markupOf(render({ seeds }));
    assert.doesNotMatch(markup, /not known<\/strong>: /);
    assert.match(markup, /standard deviation/);
  });

  it('survives a model that took no position and data without nulls', () => {
    const economics = { ...evaluation.economics, positions: 0, hitRatio: Number.NaN, sharpe: Number.NaN };
    const markup = markupOf(render({ economics, nulls: [] }));
    assert.match(markup, /No position would have been taken/);
    assert.doesNotMatch(markup, /NaN|undefined|Null tests</);
  });

  it('stays small: long series are thinned, and marks stand on points that are kept', () => {
    const rows = 150_000;
    const long = {
      minuteMs: Array.from({ length: rows }, (_, i) => i * 60_000),
      close: Array.from({ length: rows }, (_, i) => 1.23456789 + i / 3e6),
      probabilities: Array.from({ length: rows }, (_, i) => [1 / (3 + (i % 7)), 0.3, 0.2] as const),
      decisions: Array.from({ length: rows }, (_, i) => Math.floor(i / 503) % 3),
    };
    const page = renderReport({ ...report, series: long, evaluation });
    assert.ok(page.length < 1_500_000, `${page.length}`);
    const { price } = dataOf(page) as ReturnType<typeof chartData>;
    assert.ok(price.time.length <= 6000);
    const kept = new Set(price.time);
    assert.ok(price.marks.length > 150 && price.marks.every(({ time }) => kept.has(time)));
  });

  it('says that real data has no ceiling', () => {
    assert.match(
      markupOf(render({ ceiling: null, synthetic: false })),
      /Known ceiling.*real data has no oracle/s,
    );
  });

  it('has the words of a MicroNet, what its score is worth, and no prediction sets', () => {
    const page = render({
      kind: 'micro',
      rowMinutes: 5,
      question: 'will it <rise>?',
      scores: [scoreFixture('micro', 'MicroNet', 0.4567), scoreFixture('prior', 'Class prior', 0.2346)],
      predictionSets: null,
      nulls: [],
      scoreFigures: {
        correlation: { estimate: 0.0123, lower: -0.0345, upper: 0.0678 },
        signals: { decisions: 9_876, signals: 2_345, hitRatio: 0.512, precision: 0.234, recall: 0.345 },
      },
    });
    const text = markupOf(page)
      .replaceAll(/<[^>]+>/g, ' ')
      .replaceAll(/\s+/g, ' ');
    for (const shown of [
      'at the close of every candle of 5 minutes: will it &lt;rise&gt;? Input: the last 24 candles',
      'Macro-F1, MicroNet 0.457',
      'The MicroNet on parts of the test rows',
      '0.012 −0.035 – 0.068 9,876 2,345 51.2 % 23.4 % 34.5 %',
      'Prediction sets A MicroNet gives none',
    ]) {
      assert.ok(text.includes(shown), shown);
    }
    assert.doesNotMatch(text, /audit|NaN|undefined/i);
    assert.deepEqual(
      (dataOf(page) as ReturnType<typeof chartData>).judges.map(({ id }) => id),
      ['micro'],
    );
  });
});
