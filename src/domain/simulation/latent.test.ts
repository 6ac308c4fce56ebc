import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  intradaySeason,
  type LatentMarket,
  maxStrength,
  signalGains,
  simulateLatent,
  STRENGTH_HORIZON_MINUTES,
  typicalSigma,
} from './latent.ts';

const DAYS = 400;
const latentMarket = (strength: number, options: { seed?: number; days?: number } = {}): LatentMarket =>
  simulateLatent({
    seed: options.seed ?? 11,
    symbol: 'SIMUSDT',
    startMs: 0,
    minutes: (options.days ?? DAYS) * 1_440,
    strength,
    startPrice: 2,
  });

const mean = (values: Float64Array): number => values.reduce((sum, x) => sum + x, 0) / values.length;

function correlation(x: Float64Array, y: Float64Array): number {
  const [meanX, meanY] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [x[i]! - meanX, y[i]! - meanY];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xy / Math.sqrt(xx * yy);
}

/** The state at the end of every hour, and what the next hour's minutes returned, each divided by `scale` of it. */
function hours({ truth, logReturn }: LatentMarket, scale: (minute: number) => number) {
  const count = Math.floor(truth.minutes / STRENGTH_HORIZON_MINUTES) - 1;
  const state = new Float64Array(count);
  const future = new Float64Array(count);
  for (let hour = 0; hour < count; hour++) {
    const now = (hour + 1) * STRENGTH_HORIZON_MINUTES - 1;
    state[hour] = truth.state[now]!;
    for (let m = now + 1; m <= now + STRENGTH_HORIZON_MINUTES; m++) {
      future[hour]! += logReturn[m]! / scale(m);
    }
  }
  return { state, future };
}

/**
 * Four standard errors of R² from `count` pairs, 2 r (1 − r²) / √n each (delta method), widened for hours that follow
 * each other: the state's correlation over an hour is ρ^60 = 0.35, so that pairs carry (1 − 0.35²)/(1 + 0.35²) of
 * their number.
 */
function tolerance(rSquared: number, count: number): number {
  const kinship = signalGains(0).persistence ** STRENGTH_HORIZON_MINUTES;
  const effective = (count * (1 - kinship ** 2)) / (1 + kinship ** 2);
  // At R² = 0 the first-order error vanishes; what is left is χ²/n.
  return (4 * 2 * Math.sqrt(rSquared) * (1 - rSquared)) / Math.sqrt(effective) + 9 / effective;
}

describe('simulateLatent', () => {
  for (const strength of [0, 0.2, 0.5, maxStrength()]) {
    const market = latentMarket(strength);

    it('begins a longer market as a shorter one', () => {
      const of = (minutes: number) =>
        simulateLatent({ seed: 3, symbol: 'SIM', startMs: 0, minutes, strength: 0.3, startPrice: 2 });
      const [short, long] = [of(500), of(2_000)];
      assert.deepEqual(long.truth.mid.subarray(0, 500), short.truth.mid);
      assert.deepEqual(long.truth.sigma.subarray(0, 500), short.truth.sigma);
    });

    it(`lets the state explain ${strength.toFixed(2)} of the next hour's variance`, () => {
      const steady = hours(market, (m) => market.sigma[m]!);
      const near = tolerance(strength, steady.state.length);
      const rSquared = correlation(steady.state, steady.future) ** 2;
      assert.ok(Math.abs(rSquared - strength) < near, `R² ${rSquared}, tolerance ${near}`);
      // The real return, with volatility coming and going: still close, for it hardly changes within an hour.
      const real = hours(market, () => 1);
      const realSquared = correlation(real.state, real.future) ** 2;
      assert.ok(Math.abs(realSquared - strength) < near + 0.05, `R² ${realSquared}`);
    });

    it(`keeps the variance of an hour at 60 σ² at strength ${strength.toFixed(2)}`, () => {
      const { future } = hours(market, (m) => market.sigma[m]!);
      const variance = mean(future.map((x) => x * x)) / STRENGTH_HORIZON_MINUTES;
      // SE of a variance is √(2/n), and hours are a little alike.
      assert.ok(Math.abs(variance - 1) < 4 * Math.sqrt(4 / future.length), `ratio ${variance}`);
    });
  }

  it('has a state that is N(0, 1), halves its memory in 40 minutes, and is driven by the impulse', () => {
    const { truth, impulse } = latentMarket(0.5);
    const { state } = truth;
    // A minute of the state counts as (1 − ρ)/(1 + ρ) of an independent one: 400 days are 5,000.
    assert.ok(Math.abs(mean(state)) < 4 / Math.sqrt(5_000));
    assert.ok(Math.abs(mean(state.map((x) => x * x)) - 1) < 4 * Math.sqrt(4 / 5_000));
    const memory = correlation(state.subarray(0, -40), state.subarray(40));
    assert.ok(Math.abs(memory - 0.5) < 0.04, `autocorrelation at 40 minutes ${memory}`);
    const { persistence } = truth.gains;
    for (let m = 1; m < 1_000; m++) {
      const expected = persistence * state[m - 1]! + Math.sqrt(1 - persistence ** 2) * impulse[m]!;
      assert.ok(Math.abs(state[m]! - expected) < 1e-12);
    }
  });

  it('has a volatility of the stated size that is higher by day', () => {
    const { sigma } = latentMarket(0.5);
    const ratio = mean(sigma.map((x) => (x / typicalSigma) ** 2));
    assert.ok(Math.abs(ratio - 1) < 0.1, `mean square ${ratio}`);
    const season = intradaySeason();
    assert.ok(Math.abs(mean(season.map((x) => x * x)) - 1) < 1e-12);
    assert.equal(season.indexOf(Math.max(...season)), 15 * 60);
  });

  it('has a mid price that the returns add up to', () => {
    const { truth, logReturn } = latentMarket(0.5, { days: 2 });
    let logPrice = Math.log(2);
    for (let m = 0; m < truth.minutes; m++) {
      logPrice += logReturn[m]!;
      assert.equal(truth.mid[m], Math.exp(logPrice));
    }
  });

  it('repeats itself for one seed, and not for another seed or symbol', () => {
    const options = { seed: 3, symbol: 'AUSDT', startMs: 0, minutes: 3_000, strength: 0.4, startPrice: 2 };
    const market = simulateLatent(options);
    assert.deepEqual(simulateLatent(options), market);
    for (const other of [{ seed: 4 }, { symbol: 'BUSDT' }]) {
      const { truth } = simulateLatent({ ...options, ...other });
      const kinship = correlation(truth.state, market.truth.state);
      assert.ok(Math.abs(kinship) < 0.6, `states correlate by ${kinship}`);
      assert.notDeepEqual(truth.sigma, market.truth.sigma);
    }
  });

  it('refuses a strength that leaves chance less than nothing', () => {
    assert.ok(Math.abs(signalGains(maxStrength()).noise) < 1e-6);
    assert.throws(() => signalGains(maxStrength() + 0.001), { name: 'InvariantError' });
    assert.throws(() => signalGains(-0.001), { name: 'InvariantError' });
    assert.equal(signalGains(0).drift, 0);
  });
});
