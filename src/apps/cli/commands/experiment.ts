import { availableParallelism } from 'node:os';
import { Argument } from 'commander';
import type { Command } from 'commander';
import { ConfigError } from '../../../domain/core/index.ts';
import {
  type ExperimentMarket,
  EXPERIMENT_DEFAULTS,
  EXPERIMENT_NAMES,
  type ExperimentName,
  experimentRecipe,
  GENERATED_INTERVAL,
  runExperiment,
  writeExperiment,
} from '../../../pipeline/index.ts';
import { symbolsOf } from '../candle-training.ts';
import { define } from '../invocation.ts';
import { registerRehearse } from './rehearse.ts';

const DEFAULT = EXPERIMENT_DEFAULTS;

export function registerExperiment(program: Command): void {
  const command = program
    .command('experiment')
    .enablePositionalOptions()
    .description(
      'two variants of one recipe on the same candles: intervals, corrected p-values, and a verdict in words',
    )
    .addArgument(
      new Argument(
        '<name>',
        'e1 embedding or none, e2 pre-training, e3 window, e4 thresholds, unseen symbol',
      ).choices([...EXPERIMENT_NAMES]),
    )
    .option('--market <name>', 'futures-um or spot', 'futures-um')
    .option('--symbol <symbols>', 'symbols, such as BTCUSDT,NEARUSDT')
    .option('--interval <name>', 'interval of the candles', '5m')
    .option('--from <day|month>', 'first day or month, such as 2025-01 (default: all that is stored)')
    .option('--to <day|month>', 'last day or month')
    .option('--synthetic', 'on a generated market instead, in which the state of days was planted')
    .option('--without-state', 'with --synthetic: days tell nothing of use')
    .option('--days <n>', 'with --synthetic: days to generate (default 360)')
    .option('--seeds <n>', `repetitions, with seeds one after the other (default ${DEFAULT.seeds})`)
    .option('--folds <n>', `folds of the walk-forward (default ${DEFAULT.folds})`)
    .option('--cost-bps <x>', `fee and slippage of one fill (default ${DEFAULT.costBps})`)
    .option(
      '--embargo-minutes <n>',
      `extra distance after a training label’s end (default ${DEFAULT.embargoMinutes})`,
    )
    .option('--bootstrap-samples <n>', `resamples behind an interval (default ${DEFAULT.replicates})`)
    .option('--workers <n>', 'trainings at once, each on one thread (default: threads of the machine)');
  registerRehearse(command);
  define(command, {
    example: 'tidemark experiment e1 --symbol BTCUSDT,NEARUSDT --interval 5m --seeds 5',
    run: async ({ config, output, options, signal, runId, store }, [name]) => {
      const number = (flag: string, otherwise: number): number => numberOf(options, flag, otherwise);
      const source = sourceOf(options, config.seed);
      const recipe = experimentRecipe(source.kind === 'stored' ? source.interval : GENERATED_INTERVAL);
      const createdAt = new Date().toISOString();
      const startedMs = performance.now();
      const result = await output.stage(
        `Experiment ${name}`,
        (report) =>
          runExperiment({
            name: name as ExperimentName,
            config,
            source,
            recipe,
            seeds: number('--seeds', DEFAULT.seeds),
            folds: number('--folds', DEFAULT.folds),
            costBps: number('--cost-bps', DEFAULT.costBps),
            embargoMinutes: number('--embargo-minutes', DEFAULT.embargoMinutes),
            replicates: number('--bootstrap-samples', DEFAULT.replicates),
            blockDays: DEFAULT.blockDays,
            workers: number('--workers', availableParallelism()),
            runId,
            createdAt,
            store: store(),
            signal,
            onProgress: (done, all, text) => report(done / all, `training ${done} of ${all}: ${text}`),
          }),
        (r) => `${r.trainings.made} trainings, ${r.trainings.reused} made before, ${r.days} judged days`,
      );
      const seconds = (performance.now() - startedMs) / 1000;
      const { verdict, ...report } = await writeExperiment(
        { result, recipe },
        { dataDir: config.dataDir, createdAt, seconds },
      );
      output.line(
        `${output.bold(result.title)}${result.synthetic ? '  SYNTHETIC DATA: nothing here happened on an exchange' : ''}`,
      );
      for (const sentence of verdict) output.line(sentence);
      output.line(`\nreport ${report.html}`);
      return { ...result, verdict, seconds, report };
    },
  });
}

function sourceOf(options: Readonly<Record<string, unknown>>, seed: number): ExperimentMarket {
  const symbol = options['symbol'] as string | undefined;
  const isGenerated = options['synthetic'] === true;
  const refuse = (path: string, message: string): never => {
    throw new ConfigError([{ path, message }]);
  };
  if (isGenerated) {
    if (options['interval'] !== GENERATED_INTERVAL) {
      refuse('--interval', `generated candles are of ${GENERATED_INTERVAL}`);
    }
    const days = numberOf(options, '--days', 360);
    if (!(Number.isSafeInteger(days) && days >= 1 && days <= 3660)) {
      refuse('--days', `must be a whole number from 1 to 3660, is ${days}`);
    }
    return {
      kind: 'generated',
      seed,
      symbols: symbolsOf(symbol ?? 'SIM1USDT,SIM2USDT'),
      days,
      state: options['withoutState'] === true ? 'removed' : 'planted',
    };
  }
  for (const [flag, name] of [
    ['--days', 'days'],
    ['--without-state', 'withoutState'],
  ] as const) {
    if (options[name] !== undefined) refuse(flag, 'goes with --synthetic');
  }
  return {
    kind: 'stored',
    market: options['market'] as string,
    symbols: symbolsOf(symbol ?? refuse('--symbol', 'name a symbol, or several, such as BTCUSDT,NEARUSDT')),
    interval: options['interval'] as string,
    from: options['from'] as string | undefined,
    to: options['to'] as string | undefined,
  };
}

function numberOf(options: Readonly<Record<string, unknown>>, flag: string, otherwise: number): number {
  const name = flag.slice(2).replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const text = options[name] as string | undefined;
  if (text === undefined) return otherwise;
  const parsed = Number(text);
  if (text.trim() !== '' && Number.isFinite(parsed)) return parsed;
  throw new ConfigError([{ path: flag, message: `"${text}" is not a number` }]);
}
