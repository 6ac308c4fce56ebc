import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, InvariantError } from '../../domain/core/index.ts';
import { backtest } from './backtest.ts';
import { flatCandles } from './candles.fixture.ts';
import { type Candles, checkCandles } from './candles.ts';
import { decideAll, findLookAhead, type MarketView, type Strategy } from './index.ts';
import { crossoverSignals, ENTER_LONG, ENTER_SHORT, simpleMovingAverage } from './signals.ts';
import { openView } from './strategy.ts';

/** Long above the mean of the last three closes, short below it. */
class AboveMean implements Strategy {
  decide(view: MarketView): number {
    const mean = (view.close(0) + view.close(1) + view.close(2)) / 3;
    if (view.close() > mean) return ENTER_LONG;
    return view.close() < mean ? ENTER_SHORT : 0;
  }
}

const candles = flatCandles([10, 11, 12, 11, 10, 9, 10]);

describe('MarketView', () => {
  it('shows closed candles, counted backwards', () => {
    const { view, advance } = openView(checkCandles(candles));
    assert.equal(view.length, 0);
    assert.ok(Number.isNaN(view.close()));
    assert.ok(advance() && advance());
    assert.deepEqual(
      [view.length, view.close(), view.close(1), view.open(), view.openTimeMs()],
      [2, 11, 10, 10, 300_000],
    );
    assert.equal(view.nowMs, 600_000);
    assert.ok(Number.isNaN(view.close(2)));
    assert.ok(Number.isNaN(view.volume()));
  });

  it('has no name for the next candle', () => {
    const { view, advance } = openView(checkCandles(candles));
    advance();
    for (const age of [-1, 0.5, Number.NaN]) assert.throws(() => view.close(age), InvariantError);
    assert.throws(() => Object.assign(view, { close: () => 0 }), TypeError);
    assert.deepEqual(Object.keys(view).toSorted(), [
      'close',
      'high',
      'length',
      'low',
      'nowMs',
      'open',
      'openTimeMs',
      'volume',
    ]);
  });
});

describe('a strategy', () => {
  it('runs like any signals', () => {
    const checked = checkCandles(candles);
    const signals = decideAll(() => new AboveMean(), checked);
    assert.deepEqual([...signals], [0, 0, ENTER_LONG, ENTER_SHORT, ENTER_SHORT, ENTER_SHORT, ENTER_LONG]);
    assert.equal(backtest([{ candles: checked, signals }])[0]!.trades.length, 2);
  });
});

describe('findLookAhead', () => {
  const crossing = ({ close }: Candles): Uint8Array => {
    const out = new Uint8Array(close.length);
    const [fast, slow] = [simpleMovingAverage(close, 1), simpleMovingAverage(close, 2)];
    crossoverSignals({ fast, slow, direction: 'both' }, out);
    return out;
  };

  it('clears signals that keep to the past', () => {
    assert.deepEqual(findLookAhead(crossing, candles, [3, 4, 5, 6]), []);
  });

  it('finds the first signal that saw the next candle', () => {
    const cheat = ({ close }: Candles): Uint8Array =>
      Uint8Array.from(close, (price, row) => ((close[row + 1] ?? price) > price ? ENTER_LONG : 0));
    assert.deepEqual(findLookAhead(cheat, candles, [2, 4]), [
      { rows: 2, row: 1, whole: ENTER_LONG, truncated: 0 },
    ]);
  });

  it('finds what was scaled by the whole history', () => {
    const scaled = ({ close }: Candles): Float64Array => close.map((price) => price / Math.max(...close));
    assert.equal(findLookAhead(scaled, candles, [2])[0]!.row, 0);
    assert.throws(() => findLookAhead(scaled, candles, [8]), ConfigError);
  });
});
