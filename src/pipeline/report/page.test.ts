import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderReport } from './page.ts';
import type { Evaluation, ModelScore, Report } from './report-data.ts';

const score = (id: ModelScore['id'], name: string, macroF1: number): ModelScore => ({
  id,
  name,
  macroF1,
  macroF1Interval: [macroF1 - 0.0611, macroF1 + 0.0622],
  mcc: 0.1234,
  logLoss: 0.9876,
  brier: 0.5432,
  ece: 0.0321,
  classes: (['SELL', 'NEUTRAL', 'BUY'] as const).map((direction, k) => ({
    direction,
    precision: 0.51 + k / 100,
    recall: 0.61 + k / 100,
    f1: 0.5,
    support: 10,
  })),
  confusion: [
    [7, 2, 1],
    [111, 222, 333],
    [0, 0, 0],
  ],
  reliability: [{ confidence: 0.5, accuracy: 0.4, count: 12 }],
});

const evaluation: Evaluation = {
  runId: 'run-7',
  model: 'm@1',
  venue: 'bybit-linear',
  symbol: 'SIMUSDT',
  synthetic: true,
  label: { name: 'L', thresholdShort: -0.004, thresholdLong: 0.008, lookaheadMinutes: 60 },
  sequenceLength: 24,
  test: { fromMs: 0, toMs: 3_600_000, rows: 4_321, independentOutcomes: 72, earlierOpenings: 0 },
  scores: [score('audited', 'Audited model', 0.4567), score('prior', 'Class prior', 0.2346)],
  differences: [{ against: 'prior', macroF1: -0.0191, interval: [-0.0812, 0.0433] }],
  ceiling: { macroF1: 0.6543, logLoss: 0.8, floor: 0.3456, share: 0.698 },
  verdict: ['First sentence.', 'Second sentence.'],
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
    const { evaluation: read } = dataOf(hostile) as { evaluation: Evaluation };
    assert.equal(read.scores[0]!.name, name, 'the data arrive as they were');
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
    // Title twice; run, time, venue, symbol, model, two sentences, a curve, a fact's two halves, and a score's name twice.
    assert.equal(markup.split(safe).length - 1, 14);
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
    for (const shown of ['0.457', '0.396 – 0.519', '0.235', '0.123', '0.988', '0.543', '0.032']) {
      assert.ok(text.includes(shown), shown);
    }
    assert.ok(text.includes('−0.019 -0.081 – 0.043'), 'difference and its interval');
    assert.ok(text.includes('70 % oracle 0.654, volatility alone 0.346'), 'share of the ceiling');
    assert.ok(text.includes('4,321 about 72 independent outcomes'));
    assert.ok(text.includes('SELL 70 % 7 20 % 2 10 % 1'), 'confusion matrix by rows');
    assert.ok(text.includes('BUY 0 % 0 0 % 0 0 % 0'), 'a class that never came is no NaN');
    assert.ok(text.includes('below −0.4 % (SELL), above +0.8 % (BUY)'));
    assert.doesNotMatch(text, /NaN|undefined|Infinity/);
    assert.deepEqual(dataOf(page), {
      series: report.series,
      curves: report.curves,
      evaluation,
      shortestRun: 10,
    });
  });

  it('says that real data has no ceiling', () => {
    assert.match(
      markupOf(render({ ceiling: null, synthetic: false })),
      /Known ceiling.*real data has no oracle/s,
    );
  });
});
