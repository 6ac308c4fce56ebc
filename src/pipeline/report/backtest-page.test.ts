import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Backtest } from './backtest-data.ts';
import { draftFixture, figuresFixture, pageFixture } from './backtest.fixture.ts';
import { renderBacktest } from './backtest-page.ts';
import { type BacktestDraft, backtestVerdict } from './backtest-verdict.ts';
import type { Sweep } from './sweep-data.ts';
import { renderSweep, sweepVerdict } from './sweep-page.ts';

const verdict = (more: Partial<BacktestDraft> = {}): string =>
  backtestVerdict({ ...draftFixture, ...more }).join('\n');
const first = (more: Partial<BacktestDraft> = {}): string =>
  backtestVerdict({ ...draftFixture, ...more })[0]!;
const figures = (more: Partial<typeof figuresFixture>) => ({ figures: { ...figuresFixture, ...more } });

describe('backtestVerdict', () => {
  it('says first that few trades prove nothing, however much they earned', () => {
    assert.match(
      first(figures({ trades: 29, totalReturn: 3 })),
      /^This proves nothing: \+300\.0 % .* 29 closed/,
    );
    assert.match(
      first(figures({ trades: 0 })),
      /^This proves nothing: a position was opened and never closed/,
    );
    const idle = { ...draftFixture.costs, tradedNotional: 0 };
    assert.match(first({ ...figures({ trades: 0 }), costs: idle }), /not one trade was made/);
  });

  it('says that it loses after costs, and whether the costs did it', () => {
    assert.match(
      verdict(figures({ totalReturn: -0.1 })),
      /^It loses after costs: −10\.0 %.*\nBefore costs the same signals earned \+20\.0 %/,
    );
    const costs = { ...draftFixture.costs, returnBeforeCosts: -0.02 };
    assert.match(verdict({ ...figures({ totalReturn: -0.1 }), costs }), /Before costs too it loses/);
  });

  it('calls luck what trials or random trades explain', () => {
    assert.match(first(), /which cannot be told from luck/);
    const significance = { ...draftFixture.significance, deflatedSharpe: 0.99 };
    assert.match(first({ significance }), /cannot be told from luck/, 'random trades do as well');
    const [hold, random] = draftFixture.benchmarks;
    const benchmarks = [hold!, { ...random!, draws: { ...random!.draws!, pValue: 0.005 } }];
    assert.match(first({ significance, benchmarks }), /more than luck explains/);
  });

  it('puts what nobody pays before everything else', () => {
    assert.match(first({ costLabel: 'ZERO COST' }), /^ZERO COST: .*nothing below could be earned/);
    assert.match(first({ costLabel: 'NO FEES' }), /^NO FEES/);
  });

  it('tells where it breaks, what was opened, cut, refused and simulated', () => {
    assert.match(
      verdict(),
      /At costs × 2 it earns nothing any more\.\nBegun at another of 2 dates it loses in 1 cases/,
    );
    assert.match(verdict(), /nothing here is out of sample/);
    const told = verdict({
      model: 'm@1',
      earlierOpenings: 2,
      synthetic: true,
      costs: { ...draftFixture.costs, cutOrders: 3, refusedEntries: 4 },
      notes: ['A note.'],
    });
    for (const part of [
      /2 other models were judged/,
      /3 orders were larger/,
      /4 entries were refused/,
      /A note\./,
      /planted signal/,
    ])
      assert.match(told, part);
    assert.doesNotMatch(told, /out of sample/);
  });
});

const backtestOf = (more: Partial<BacktestDraft> = {}): Backtest => {
  const draft = { ...draftFixture, ...more };
  return { ...draft, verdict: backtestVerdict(draft) };
};
/** Without scripts and styles. */
const markupOf = (page: string): string => page.replaceAll(/<(script|style)[\s\S]*?<\/\1>/g, '');

