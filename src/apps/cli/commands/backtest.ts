import type { Command } from 'commander';
import { ConfigError, type ConfigProblem } from '../../../domain/core/index.ts';
import {
  type BacktestRequest,
  type BacktestSource,
  runBacktest,
  sweepBacktests,
  writeBacktest,
  writeSweep,
} from '../../../pipeline/index.ts';
import { printBacktest, printSweep } from '../backtest-text.ts';
import { define, type Invocation } from '../invocation.ts';

export function registerBacktest(program: Command): void {
  const command = program
    .command('backtest')
    .description(
      'what signals would have earned: costs, depth, stress, benchmarks, and a page that says what it proves',
    )
    .option('--model <name[@version]>', 'audited model or MicroNet: its signals of the test period alone')
    .option('--venue <name>', 'venue of stored candles or bars')
    .option('--symbol <symbol...>', 'symbols; several share one account')
    .option('--interval <name>', 'of stored candles, such as 5m; without it, order-book minute bars')
    .option('--from <date>', 'first UTC day or month')
    .option('--to <date>', 'last UTC day or month')
    .option('--signals <file>', 'CSV or Parquet of scores, for --strategy threshold')
    .option(
      '--time-column <name>',
      'opening time of the candle at whose close the score is known',
      'datetime',
    )
    .option('--score-column <name>', 'the score', 'score')
    .option('--symbol-column <name>', 'names the symbol of a row (default: the file is of one symbol)')
    .option('--no-depth', 'fills at the price and --slippage-bps instead of walking recorded books')
    .option('--no-funding', 'charges no funding though it is ingested')
    .option(
      '--engine <candles|events>',
      'what executes orders: bars, or the messages of a recording (with --in)',
      'candles',
    )
    .option('--in <path...>', 'recording that the bars were made from, for --engine events')
    .option('--sweep', 'tries a grid of settings, and says how much of the best is luck')
    .option('--grid <field=values...>', 'values that the sweep tries, such as enter=0.5,0.6 holdBars=12,24')
    .option('--workers <n>', 'threads of the sweep (default: those of the machine)');
  define(command, {
    groups: ['backtest', 'evaluation'],
    example:
      'tidemark backtest --model nexo\n  tidemark backtest --venue binance-usdm --symbol BTCUSDT --interval 5m --from 2025-01 --to 2025-12 --strategy sma-crossover',
    run: async (invocation) => {
      const { output, options } = invocation;
      const request = requestOf(invocation);
      if (options['sweep'] === true) {
        const outcome = await output.stage(
          'Sweeping',
          (report) =>
            sweepBacktests({
              ...request,
              grid: (options['grid'] as string[] | undefined) ?? [],
              workers: workersOf(options['workers'] as string | undefined),
              onProgress: (share, text) => report(share, text),
            }),
          (s) => `${s.sweep.sets.length.toLocaleString('en')} settings`,
        );
        const out = await writeSweep(outcome);
        printSweep(output, outcome.sweep);
        output.line(`\nreport ${out.html}`);
        return { ...outcome.sweep, report: out };
      }
      const outcome = await output.stage(
        'Backtest',
        (report) => runBacktest({ ...request, onProgress: (share, text) => report(share, text) }),
        (b) => `${b.backtest.figures.trades} trades over ${b.backtest.bars.toLocaleString('en')} bars`,
      );
      const report = await writeBacktest(outcome);
      const { backtest } = outcome;
      printBacktest(output, backtest);
      output.line(`\nreport ${report.html}`);
      return { ...backtest.figures, ...backtest, report };
    },
  });
}

