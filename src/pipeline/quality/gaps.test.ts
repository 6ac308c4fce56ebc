import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY_MS, isoDay, MINUTE_MS } from '../../domain/core/index.ts';
import { MINUTES_A_DAY } from './continuity-check.ts';
import { INCOMPLETE, MISSING, USABLE } from './feature-check.ts';
import { FindingLog } from './findings.ts';
import { type CoveredDay, findGaps, reportGaps } from './gaps.ts';
import type { StoredManifest } from './manifests.ts';

const DAY = Date.UTC(2024, 6, 23);

/** A full day, with the minutes `[from, to)` in another state. */
function day(index: number, ...spoilt: readonly (readonly [number, number, number])[]): CoveredDay {
  const states = new Uint8Array(MINUTES_A_DAY).fill(USABLE);
  for (const [from, to, state] of spoilt) states.fill(state, from, to);
  return { dayMs: DAY + index * DAY_MS, states, isReadable: true };
}

const absent = (index: number): CoveredDay => ({
  dayMs: DAY + index * DAY_MS,
  states: null,
  isReadable: true,
});

function manifest(facts: Partial<StoredManifest> = {}): StoredManifest {
  return {
    name: 'ingest-1.json',
    codeVersion: '1',
    parameters: { tickSize: '1', lotSize: '1', logVolume: 'messages' },
    synthetic: null,
    inputs: [],
    days: Array.from({ length: 8 }, (_, i) => ({
      day: isoDay(DAY + i * DAY_MS),
      bars: 1440,
      keptRows: 0,
      sha256: '',
    })),
    counts: {
      messages: 1,
      bars: 1,
      gaps: 0,
      crossed: 0,
      quarantined: 0,
      checkedSnapshots: 0,
      disagreements: 0,
    },
    gaps: [],
    quarantined: [],
    damaged: [],
    incomplete: [],
    ...facts,
  };
}

const brief = (days: readonly CoveredDay[], manifests: readonly StoredManifest[]): readonly unknown[] =>
  findGaps(days, manifests).map(({ fromMs, minutes, kind, cause }) => [
    (fromMs - DAY) / MINUTE_MS,
    minutes,
    kind,
    cause,
  ]);

describe('gaps', () => {
  it('tells days without a file from the edges of the data and from silence', () => {
    const days = [
      day(0, [0, 600, MISSING], [700, 705, MISSING]),
      day(1, [1_400, 1_440, MISSING]),
      absent(2),
      absent(3),
      day(4, [0, 10, MISSING]),
    ];
    assert.deepEqual(brief(days, [manifest()]), [
      [0, 600, 'missing', 'not-recorded'],
      [700, 5, 'missing', 'silence'],
      [1_440 + 1_400, 40, 'missing', 'not-recorded'],
      [2 * 1_440, 2 * 1_440, 'missing', 'no-file'],
      [4 * 1_440, 10, 'missing', 'not-recorded'],
    ]);
  });

  it('joins what belongs together across midnight', () => {
    const days = [day(0, [1_430, 1_440, MISSING]), day(1, [0, 5, MISSING])];
    assert.deepEqual(brief(days, [manifest()]), [[1_430, 15, 'missing', 'silence']]);
  });

  it('names breaks in sequence and the line that was put aside before them', () => {
    const gap = (minute: number, rebuilt: number | null, line: number) => ({
      file: '/in/a.zip',
      line,
      exchangeTimeMs: DAY + minute * MINUTE_MS + 17,
      expected: 5,
      got: 9,
      rebuiltTimeMs: rebuilt === null ? null : DAY + rebuilt * MINUTE_MS + 3,
    });
    const days = [
      day(0, [100, 101, INCOMPLETE], [101, 110, MISSING], [200, 201, INCOMPLETE], [1_000, 1_440, MISSING]),
      day(1),
    ];
    const incomplete = [100, 200].map((minute) => ({
      minuteMs: DAY + minute * MINUTE_MS,
      reasons: ['sequence-gap'],
    }));
    const gaps = findGaps(days, [
      manifest({
        gaps: [gap(100, 110, 7), gap(200, 200, 950), gap(1_000, null, 990)],
        quarantined: [{ file: '/in/a.zip', line: 949, reason: 'not JSON' }],
        incomplete,
      }),
    ]);
    assert.deepEqual(
      gaps.map(({ kind, cause, detail }) => [kind, cause, detail]),
      [
        ['incomplete', 'sequence-gap', 'a.zip:7: update 9 where 5 had to come'],
        ['missing', 'sequence-gap', 'a.zip:7: update 9 where 5 had to come'],
        ['incomplete', 'quarantined-lines', 'a.zip:950, after line 949 was put aside'],
        ['missing', 'quarantined-lines', 'a.zip:990, after line 949 was put aside'],
      ],
    );
  });

  it('gives the reasons of incomplete minutes, and says when nobody knows', () => {
    const days = [day(0, [1, 2, INCOMPLETE], [3, 5, INCOMPLETE], [9, 10, INCOMPLETE])];
    const incomplete = [
      { minuteMs: DAY + MINUTE_MS, reasons: ['few-samples', 'crossed-book'] },
      ...[3, 4].map((minute) => ({ minuteMs: DAY + minute * MINUTE_MS, reasons: ['few-samples'] })),
    ];
    assert.deepEqual(brief(days, [manifest({ incomplete })]), [
      [1, 1, 'incomplete', 'crossed-book'],
      [3, 2, 'incomplete', 'few-samples'],
      [9, 1, 'incomplete', 'unexplained'],
    ]);
    assert.deepEqual(brief([day(0, [50, 60, MISSING])], []), [[50, 10, 'missing', 'unexplained']]);
  });

  it('blames a damaged file for the end of its day, or for all of it', () => {
    const damaged = [0, 1].map((index) => ({
      path: `/in/${isoDay(DAY + index * DAY_MS)}_X_ob500.data.zip`,
      reason: 'truncated',
    }));
    const days = [day(0, [10, 20, MISSING], [900, 1_440, MISSING]), absent(1), day(2)];
    assert.deepEqual(brief(days, [manifest({ damaged })]), [
      [10, 10, 'missing', 'silence'],
      [900, 540 + 1_440, 'missing', 'damaged-file'],
    ]);
  });

  it('warns of long silences only', () => {
    const log = new FindingLog();
    reportGaps(findGaps([day(0, [10, 20, MISSING], [100, 170, MISSING])], [manifest()]), log);
    assert.deepEqual(
      log.findings.map(({ check, severity, count }) => [check, severity, count]),
      [
        ['gap-long-silence', 'warning', 70],
        ['gap-silence', 'note', 10],
      ],
    );
  });
});
