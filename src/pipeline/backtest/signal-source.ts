/** What is said at each close: built-in strategies, scores of a file, probabilities of an audited model. */
import { CLASS_COUNT, BUY, ConfigError, NEUTRAL, Random, SELL } from '../../domain/core/index.ts';
import {
  crossoverSignals,
  type Direction,
  ENTER_LONG,
  ENTER_SHORT,
  EXIT_LONG,
  EXIT_SHORT,
  simpleMovingAverage,
  thresholdSignals,
} from '../../trading/backtest/index.ts';
import type { BacktestConfig } from './backtest-config.ts';
import type { BacktestMarket } from './markets.ts';

/** What signals are made of besides the prices; plain data, so that it can go to another thread. */
export type SignalInput =
  | { readonly kind: 'prices' }
  /** `[rows]`, NaN says nothing. */
  | { readonly kind: 'scores'; readonly scores: Float64Array }
  | {
      readonly kind: 'model';
      /** `[rows × 3]` calibrated; NaN in rows that are not judged. */
      readonly probabilities: Float64Array;
      /** `[rows]` what the one decision rule says, and what a prediction set of one direction says; else NEUTRAL. */
      readonly decisions: Int8Array;
      readonly sets: Int8Array;
    };

/** `[rows]` codes of `trading/backtest`; depends on nothing after each row. */
export function signalsFor(
  input: SignalInput,
  market: BacktestMarket,
  config: BacktestConfig,
  seed: number,
): Uint8Array {
  const { close } = market.checked.candles;
  const out = new Uint8Array(close.length);
  if (input.kind === 'model') return modelSignals(input, config, out);
  const { strategy, direction } = config;
  switch (strategy) {
    case 'sma-crossover': {
      const { fast, slow } = config;
      if (fast >= slow) {
        throw new ConfigError([
          { path: '--fast', message: `${fast} candles is not faster than --slow ${slow}` },
        ]);
      }
      const averages = { fast: simpleMovingAverage(close, fast), slow: simpleMovingAverage(close, slow) };
      crossoverSignals({ ...averages, direction }, out);
      return out;
    }
    case 'threshold': {
      if (input.kind !== 'scores') {
        throw new ConfigError([
          { path: '--signals', message: 'the strategy `threshold` needs a file of scores' },
        ]);
      }
      const { enter, exit } = config;
      if (!(enter >= 0 && exit <= enter)) {
        throw new ConfigError([
          { path: '--enter', message: `${enter} must be 0 or more and not below --exit ${exit}` },
        ]);
      }
      thresholdSignals(input.scores, { enter, exit, direction }, out);
      return out;
    }
    case 'random':
      return randomSignals(config, Random.fromLabel(seed, `backtest-random-${market.symbol}`), out);
    case 'buy-and-hold':
      out[0] = direction === 'short' ? ENTER_SHORT : ENTER_LONG;
      return out;
  }
}

/** A side that is not traded only closes the other. */
const CODES: Readonly<Record<Direction, readonly [sell: number, buy: number]>> = {
  both: [ENTER_SHORT, ENTER_LONG],
  long: [EXIT_LONG, ENTER_LONG],
  short: [ENTER_SHORT, EXIT_SHORT],
};

function modelSignals(
  input: Extract<SignalInput, { kind: 'model' }>,
  { rule, enter, direction }: BacktestConfig,
  out: Uint8Array,
): Uint8Array {
  const [sell, buy] = CODES[direction];
  const codeOf = (said: number): number => (said === SELL ? sell : said === BUY ? buy : 0);
  for (let row = 0; row < out.length; row++) out[row] = codeOf(saidAt(input, row, { rule, enter }));
  return out;
}

function saidAt(
  { probabilities, decisions, sets }: Extract<SignalInput, { kind: 'model' }>,
  row: number,
  { rule, enter }: Pick<BacktestConfig, 'rule' | 'enter'>,
): number {
  switch (rule) {
    case 'sets':
      return sets[row]!;
    case 'decisions':
      return decisions[row]!;
    case 'threshold': {
      const sell = probabilities[row * CLASS_COUNT + SELL]!;
      const buy = probabilities[row * CLASS_COUNT + BUY]!;
      if (sell > enter && !(buy >= sell)) return SELL;
      return buy > enter && !(sell >= buy) ? BUY : NEUTRAL;
    }
  }
}

/** `[rows]` SELL, NEUTRAL, BUY as the rule in force says it. */
export function saidBy(input: SignalInput, config: BacktestConfig): Int8Array {
  if (input.kind !== 'model') return new Int8Array(0);
  return input.sets.map((_, row) => saidAt(input, row, config));
}

function randomSignals(
  { entryRate, direction }: BacktestConfig,
  random: Random,
  out: Uint8Array,
): Uint8Array {
  for (let row = 0; row < out.length; row++) {
    const [draw, side] = [random.uniform(), random.uniform()];
    if (draw >= 2 * entryRate) continue;
    if (draw >= entryRate) out[row] = EXIT_LONG | EXIT_SHORT;
    else if (direction === 'both') out[row] = side < 0.5 ? ENTER_LONG : ENTER_SHORT;
    else out[row] = direction === 'long' ? ENTER_LONG : ENTER_SHORT;
  }
  return out;
}