/** @throws ConfigError with every flag that does not fit the others */
function requestOf({ config, options, signal, runId, store }: Invocation): BacktestRequest {
  const problems: ConfigProblem[] = [];
  const text = (name: string): string | undefined => options[name] as string | undefined;
  const refuse = (path: string, message: string): void => void problems.push({ path, message });
  const range = {
    fromMs: dateOption(text('from'), '--from', problems)?.fromMs ?? Number.NEGATIVE_INFINITY,
    toMs: dateOption(text('to'), '--to', problems)?.toMs ?? Number.POSITIVE_INFINITY,
  };
  if (range.toMs <= range.fromMs) refuse('--to', `${text('to')} lies before ${text('from')}`);
  const engine = text('engine')!;
  const recording = options['in'] as readonly string[] | undefined;
  if (!['candles', 'events'].includes(engine))
    refuse('--engine', `"${engine}" is neither candles nor events`);
  if ((engine === 'events') !== (recording !== undefined)) {
    refuse(
      '--in',
      engine === 'events' ? 'name the recording that the bars were made from' : 'is for --engine events',
    );
  }
  if (engine === 'events' && text('interval') !== undefined) {
    refuse('--interval', 'a recording is traded on its minute bars: leave it');
  }
  if (engine === 'events' && options['sweep'] === true) refuse('--sweep', 'is on bars: leave --engine');
  if (options['grid'] !== undefined && options['sweep'] !== true) refuse('--grid', 'is for --sweep');
  const source = sourceOf(options, refuse);
  if (problems.length > 0) throw new ConfigError(problems);
  const file = text('signals');
  return {
    config,
    signal,
    runId,
    store: store(),
    createdAt: new Date().toISOString(),
    source: source!,
    range,
    depth: options['depth'] !== false,
    funding: options['funding'] !== false,
    recording: recording ?? null,
    scores:
      file === undefined
        ? null
        : {
            file,
            timeColumn: text('timeColumn')!,
            scoreColumn: text('scoreColumn')!,
            symbolColumn: text('symbolColumn'),
          },
  };
}

function sourceOf(
  options: Invocation['options'],
  refuse: (path: string, message: string) => void,
): BacktestSource | null {
  const text = (name: string): string | undefined => options[name] as string | undefined;
  const model = text('model');
  if (model !== undefined) {
    for (const name of ['venue', 'symbol', 'interval', 'from', 'to', 'signals', 'strategy'] as const) {
      if (options[name] !== undefined)
        refuse(`--${name}`, 'is not for --model: its own test period is traded');
    }
    return { kind: 'model', model };
  }
  const venue = text('venue');
  const symbols = [
    ...new Set(((options['symbol'] as string[] | undefined) ?? []).flatMap((value) => value.split(','))),
  ]
    .map((symbol) => symbol.trim().toUpperCase())
    .filter((symbol) => symbol !== '');
  if (venue === undefined || symbols.length === 0) {
    refuse(
      venue === undefined ? '--venue' : '--symbol',
      'give --model, or --venue and --symbol of stored data',
    );
    return null;
  }
  const interval = text('interval');
  if (interval === undefined) return { kind: 'bars', venue, symbols };
  return { kind: 'candles', venue, symbols, interval };
}

const DATE = /^\d{4}-\d{2}(-\d{2})?$/;

/** A UTC day or month; `toMs` is its end. */
function dateOption(value: string | undefined, flag: string, problems: ConfigProblem[]) {
  if (value === undefined) return null;
  const isMonth = value.length === 7;
  const fromMs = DATE.test(value) ? Date.parse(`${value}${isMonth ? '-01' : ''}T00:00:00Z`) : Number.NaN;
  if (!Number.isFinite(fromMs) || !new Date(fromMs).toISOString().startsWith(value)) {
    problems.push({ path: flag, message: `"${value}" is not a UTC day such as 2025-01-31, or a month` });
    return null;
  }
  const next = new Date(fromMs);
  if (isMonth) next.setUTCMonth(next.getUTCMonth() + 1);
  else next.setUTCDate(next.getUTCDate() + 1);
  return { fromMs, toMs: next.getTime() };
}

function workersOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const workers = Number(value);
  if (Number.isSafeInteger(workers) && workers >= 1) return workers;
  throw new ConfigError([{ path: '--workers', message: `"${value}" is not a whole number above 0` }]);
}
