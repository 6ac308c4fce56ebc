import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CandleModel } from '../candle-scoring/index.ts';
import { macroBeforeTest, recordedRows } from './micro-checks.ts';

type Recorded = Parameters<typeof recordedRows>;

const model = (rows: unknown) =>
  ({ manifest: { metrics: { training: { rows } } } }) as unknown as Recorded[0];
const opened = {
  split: { train: new Int32Array(1200), validation: new Int32Array(200) },
} as unknown as Recorded[1];

describe('recordedRows', () => {
  it('passes the rows of purged splits', () => {
    const check = recordedRows(model({ train: 1200, validation: 200 }), opened);
    assert.equal(check.outcome, 'passed');
    assert.match(check.detail, /^1,200 training and 200 validation rows/);
  });

  it('fails by name when the training used others', () => {
    const check = recordedRows(model({ train: 1203, validation: 200 }), opened);
    assert.deepEqual([check.name, check.outcome], ['rows as recorded', 'failed']);
    assert.equal(check.detail, '1203 train rows are recorded; purged there are 1200');
    assert.equal(recordedRows(model(undefined), opened).outcome, 'failed');
  });
});

describe('macroBeforeTest', () => {
  const taught = (toMs: number | null) =>
    ({
      manifest: { testFromMs: 86_400_000 },
      macro: toMs === null ? undefined : { reference: 'days@1', manifest: { data: { toMs } } },
    }) as unknown as CandleModel;

  it('fails when the MacroNet has learned from the test', () => {
    assert.equal(macroBeforeTest(taught(86_400_000)).outcome, 'passed');
    assert.equal(macroBeforeTest(taught(null)).outcome, 'passed');
    const check = macroBeforeTest(taught(86_700_000));
    assert.deepEqual([check.name, check.outcome], ['MacroNet before the test', 'failed']);
    assert.match(check.detail, /^days@1 has learned from candles up to 1970-01-02T00:05Z/);
  });
});
