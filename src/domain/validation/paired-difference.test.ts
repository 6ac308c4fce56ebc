import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../core/index.ts';
import { pairedDifference } from './paired-difference.ts';

const DAYS = 200;
const RESAMPLING = { expectedBlockRows: 5, replicates: 999, seed: 3 };

/** Days on which both do well or badly together, and a small advantage that the common part hides. */
function pair(advantage: number, seed: number) {
  const random = Random.fromSeed(seed);
  const common = Float64Array.from({ length: DAYS }, () => 5 * random.normal());
  return {
    ours: common.map((value) => value + advantage + 0.5 * random.normal()),
    theirs: common.map((value) => value + 0.5 * random.normal()),
  };
}

const mean = (values: Float64Array, rows: Int32Array): number =>
  rows.reduce((sum, row) => sum + values[row]!, 0) / rows.length;

describe('paired differences', () => {
  it('find an advantage that the days’ own ups and downs would hide', () => {
    const { ours, theirs } = pair(0.25, 1);
    const paired = pairedDifference(DAYS, RESAMPLING, (rows) => mean(ours, rows) - mean(theirs, rows));
    assert.ok(paired.lower > 0, `from ${paired.lower}`);
    assert.ok(paired.pValue < 0.01);
    const identity = Int32Array.from({ length: DAYS }, (_, day) => day);
    assert.equal(paired.estimate, mean(ours, identity) - mean(theirs, identity));
    // Days of one against other days of the other: nothing cancels.
    const unpaired = pairedDifference(
      DAYS,
      RESAMPLING,
      (rows) =>
        mean(ours, rows) -
        mean(
          theirs,
          rows.map((row) => (row + DAYS / 2) % DAYS),
        ),
    );
    assert.ok(unpaired.lower < 0 && unpaired.upper > 0);
  });

  it('cover nothing where there is nothing, about as often as they say', () => {
    const covered = Array.from({ length: 100 }, (_, seed) => {
      const { ours, theirs } = pair(0, 100 + seed);
      const found = pairedDifference(
        DAYS,
        { ...RESAMPLING, replicates: 299 },
        (rows) => mean(ours, rows) - mean(theirs, rows),
      );
      const excludes = found.lower > 0 || found.upper < 0;
      assert.ok(excludes ? found.pValue < 0.06 : found.pValue > 0.04, 'interval and p-value agree');
      return !excludes;
    }).filter(Boolean).length;
    assert.ok(covered >= 85 && covered <= 100, `${covered} of 100`);
  });

  it('give no p-value of 0, and 1 where both are the same', () => {
    const same = pairedDifference(10, { ...RESAMPLING, replicates: 99 }, () => 0);
    assert.equal(same.pValue, 1);
    const sure = pairedDifference(10, { ...RESAMPLING, replicates: 99 }, () => 1);
    assert.equal(sure.pValue, 2 / 100);
  });

  it('are the same for the same seed, and leave out what has no value', () => {
    const { ours, theirs } = pair(0.1, 2);
    const once = () => pairedDifference(DAYS, RESAMPLING, (rows) => mean(ours, rows) - mean(theirs, rows));
    assert.deepEqual(once(), once());
    const holed = pairedDifference(DAYS, RESAMPLING, (rows) =>
      rows.includes(0) ? mean(ours, rows) : Number.NaN,
    );
    assert.ok(holed.replicates < RESAMPLING.replicates && Number.isFinite(holed.pValue));
  });
});
