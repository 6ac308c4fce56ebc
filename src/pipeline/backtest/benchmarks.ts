/** What anybody could have done at the same costs: buying and holding, crossing averages, and the same trades at random. */
import { Random } from '../../domain/core/index.ts';
import { quantileOfSorted } from '../../domain/math/index.ts';
import {
  type BacktestSettings,
  ENTER_LONG,
  ENTER_SHORT,
  EXIT_LONG,
  EXIT_SHORT,
} from '../../trading/backtest/index.ts';
import type { Benchmark } from '../report/index.ts';
import { type AccountRun, runAccount, type SymbolTrade } from './account.ts';
import type { BacktestConfig } from './backtest-config.ts';
import { figuresOf } from './figures.ts';
import type { BacktestMarket } from './markets.ts';
import { settingsOf } from './settings.ts';
import { signalsFor } from './signal-source.ts';

export interface BenchmarkPlan {
  readonly markets: readonly BacktestMarket[];
  readonly config: BacktestConfig;
  readonly seed: number;
  /** Called between draws; may throw to stop. */
  readonly check: () => void;
}

const AVERAGES = { fast: 20, slow: 100 } as const;

export function benchmarksOf(run: AccountRun, plan: BenchmarkPlan): readonly Benchmark[] {
  const { markets, config } = plan;
  const plain = settingsOf({ ...config, sizing: 'fraction', size: 1 / markets.length }, markets);
  const settings = { ...plain, exits: {} };
  const told = (id: Benchmark['id'], name: string, strategy: BacktestConfig['strategy']): Benchmark => {
    const signals = markets.map((market) =>
      signalsFor({ kind: 'prices' }, market, { ...config, ...AVERAGES, strategy }, plan.seed),
    );
    return { id, name, ...shown(runAccount(markets, signals, settings)), draws: null };
  };
  const hold = config.direction === 'short' ? 'Sell short and hold' : 'Buy and hold';
  const averages = `Averages of ${AVERAGES.fast} and ${AVERAGES.slow} bars crossing`;
  return [
    told('buy-and-hold', hold, 'buy-and-hold'),
    told('sma-crossover', averages, 'sma-crossover'),
    ...randomBenchmark(run, plan),
  ];
}

function shown(run: AccountRun): Omit<Benchmark, 'id' | 'name' | 'draws'> {
  const { totalReturn, sharpe, maxDrawdown, trades } = figuresOf(run).figures;
  return { totalReturn, sharpe, maxDrawdown, trades };
}

/** Draws of {@link shuffledTrades}; none where nothing was traded. */
function randomBenchmark(
  run: AccountRun,
  { markets, config, seed, check }: BenchmarkPlan,
): readonly Benchmark[] {
  if (run.trades.length === 0) return [];
  const settings: BacktestSettings = { ...settingsOf(config, markets), exits: {} };
  const random = Random.fromLabel(seed, 'backtest-random-benchmark');
  const returns = new Float64Array(config.randomDraws);
  const sharpes: number[] = [];
  const drawdowns: number[] = [];
  for (let draw = 0; draw < config.randomDraws; draw++) {
    check();
    const signals = markets.map((market) =>
      shuffledTrades(
        run.trades.filter(({ symbol }) => symbol === market.symbol),
        { rows: market, delay: settings.delayCandles ?? 1, openTimeMs: run.openTimeMs },
        random,
      ),
    );
    const { figures } = figuresOf(runAccount(markets, signals, settings));
    returns[draw] = figures.totalReturn!;
    sharpes.push(figures.sharpe ?? 0);
    drawdowns.push(figures.maxDrawdown!);
  }
  const own = figuresOf(run).figures.totalReturn!;
  const better = returns.filter((value) => value >= own).length;
  const at = (values: ArrayLike<number>, share: number): number =>
    quantileOfSorted(Float64Array.from(values).sort(), share);
  const bounds = (values: ArrayLike<number>) => [at(values, 0.025), at(values, 0.975)] as const;
  return [
    {
      id: 'random',
      name: 'The same trades at random times',
      totalReturn: at(returns, 0.5),
      sharpe: at(sharpes, 0.5),
      maxDrawdown: at(drawdowns, 0.5),
      trades: run.trades.length,
      draws: {
        count: returns.length,
        totalReturn: bounds(returns),
        sharpe: bounds(sharpes),
        pValue: (better + 1) / (returns.length + 1),
      },
    },
  ];
}

interface Placement {
  readonly rows: BacktestMarket;
  readonly delay: number;
  /** `[grid]` times that the trades' rows count. */
  readonly openTimeMs: Float64Array;
}

/**
 * Signals of as many trades with the same sides in the same order and the same lengths (shuffled within each side), placed
 * at random: the time without a position is cut anew wherever there was some, before the first and after the last trade too.
 * A trade that reversed the one before it still does, so that the turnover stays.
 */
export function shuffledTrades(
  trades: readonly SymbolTrade[],
  { rows: market, delay, openTimeMs }: Placement,
  random: Random,
): Uint8Array {
  const own = market.checked.candles.openTimeMs;
  const out = new Uint8Array(own.length);
  const rowAt = own.length === openTimeMs.length ? null : new Map(Array.from(own, (ms, row) => [ms, row]));
  const rowOf = (ms: number, row: number): number => rowAt?.get(ms) ?? row;
  const spells = trades.map((trade) => {
    const start = rowOf(trade.entryTimeMs, trade.entryRow);
    return { side: trade.side, start, length: Math.max(1, rowOf(trade.exitTimeMs, trade.exitRow) - start) };
  });
  const last = own.length - 1;
  const isReversal = spells.map(({ start, side }, i) => {
    const before = spells[i - 1];
    return before !== undefined && before.side !== side && start <= before.start + before.length;
  });
  const lengths = {
    long: shuffled(
      spells.filter(({ side }) => side === 'long').map(({ length }) => length),
      random,
    ),
    short: shuffled(
      spells.filter(({ side }) => side === 'short').map(({ length }) => length),
      random,
    ),
  };
  const held = spells.reduce((sum, { length }) => sum + length, 0);
  const gaps = isReversal.filter((reversal) => !reversal).length;
  // Rows that are free beyond one between trades that do not reverse each other.
  const free = Math.max(0, last - delay - held - (gaps - 1));
  const cuts = Array.from({ length: gaps }, () => random.integer(free + 1)).sort((a, b) => a - b);
  let row = delay;
  let gap = 0;
  let used = 0;
  for (const [i, { side }] of spells.entries()) {
    if (isReversal[i] !== true) {
      row += cuts[gap]! - used + (gap === 0 ? 0 : 1);
      used = cuts[gap++]!;
    }
    const [enter, exit] = side === 'long' ? [ENTER_LONG, EXIT_LONG] : [ENTER_SHORT, EXIT_SHORT];
    if (row - delay > last) break;
    out[row - delay] = enter;
    row += lengths[side].pop()!;
    if (isReversal[i + 1] !== true && row - delay <= last) out[row - delay] = exit;
  }
  return out;
}

function shuffled(values: readonly number[], random: Random): number[] {
  const mixed = [...values];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!];
  }
  return mixed;
}
