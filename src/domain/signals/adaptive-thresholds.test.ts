import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BUY, ConfigError, InvariantError, Random, SELL } from '../core/index.ts';
import {
  ADAPTIVE_DEFAULTS,
  AdaptiveThresholds,
  RollingQuantile,
  type SignalRule,
  staticRule,
} from './index.ts';

const SMALL = { ...ADAPTIVE_DEFAULTS, memory: 200, warmUp: 50 };

function shares(rule: SignalRule, scores: readonly number[]) {
  const decisions = scores.map((score) => rule.decide(score));
  const ready = decisions.filter(({ state }) => state === 'ready');
  const shareOf = (direction: number): number =>
    ready.filter((decision) => decision.direction === direction).length / ready.length;
  return { buy: shareOf(BUY), sell: shareOf(SELL), ready: ready.length };
}

/** Scores whose level and width wander by far more than they scatter. */
function driftingScores(count: number): readonly number[] {
  const random = Random.fromSeed(5);
  return Array.from({ length: count }, (_, i) => i * 0.002 + (1 + i / count) * 0.1 * random.normal());
}

describe('RollingQuantile', () => {
  it('holds the last numbers in order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 12 }),
        (values, capacity) => {
          const rolling = new RollingQuantile(capacity);
          for (const [i, value] of values.entries()) {
            rolling.push(value);
            const last = values.slice(Math.max(0, i + 1 - capacity), i + 1);
            assert.deepEqual(
              [...rolling.sorted()],
              last.toSorted((a, b) => a - b),
            );
          }
        },
      ),
    );
  });
});

describe('AdaptiveThresholds', () => {
  it('never sees what comes later: the same decisions on a truncated past', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 120 }),
        fc.nat(120),
        (scores, cut) => {
          const config = { ...ADAPTIVE_DEFAULTS, memory: 20, warmUp: 5, rateGain: 0.05 };
          const [whole, part] = [new AdaptiveThresholds(config), new AdaptiveThresholds(config)];
          const decisions = scores.map((score) => whole.decide(score));
          assert.deepEqual(
            scores.slice(0, cut).map((score) => part.decide(score)),
            decisions.slice(0, cut),
          );
        },
      ),
    );
  });

  it('goes on from its state as if it had never stopped', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 80 }),
        fc.nat(80),
        (scores, stop) => {
          const config = { ...ADAPTIVE_DEFAULTS, memory: 20, warmUp: 5, rateGain: 0.05 };
          const whole = new AdaptiveThresholds(config);
          const decisions = scores.map((score) => whole.decide(score));
          const before = new AdaptiveThresholds(config);
          for (const score of scores.slice(0, stop)) before.decide(score);
          const after = new AdaptiveThresholds(config, structuredClone(before.state));
          assert.deepEqual(
            scores.slice(stop).map((score) => after.decide(score)),
            decisions.slice(stop),
          );
          assert.deepEqual(after.state, whole.state);
        },
      ),
    );
  });

  it('takes its thresholds from scores before the one it decides', () => {
    const rule = new AdaptiveThresholds({ ...SMALL, memory: 10, warmUp: 4, rateGain: 0 });
    for (const score of [0, 1, 2, 3]) assert.equal(rule.decide(score).state, 'warm-up');
    const decision = rule.decide(1000);
    assert.deepEqual([decision.direction, decision.state], [BUY, 'ready']);
    assert.ok(Math.abs(decision.buyAbove - 2.55) < 1e-12 && Math.abs(decision.sellBelow - 0.45) < 1e-12);
  });

  it('keeps the rate of signals where scores drift, which quantiles alone and static thresholds do not', () => {
    const scores = driftingScores(6000);
    const controlled = shares(new AdaptiveThresholds({ ...SMALL, rateGain: 0.02 }), scores);
    assert.equal(controlled.ready, 5950);
    assert.ok(Math.abs(controlled.buy - 0.15) < 0.01, `BUY ${controlled.buy}`);
    const quantiles = shares(new AdaptiveThresholds({ ...SMALL, rateGain: 0 }), scores);
    assert.ok(quantiles.buy > 0.4, `quantiles alone BUY ${quantiles.buy}`);
    const fixed = shares(staticRule({ buyAbove: 0.1, sellBelow: -0.1 }), scores);
    assert.ok(fixed.buy > 0.9, `static BUY ${fixed.buy}`);
  });

  it('gives 15 % on either side of scores that do not drift', () => {
    const random = Random.fromSeed(8);
    const scores = Array.from({ length: 6000 }, () => random.normal());
    const { buy, sell } = shares(new AdaptiveThresholds(), scores);
    assert.ok(Math.abs(buy - 0.15) < 0.01 && Math.abs(sell - 0.15) < 0.01, `${buy} ${sell}`);
  });

  it('is quiet when all scores are the same', () => {
    const { buy, sell } = shares(new AdaptiveThresholds(SMALL), new Array<number>(500).fill(0.3));
    assert.deepEqual([buy, sell], [0, 0]);
  });

  it('refuses bad configurations and scores', () => {
    assert.throws(
      () => new AdaptiveThresholds({ buyShare: 0.6, sellShare: 0, memory: 10, warmUp: 11, rateGain: -1 }),
      (error: unknown) =>
        error instanceof ConfigError &&
        error.problems.map(({ path }) => path).join() ===
          'signal.buyShare,signal.sellShare,signal.rateGain,signal.warmUp',
    );
    assert.throws(() => staticRule({ buyAbove: 0, sellBelow: 1 }), ConfigError);
    assert.throws(() => new AdaptiveThresholds(SMALL).decide(Number.NaN), InvariantError);
  });
});
