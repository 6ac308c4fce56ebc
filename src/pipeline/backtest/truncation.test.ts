/** Whatever comes later changes nothing of what was: signals, and trades that are over. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NEUTRAL, Random } from '../../domain/core/index.ts';
import { runAccount } from './account.ts';
import type { BacktestConfig } from './backtest-config.ts';
import { type BacktestMarket, sliceMarket } from './markets.ts';
import { backtestConfig, walkMarket } from './markets.fixture.ts';
import { settingsOf } from './settings.ts';
import { type SignalInput, signalsFor } from './signal-source.ts';

const ROWS = 300;
const SEED = 3;

function modelInput(rows: number): SignalInput {
  const random = Random.fromSeed(11);
  const probabilities = new Float64Array(rows * 3);
  for (let row = 0; row < rows; row++) {
    const [a, b] = [random.uniform(), random.uniform()].toSorted((x, y) => x - y);
    probabilities.set([a!, b! - a!, 1 - b!], 3 * row);
  }
  const said = Int8Array.from({ length: rows }, () => [0, NEUTRAL, NEUTRAL, NEUTRAL, 2][random.integer(5)]!);
  return { kind: 'model', probabilities, decisions: said, sets: said };
}

const cutInput = (input: SignalInput, rows: number): SignalInput => {
  switch (input.kind) {
    case 'prices':
      return input;
    case 'scores':
      return { ...input, scores: input.scores.subarray(0, rows) };
    case 'model': {
      const { probabilities, decisions, sets } = input;
      return {
        ...input,
        probabilities: probabilities.subarray(0, 3 * rows),
        decisions: decisions.subarray(0, rows),
        sets: sets.subarray(0, rows),
      };
    }
  }
};

function trade(market: BacktestMarket, input: SignalInput, config: BacktestConfig) {
  const signals = signalsFor(input, market, config, SEED);
  return { signals, run: runAccount([market], [signals], settingsOf(config, [market])) };
}

const scores = Random.fromSeed(5);
const INPUTS: readonly (readonly [SignalInput, Partial<BacktestConfig>])[] = [
  [{ kind: 'prices' }, { strategy: 'sma-crossover', fast: 3, slow: 9 }],
  [{ kind: 'prices' }, { strategy: 'random', entryRate: 0.1 }],
  [
    { kind: 'scores', scores: Float64Array.from({ length: ROWS }, () => scores.normal()) },
    { strategy: 'threshold', enter: 1, exit: 0.2 },
  ],
  [modelInput(ROWS), { rule: 'threshold', enter: 0.6, holdBars: 7 }],
  [modelInput(ROWS), { rule: 'sets', holdBars: 12, stopLoss: 0.01, sizing: 'volatility', sizeWindow: 20 }],
];

describe('a shorter history', () => {
  for (const depth of [undefined, 30]) {
    it(`changes no signal and no trade that is over, ${depth === undefined ? 'on candles' : 'in books'}`, () => {
      const market = walkMarket({ rows: ROWS, ...(depth === undefined ? {} : { depth }) });
      fc.assert(
        fc.property(fc.constantFrom(...INPUTS), fc.integer({ min: 2, max: ROWS }), ([input, more], rows) => {
          const config = backtestConfig(more);
          const whole = trade(market, input, config);
          const cut = trade(sliceMarket(market, 0, rows), cutInput(input, rows), config);
          assert.deepEqual([...cut.signals], [...whole.signals.subarray(0, rows)]);
          assert.deepEqual([...cut.run.equity], [...whole.run.equity.subarray(0, rows)]);
          const over = cut.run.trades.filter(({ exitReason }) => exitReason !== 'open');
          assert.deepEqual(over, whole.run.trades.slice(0, over.length));
        }),
        { numRuns: 60 },
      );
    });
  }

  it('is a property that this test can see broken', () => {
    const market = walkMarket({ rows: ROWS });
    const { close } = market.checked.candles;
    const mean = (rows: number): number => close.subarray(0, rows).reduce((sum, x) => sum + x, 0) / rows;
    const scored = (rows: number) => ({
      kind: 'scores' as const,
      scores: close.subarray(0, rows).map((price) => price / mean(rows) - 1),
    });
    const config = backtestConfig({ strategy: 'threshold', enter: 0.01 });
    const whole = trade(market, scored(ROWS), config);
    const cut = trade(sliceMarket(market, 0, 150), scored(150), config);
    assert.notDeepEqual([...cut.signals], [...whole.signals.subarray(0, 150)]);
  });
});
