import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StoredModel } from '../../platform/storage/index.ts';
import type { AuditPlan } from '../audit/audit-plan.ts';
import { recordedFolds } from './checks.ts';

const rows = (count: number): Int32Array => new Int32Array(count);
const plan = {
  folds: [
    { train: rows(100), stopping: rows(20), validation: rows(50) },
    { train: rows(150), stopping: rows(30), validation: rows(50) },
  ],
} as unknown as AuditPlan;
const recorded = [
  { trainRows: 100, stoppingRows: 20, validationRows: 50 },
  { trainRows: 150, stoppingRows: 30, validationRows: 50 },
];
const check = (folds: unknown) =>
  recordedFolds({ plan, stored: { manifest: { metrics: { folds } } } as unknown as StoredModel });

describe('recordedFolds', () => {
  it('passes the counts of purged folds', () => {
    assert.equal(check(recorded).outcome, 'passed');
  });

  it('fails by name when an audit trained on more rows than purging leaves, or recorded fewer folds', () => {
    const unpurged = check([recorded[0], { ...recorded[1], trainRows: 160 }]);
    assert.equal(unpurged.outcome, 'failed');
    assert.equal(unpurged.name, 'folds as recorded');
    assert.match(
      unpurged.detail,
      /^fold 2 was trained, stopped and judged on 160, 30, 50 rows; purged it has 150, 30, 50$/,
    );
    assert.equal(check(recorded.slice(0, 1)).outcome, 'failed');
    assert.equal(check([...recorded, recorded[0]]).outcome, 'failed');
    assert.equal(check(undefined).outcome, 'failed');
  });
});