describe('renderBacktest', () => {
  it('begins with the verdict, and has every figure, trade and setting', () => {
    const page = markupOf(renderBacktest(pageFixture(backtestOf())));
    assert.ok(page.indexOf('cannot be told from luck') < page.indexOf('class="card"'));
    for (const part of [
      '+12.3 %',
      '8.8 %',
      '−321.50',
      '12.00',
      '2025-01-01 01:00',
      'stop-loss',
      '93000.5',
      'takerFeeBps',
      '7.5 %',
    ])
      assert.ok(page.includes(part), part);
    assert.ok(!page.includes('NaN') && !page.includes('undefined'), 'no figure without a value');
  });

  it('labels simulated data and what nobody pays', () => {
    const page = markupOf(
      renderBacktest(pageFixture(backtestOf({ synthetic: true, costLabel: 'ZERO COST' }))),
    );
    assert.match(page, /<span class="badge">SYNTHETIC DATA<\/span>.*<span class="badge">ZERO COST<\/span>/s);
    assert.match(page, /Total return, zero cost/);
  });

  it('shows a dash for figures that do not exist, with the reason', () => {
    const none = Object.fromEntries(Object.keys(figuresFixture).map((name) => [name, null]));
    const empty = backtestOf({
      figures: { ...none, trades: 0 } as typeof figuresFixture,
      reasons: { profitFactor: 'no-closed-trades' },
      benchmarks: [],
      stress: { costs: [], delays: [], capacity: [], starts: [], paths: null },
      months: [],
    });
    const page = markupOf(renderBacktest({ ...pageFixture(empty), trades: [] }));
    assert.match(page, /does not exist: no closed trades/);
    assert.ok(!page.includes('NaN') && !page.includes('null'));
  });

  it('shows nothing of a name as markup, and lets no data end its script', () => {
    const evil = '</script><img src=x onerror=alert(1)>';
    const backtest = backtestOf({
      symbols: [evil],
      name: evil,
      venue: evil,
      notes: [evil],
      execution: [evil],
      runId: evil,
    });
    const page = renderBacktest({
      ...pageFixture(backtest),
      createdAt: evil,
      trades: [{ ...pageFixture(backtest).trades[0]!, symbol: evil, exitReason: evil }],
      prices: [{ symbol: evil, timeMs: [0], close: [1] }],
      settings: { evil },
    });
    assert.ok(!page.includes('<img'), 'escaped everywhere');
  });

  it('stays small with many trades and bars, and marks stand on points that are kept', () => {
    const page = pageFixture(backtestOf());
    const trades = Array.from({ length: 30_000 }, () => page.trades[0]!);
    assert.ok(renderBacktest({ ...page, trades }).length < 2_500_000);
    assert.match(renderBacktest({ ...page, trades }), /The first 2,000 of 30,000/);
  });
});

describe('a sweep', () => {
  const sets = [0.2, 1.9, -0.5].map((sharpe, i) => ({
    settings: { fast: 5 + i, rule: '<b>' },
    trades: 200,
    totalReturn: sharpe / 10,
    sharpe,
    maxDrawdown: 0.1,
    turnover: 30,
  }));
  const { runId, name, model, venue, symbols, interval, fromMs, toMs, bars, synthetic, costLabel, notes } =
    draftFixture;
  const draft: Omit<Sweep, 'verdict'> = {
    runId,
    name,
    model,
    venue,
    symbols,
    interval,
    fromMs,
    toMs,
    bars,
    synthetic,
    costLabel,
    notes,
    periodMs: 86_400_000,
    periods: 90,
    sets,
    skipped: 2,
    best: 1,
    expectedMaximumSharpe: 1.7,
    deflatedSharpe: 0.6,
    overfitting: null,
  };

  it('does not take the best of many for a find', () => {
    const [top = '', luck] = sweepVerdict(draft);
    assert.match(top, /^The best of 3 settings cannot be told from the luck of so many: Sharpe ratio 1\.90/);
    assert.match(luck!, /Luck alone gives the best of 3 a Sharpe ratio of 1\.70/);
    assert.match(sweepVerdict({ ...draft, deflatedSharpe: 0.99 })[0]!, /better than the luck/);
    const [worst, , last] = sets;
    const few = [worst!, { ...sets[1]!, trades: 3 }, last!];
    assert.match(sweepVerdict({ ...draft, sets: few })[0]!, /^This proves nothing/);
  });

  it('lists every setting, the best first', () => {
    const page = renderSweep({
      sweep: { ...draft, verdict: sweepVerdict(draft) },
      createdAt: 'now',
      settings: {},
    });
    const markup = markupOf(page);
    assert.ok(markup.includes('&lt;b&gt;') && !markup.includes('<b>&lt;'));
    const order = ['<th>6</th>', '<th>5</th>', '<th>7</th>'].map((cell) => markup.indexOf(cell));
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
  });
});
