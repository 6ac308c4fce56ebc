import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MINUTE_MS, Random } from '../core/index.ts';
import { RATE_PROFILES } from './instrument.ts';
import { dayOpening, minuteSchedule } from './schedule.ts';

describe('minuteSchedule', () => {
  for (const rate of ['full', 'light'] as const) {
    it(`is strictly increasing within its minute, and leaves no minute without samples, at ${rate} rate`, () => {
      const random = Random.fromSeed(1);
      for (const activity of [0.01, 0.5, 1, 3]) {
        for (const afterMs of [-1, 900]) {
          const offsets = minuteSchedule(random, RATE_PROFILES[rate], { activity, afterMs });
          const ordered = [afterMs, ...offsets, MINUTE_MS];
          for (let i = 1; i < ordered.length; i++) assert.ok(ordered[i]! > ordered[i - 1]!);
          assert.ok(offsets.every(Number.isInteger));
          assert.ok(offsets.length >= 9 && offsets.at(-1)! >= MINUTE_MS * 0.9);
        }
      }
    });
  }

  it('is busier when the market is, at light rate', () => {
    const random = Random.fromSeed(2);
    const count = (activity: number): number => {
      let sum = 0;
      for (let i = 0; i < 200; i++) {
        sum += minuteSchedule(random, RATE_PROFILES.light, { activity, afterMs: -1 }).length;
      }
      return sum / 200;
    };
    assert.ok(Math.abs(count(1) - 20) < 1);
    assert.ok(Math.abs(count(3) / count(1) - 3 ** 0.7) < 0.2);
  });
});

describe('dayOpening', () => {
  it('has 1 to 7 deltas, then the snapshot, all between 0.1 and 1.1 s after midnight', () => {
    const random = Random.fromSeed(3);
    const counts = new Set<number>();
    for (let i = 0; i < 500; i++) {
      const { deltaOffsetsMs, snapshotOffsetMs } = dayOpening(random);
      counts.add(deltaOffsetsMs.length);
      const offsets = [99, ...deltaOffsetsMs, snapshotOffsetMs, 1_101];
      for (let k = 1; k < offsets.length; k++) assert.ok(offsets[k]! > offsets[k - 1]!);
    }
    assert.deepEqual(
      [...counts].toSorted((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7],
    );
  });
});
