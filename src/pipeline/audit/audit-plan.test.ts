import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BUY, MINUTE_MS, NEUTRAL } from '../../domain/core/index.ts';
import type { LabelledBars } from '../labelled-bars.ts';
import { type AuditPlan, planAudit } from './audit-plan.ts';
import { fixtureBars, fixtureConfig, LOOKAHEAD } from './audit.fixture.ts';

const config = fixtureConfig('unused');
const data = fixtureBars(600);

/** With other labels at some of its bars. */
function relabelled(change: (label: number, row: number) => number): LabelledBars {
  return { ...data, labels: { ...data.labels, label: data.labels.label.map(change) } };
}

describe('planAudit', () => {
  const plan = planAudit(data, config);
  const { auditor, calibration } = plan;

  it('lets every part know only labels that were known before the next part begins', () => {
    const horizonMs = (LOOKAHEAD + 1) * MINUTE_MS;
    const startMs = (rows: Int32Array): number => data.spans.timeMs[rows[0]!]!;
    const knownMs = (rows: Int32Array): number => data.spans.timeMs[rows.at(-1)!]! + horizonMs;
    const order = [
      auditor.search,
      auditor.stopping,
      calibration.fit,
      calibration.judge,
      calibration.conformal,
    ];
    for (const [k, part] of order.entries()) {
      assert.ok(part.length > 0);
      const next = order[k + 1] ?? plan.development.after;
      assert.ok(knownMs(part) <= startMs(next), `part ${k}`);
    }
    assert.ok(knownMs(auditor.all) <= startMs(calibration.slice));
    assert.ok(knownMs(calibration.both) <= startMs(calibration.conformal));
    assert.equal(startMs(calibration.slice), startMs(calibration.fit));
    assert.equal(calibration.slice.at(-1), plan.outOfFold.at(-1));
  });

  it('gives the calibration slice its share of the out-of-fold rows, which follow each other without a hole', () => {
    const { slice } = calibration;
    assert.equal(slice.length, Math.round(0.2 * plan.outOfFold.length));
    assert.ok(plan.outOfFold.every((position, i) => position === plan.outOfFold[0]! + i));
    const half = { ...config, validation: { ...config.validation, calibrationShare: 0.5 } };
    const larger = planAudit(data, half).calibration.slice;
    assert.equal(larger.length, Math.round(0.5 * plan.outOfFold.length));
  });

  it('rolls, where blocks of the past are counted: folds and shipped model learn from as many', () => {
    const rolling = planAudit(data, { ...config, validation: { ...config.validation, pastBlocks: 1 } });
    const [first, second] = rolling.folds;
    assert.ok(second!.train[0]! > first!.train.at(-1)!);
    const block = plan.development.before.length / (config.validation.folds + 1);
    assert.ok(Math.abs(rolling.shipped.length - block) <= 1);
    assert.equal(rolling.shipped.at(-1), plan.development.before.at(-1));
    assert.deepEqual(plan.shipped, plan.development.before);
  });

  it('leaves a longer distance where an embargo asks for one', () => {
    const embargoMinutes = 7;
    const apart = planAudit(data, { ...config, validation: { ...config.validation, embargoMinutes } });
    const rowsBetween = ({ auditor: { all }, calibration: { slice } }: AuditPlan): number =>
      slice[0]! - all.at(-1)!;
    assert.equal(rowsBetween(apart), rowsBetween(plan) + embargoMinutes);
  });

  it('refuses a fold that would never see a class, naming fold, class and period', () => {
    const [first] = plan.folds;
    const blind = relabelled((label, row) =>
      label === BUY && row <= data.rows[first!.train.at(-1)!]! ? NEUTRAL : label,
    );
    assert.throws(() => planAudit(blind, config), {
      name: 'DataError',
      code: 'FOLD_CLASS_MISSING',
      message: /^fold 1 of 3 \(judged from 1970-01-01T.* none of its \d+ rows is BUY/,
    });
  });

  it('refuses an auditor that would never see a class', () => {
    const blind = relabelled((label, row) =>
      label === BUY && row >= data.rows[plan.outOfFold[0]!]! ? NEUTRAL : label,
    );
    assert.throws(() => planAudit(blind, config), { message: /^the auditor: none of its \d+ rows is BUY/ });
  });

  it('refuses fewer rows than folds, and says what to do', () => {
    const { spans, rows } = data;
    const few = (count: number): LabelledBars => ({
      ...data,
      rows: rows.slice(0, count),
      spans: { timeMs: spans.timeMs.slice(0, count), labelEndMs: spans.labelEndMs.slice(0, count) },
    });
    const many = { ...config, validation: { ...config.validation, folds: 12 } };
    assert.throws(() => planAudit(few(10), many), {
      code: 'SPLIT_PART_EMPTY',
      message: /rows are too few to split: .* bring more data, or fewer folds/,
    });
  });

  it('refuses the same time twice', () => {
    const timeMs = data.spans.timeMs.with(200, data.spans.timeMs[199]!);
    const twice = { ...data, spans: { ...data.spans, timeMs } };
    assert.throws(() => planAudit(twice, config), {
      code: 'SPLIT_TIMES_UNORDERED',
      message: /row 200 has time \d+, which is not later than the row before/,
    });
  });
});
