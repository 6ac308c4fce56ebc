import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SEQUENCE_RULES, type UpdateIds } from './sequence-rule.ts';
import { Sequencer } from './sequencer.ts';
import type { VenueName } from './venue.ts';

const ids = (firstUpdateId: number, lastUpdateId: number, previousUpdateId = Number.NaN): UpdateIds => ({
  firstUpdateId,
  lastUpdateId,
  previousUpdateId,
});
const bybit = (u: number): UpdateIds => ids(Number.NaN, u);
const start = (venue: VenueName, snapshotId: number): Sequencer => {
  const sequencer = new Sequencer(SEQUENCE_RULES[venue]);
  assert.deepEqual(sequencer.delta(ids(1, 1, 1)), { kind: 'need-snapshot', reason: 'no-snapshot' });
  assert.equal(sequencer.snapshot(snapshotId).kind, 'next');
  return sequencer;
};

describe('Sequencer: Bybit', () => {
  it('wants u + 1, ignores what is old, reports a jump and waits', () => {
    const sequencer = start('bybit-linear', 100);
    assert.equal(sequencer.delta(bybit(101)).kind, 'next');
    assert.equal(sequencer.delta(bybit(101)).kind, 'stale');
    assert.deepEqual(sequencer.delta(bybit(103)), { kind: 'gap', expected: 102, got: 103 });
    assert.equal(sequencer.delta(bybit(104)).kind, 'need-snapshot');
    assert.equal(sequencer.snapshot(110).kind, 'next');
    assert.equal(sequencer.delta(bybit(111)).kind, 'next');
  });

  it('takes a snapshot as a message: in sequence, repeated, or after a loss', () => {
    const sequencer = start('bybit-linear', 100);
    assert.equal(sequencer.snapshot(101).kind, 'next');
    assert.equal(sequencer.snapshot(101).kind, 'repeat');
    assert.deepEqual(sequencer.snapshot(105), { kind: 'gap', expected: 102, got: 105 });
    assert.equal(sequencer.delta(bybit(106)).kind, 'next');
  });

  it('survives a restart of the service, u = 1', () => {
    const sequencer = start('bybit-linear', 100);
    assert.deepEqual(sequencer.snapshot(1), { kind: 'gap', expected: 101, got: 1 });
    assert.equal(sequencer.delta(bybit(2)).kind, 'next');
  });
});

describe('Sequencer: Binance USD-M', () => {
  it('joins by U ≤ lastUpdateId ≤ u, then follows pu and not U', () => {
    const sequencer = start('binance-usdm', 100);
    assert.equal(sequencer.delta(ids(80, 99, 79)).kind, 'stale');
    assert.equal(sequencer.delta(ids(95, 105, 94)).kind, 'next');
    assert.equal(sequencer.delta(ids(120, 130, 105)).kind, 'next');
    assert.deepEqual(sequencer.delta(ids(131, 140, 129)), { kind: 'gap', expected: 130, got: 129 });
    assert.equal(sequencer.phase, 'waiting');
  });

  it('joins by pu = lastUpdateId as well', () => {
    const sequencer = start('binance-usdm', 100);
    assert.equal(sequencer.delta(ids(104, 108, 100)).kind, 'next');
  });

  it('wants another snapshot when this one is older than the stream', () => {
    const sequencer = start('binance-usdm', 100);
    assert.deepEqual(sequencer.delta(ids(104, 108, 103)), {
      kind: 'need-snapshot',
      reason: 'snapshot-too-old',
    });
  });
});

describe('Sequencer: Binance spot', () => {
  it('joins by U ≤ lastUpdateId + 1 ≤ u, then wants U = u + 1', () => {
    const sequencer = start('binance-spot', 100);
    assert.equal(sequencer.delta(ids(95, 100)).kind, 'stale');
    assert.equal(sequencer.delta(ids(101, 103)).kind, 'next');
    assert.equal(sequencer.delta(ids(104, 104)).kind, 'next');
    assert.equal(sequencer.delta(ids(102, 104)).kind, 'stale');
    assert.deepEqual(sequencer.delta(ids(106, 107)), { kind: 'gap', expected: 105, got: 106 });
  });

  it('tells a snapshot behind the stream from one ahead of it', () => {
    const sequencer = start('binance-spot', 100);
    assert.equal(sequencer.delta(ids(99, 103)).kind, 'next');
    assert.equal(sequencer.snapshot(103).kind, 'stale');
    assert.equal(sequencer.snapshot(110).kind, 'ahead');
  });

  it('wants another snapshot when this one is older than the stream', () => {
    const sequencer = start('binance-spot', 100);
    assert.equal(sequencer.delta(ids(102, 103)).kind, 'need-snapshot');
  });
});
