import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { quantileOfSorted } from '../math/index.ts';
import { PAUSE_CANDLES, simulateTwoTimescale, twoTimescaleOracle } from './index.ts';
import type { TwoTimescaleMarket } from './index.ts';

const OPTIONS = { seed: 5, symbol: 'SIMUSDT', startMs: Date.UTC(2025, 0, 1), days: 200 };
const HORIZON = 12;
const market = simulateTwoTimescale(OPTIONS);

/** `[rows]` log return over the horizon. */
const returnsAhead = ({ candles: { close } }: TwoTimescaleMarket): Float64Array =>
  close.map((price, row) => Math.log(close[row + HORIZON]! / price));

/** Share of the rows with an edge whose return had its sign. */
function accuracy(edges: Float64Array, returns: Float64Array): number {
  const rows = Array.from(edges.keys()).filter((row) => Math.abs(edges[row]!) > 1e-6);
  return rows.filter((row) => edges[row]! > 0 === returns[row]! > 0).length / rows.length;
}

/** The same, as the oracle itself expects it. */
function expected(edges: Float64Array): number {
  const known = edges.filter((edge) => Math.abs(edge) > 1e-6);
  return 0.5 + known.reduce((sum, edge) => sum + Math.abs(edge), 0) / known.length / 2;
}

describe('two-timescale market', () => {
  it('is the same for the same options, and a longer one begins as a shorter one', () => {
    assert.deepEqual(simulateTwoTimescale(OPTIONS), market);
    const shorter = simulateTwoTimescale({ ...OPTIONS, days: 50 });
    const { rows } = shorter.candles;
    for (const name of ['open', 'high', 'low', 'close', 'volume', 'takerBuyVolume'] as const) {
      assert.deepEqual(shorter.candles[name], market.candles[name].slice(0, rows), name);
    }
    assert.notDeepEqual(simulateTwoTimescale({ ...OPTIONS, symbol: 'OTHERUSDT' }).candles, market.candles);
  });

  it('gives candles that can be', () => {
    const { open, high, low, close, volume, takerBuyVolume, rows } = market.candles;
    assert.equal(rows, 200 * 288);
    for (let row = 0; row < rows; row++) {
      assert.ok(low[row]! > 0 && low[row]! <= Math.min(open[row]!, close[row]!));
      assert.ok(high[row]! >= Math.max(open[row]!, close[row]!));
      assert.ok(takerBuyVolume[row]! >= 0 && takerBuyVolume[row]! <= volume[row]!);
    }
  });

  it('shows an oracle what it should: as often right as it says, with the state and without', () => {
    const market = simulateTwoTimescale({ ...OPTIONS, days: 1_000 });
    const returns = returnsAhead(market);
    const shares = (['state', 'yesterday', 'window'] as const).map((knowledge) => {
      const edges = twoTimescaleOracle(market.truth, market.candles.close, {
        horizonCandles: HORIZON,
        knowledge,
      });
      const [found, told] = [accuracy(edges, returns), expected(edges)];
      assert.ok(Math.abs(found - told) < 0.012, `${knowledge}: right ${found}, says ${told}`);
      return told;
    });
    const [state, yesterday] = shares as [number, number, number];
    assert.ok(state > 0.75 && yesterday > 0.7 && yesterday < state);
  });

  it('tells nothing of the state within sight of a pattern: its last candle is worth nothing without it', () => {
    const { truth, candles } = market;
    const returns = returnsAhead(market);
    const rows = Array.from({ length: candles.rows - HORIZON }, (_, row) => row);
    const ends = rows.filter(
      (row) => (truth.answerSide[row + 1] ?? 0) !== 0 && truth.answerSide[row] === 0 && row > 100,
    );
    assert.ok(ends.length > 400, `${ends.length} patterns`);
    const edges = twoTimescaleOracle(truth, candles.close, { horizonCandles: HORIZON, knowledge: 'window' });
    assert.ok(ends.every((row) => Math.abs(edges[row]!) === 0));
    const along = ends.filter((row) => returns[row]! > 0 === truth.answerSide[row + 1]! > 0).length;
    assert.ok(Math.abs(along / ends.length - 0.5) < 0.1, `${along} of ${ends.length}`);
    // The widest wicks tell the state; in the pause before a pattern they are what they are.
    const tails = (sign: number): number => {
      const ranges = ends.flatMap((end) =>
        truth.state[end] === sign
          ? Array.from({ length: PAUSE_CANDLES }, (_, k) => {
              const row = end - 11 - PAUSE_CANDLES + k;
              return (candles.high[row]! - candles.low[row]!) / candles.close[row]! / truth.sigma[row]!;
            })
          : [],
      );
      return quantileOfSorted(Float64Array.from(ranges).sort(), 0.97);
    };
    assert.ok(Math.abs(tails(1) / tails(-1) - 1) < 0.05);
  });

  it('shows the state in the tails of days, and not in their quartiles', () => {
    const { truth, candles } = market;
    const ranges = (sign: number): Float64Array =>
      Float64Array.from(truth.state.keys())
        .filter((row) => truth.state[row] === sign)
        .map((row) => (candles.high[row]! - candles.low[row]!) / candles.close[row]! / truth.sigma[row]!)
        .sort();
    const [spiky, calm] = [ranges(1), ranges(-1)];
    const ratio = (share: number): number => quantileOfSorted(spiky, share) / quantileOfSorted(calm, share);
    for (const share of [0.25, 0.5, 0.75]) assert.ok(Math.abs(ratio(share) - 1) < 0.04, `${share}`);
    assert.ok(ratio(0.98) > 1.3, `${ratio(0.98)}`);
  });

  it('with the state removed is the same market, in which a pattern always means the same', () => {
    const removed = simulateTwoTimescale({ ...OPTIONS, state: 'removed' });
    assert.deepEqual(removed.truth.state, market.truth.state);
    assert.deepEqual(removed.candles.volume, market.candles.volume);
    const oracle = (knowledge: 'state' | 'window') =>
      twoTimescaleOracle(removed.truth, removed.candles.close, { horizonCandles: HORIZON, knowledge });
    assert.deepEqual(oracle('state'), oracle('window'));
    assert.ok(accuracy(oracle('window'), returnsAhead(removed)) > 0.75);
  });
});
