import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY_MS, isoDay } from '../../domain/core/index.ts';
import { renderQualityPage } from './quality-page.ts';
import type { DayCoverage, QualityReport } from './quality-report.ts';

const DAY = Date.UTC(2025, 0, 1);
const facts = { runId: 'check-data-1', createdAt: '2025-03-01T00:00:00Z', codeVersion: '1.2.3' };

function reportOf(days: number, given: Partial<QualityReport> = {}): QualityReport {
  const byDay = Array.from({ length: days }, (_, i): DayCoverage => ({
    day: isoDay(DAY + i * DAY_MS),
    present: 1_440,
    complete: 1_440,
    usable: 1_440,
    completeByHour: new Array<number>(24).fill(60),
    file: 'good',
  }));
  const minutes = days * 1_440;
  return {
    venue: 'bybit-linear',
    symbol: 'X<Y',
    synthetic: false,
    from: byDay[0]!.day,
    to: byDay.at(-1)!.day,
    folder: '/data/bars',
    errors: 0,
    warnings: 0,
    notes: 0,
    verdict: ['Sound.', 'Second & last.'],
    findings: [],
    coverage: {
      days,
      files: days,
      minutes,
      present: minutes,
      complete: minutes,
      usable: minutes,
      seams: days - 1,
      joinedSeams: days - 1,
      byDay,
    },
    depth: null,
    gaps: [],
    drift: [],
    ingests: [],
    ...given,
  };
}

describe('quality page', () => {
  const cells = (html: string): number => html.match(/<rect [^>]*class="s\d"/g)?.length ?? 0;
  /** Shades in the legend. */
  const LEGEND = 6;

  it('needs nothing from outside and runs nothing', () => {
    const html = renderQualityPage(reportOf(3), facts);
    assert.doesNotMatch(html, /<script|<link|<img|https?:|url\(|@import/);
    assert.match(html, /prefers-color-scheme: dark/);
  });

  it('draws minutes for days, hours for weeks, days for months', () => {
    assert.equal(cells(renderQualityPage(reportOf(3), facts)), 3 + 1);
    assert.equal(cells(renderQualityPage(reportOf(40), facts)), 40 * 24 + LEGEND);
    assert.equal(cells(renderQualityPage(reportOf(800), facts)), 800 + LEGEND);
  });

  it('draws each gap on each day it touches, with its cause', () => {
    const gap = {
      fromMs: DAY + DAY_MS - 60_000,
      toMs: DAY + DAY_MS + 60_000,
      minutes: 2,
      kind: 'missing',
      cause: 'silence',
      detail: null,
    } as const;
    const html = renderQualityPage(reportOf(2, { gaps: [gap] }), facts);
    const holes = html.match(/class="missing"><title>2025-01-01T23:59Z, 2 minutes missing \(silence\)/g);
    assert.equal(holes?.length, 2);
  });

  it('escapes what comes from outside', () => {
    const html = renderQualityPage(
      reportOf(1, {
        findings: [
          {
            check: 'file-unreadable',
            severity: 'error',
            what: 'day file cannot be read',
            count: 1,
            places: [{ file: 'a.parquet', detail: '<script>alert(1)</script>' }],
            todo: 'ingest the day again',
          },
        ],
        errors: 1,
      }),
      facts,
    );
    assert.doesNotMatch(html, /<script/);
    assert.match(html, /X&lt;Y/);
    assert.match(html, /class="verdict bad"/);
  });

  it('marks simulated data', () => {
    assert.match(renderQualityPage(reportOf(1, { synthetic: true }), facts), /SYNTHETIC DATA/);
    assert.doesNotMatch(renderQualityPage(reportOf(1), facts), /SYNTHETIC/);
  });
});
