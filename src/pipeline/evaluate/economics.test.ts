import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BUY, MINUTE_MS, NEUTRAL, Random, SELL } from '../../domain/core/index.ts';
import { economicsOf } from './economics.ts';
import { positionReturns } from './positions.ts';

const HORIZON = 3;
const timeMs = Float64Array.from({ length: 12 }, (_, i) => i * MINUTE_MS);
const rows = {
  timeMs,
  decisions: Int8Array.of(1, 2, 2, 0, 0, 1, 1, 0, 2, 1, 2, 1),
  futureReturn: Float64Array.from({ length: 12 }, (_, i) => 0.01 * (i + 1)),
  horizonMinutes: HORIZON,
  costBps: 10,
};

describe('positionReturns', () => {
  it('holds one position at a time, signs it, and pays for both trades', () => {
    const { net, gross, positions, timeMs: ends } = positionReturns(rows);
    // BUY at minute 1 until 4; SELL at 4 until 7; SELL at 7 until 10; BUY at 10.
    assert.deepEqual([...gross], [0.02, -0.05, -0.08, 0.11]);
    const near = (found: Float64Array, expected: readonly number[]): void =>
      found.forEach((x, i) => assert.ok(Math.abs(x - expected[i]!) < 1e-12));
    near(net, [0.018, -0.052, -0.082, 0.108]);
    near(positions, [0.018, -0.052, -0.082, 0.108]);
    assert.deepEqual(
      [...ends],
      [3, 6, 9, 12].map((i) => i * MINUTE_MS),
    );
  });

  it('earns nothing where nothing was decided, and has no period where there are no rows', () => {
    const idle = positionReturns({ ...rows, decisions: new Int8Array(12).fill(NEUTRAL) });
    assert.deepEqual([...idle.net], [0, 0, 0, 0]);
    assert.equal(idle.positions.length, 0);
    const hole = timeMs.map((ms, i) => (i < 6 ? ms : ms + 60 * MINUTE_MS));
    assert.equal(positionReturns({ ...rows, timeMs: hole }).net.length, 4);
  });

  it('never begins two positions in one period', () => {
    const random = Random.fromSeed(1);
    const decisions = Int8Array.from({ length: 3000 }, () => [SELL, NEUTRAL, BUY][random.integer(3)]!);
    const long = positionReturns({
      timeMs: Float64Array.from({ length: 3000 }, (_, i) => i * MINUTE_MS),
      decisions,
      futureReturn: new Float64Array(3000).fill(1),
      horizonMinutes: 7,
      costBps: 0,
    });
    assert.ok(long.gross.every((x) => Math.abs(x) <= 1));
  });
});

describe('economicsOf', () => {
  const random = Random.fromSeed(2);
  const returns = Float64Array.from({ length: 200 }, () => 0.001 * (random.normal() + 0.3));
  const own = { timeMs: returns.map((_, i) => i), gross: returns, net: returns, positions: returns };
  const options = { costBps: 5.5, periodMinutes: 60, resampling: { replicates: 100, seed: 1 } };

  it('deflates by the trials, more by many than by one', () => {
    const alone = economicsOf(own, { count: 1, returns: [returns] }, options);
    const searched = economicsOf(own, { count: 50, returns: [returns] }, options);
    assert.equal(alone.deflatedSharpe, alone.probabilisticSharpe);
    assert.equal(alone.expectedMaximumSharpe, 0);
    assert.ok(searched.deflatedSharpe < alone.deflatedSharpe);
    assert.equal(searched.varianceFrom, 'sampling error');
    assert.ok(alone.sharpeInterval[0] < alone.sharpe && alone.sharpe < alone.sharpeInterval[1]);
    assert.ok(Math.abs(alone.equity.net.at(-1)! - alone.netReturn) < 1e-12);
  });

  it('takes variance and overfitting from the stored trials when there are two', () => {
    const other = returns.map(() => 0.001 * random.normal());
    const { varianceFrom, overfitting } = economicsOf(own, { count: 2, returns: [returns, other] }, options);
    assert.equal(varianceFrom, 'trials');
    assert.equal(overfitting?.trials, 2);
    assert.equal(overfitting.pieces, 16);
    assert.equal(economicsOf(own, { count: 2, returns: [returns] }, options).overfitting, null);
  });

  it('survives a model that never takes a position', () => {
    const idle = new Float64Array(40);
    const view = economicsOf(
      { timeMs: idle, gross: idle, net: idle, positions: new Float64Array(0) },
      { count: 1, returns: [idle] },
      options,
    );
    assert.equal(view.positions, 0);
    assert.equal(view.minimumTrackRecord, null);
    assert.ok(Number.isNaN(view.sharpe) && Number.isNaN(view.hitRatio));
  });
});
