import type { Command } from 'commander';
import { ConfigError } from '../../../domain/core/index.ts';
import {
  REHEARSAL_DEFAULTS,
  type RehearsalRequest,
  rehearse,
  writeRehearsal,
} from '../../../pipeline/index.ts';
import { symbolsOf } from '../candle-training.ts';
import { define, type Invocation } from '../invocation.ts';

const DEFAULT = REHEARSAL_DEFAULTS;

export function registerRehearse(experiment: Command): void {
  const command = experiment
    .command('rehearse')
    .description(
      'the daily cycle over stored days: embedding at midnight, scores, thresholds, a backtest and a retrain decision a day',
    )
    .requiredOption('--model <name[@version]>', 'MicroNet; its MacroNet comes with it')
    .requiredOption('--symbol <symbols>', 'symbols, such as BTCUSDT,NEARUSDT: one account each')
    .requiredOption('--from <day|month>', 'first day, such as 2025-03-01 or 2025-03')
    .requiredOption('--to <day|month>', 'last day, included')
    .option('--market <name>', 'futures-um or spot', 'futures-um')
    .option('--interval <name>', 'interval of the candles', '5m')
    .option('--cost-bps <x>', `fee and slippage of one fill (default ${DEFAULT.costBps})`)
    .option('--position <share>', `share of an account in a position (default ${DEFAULT.positionShare})`)
    .option('--retrain <never|policy>', 'note what the policy calls for, or do it', 'never')
    .option('--every <days>', 'retrain after so many days whatever happens (default 30)')
    .option('--epochs <n>', `most epochs of a retraining (default ${DEFAULT.epochs})`)
    .option('--fresh', 'play all days again instead of going on after the last whole one');
  define(command, {
    example:
      'tidemark experiment rehearse --model hours --symbol BTCUSDT --from 2025-03 --to 2025-12 --retrain never',
    run: async (invocation) => {
      const { output } = invocation;
      const request = requestOf(invocation);
      const rehearsed = await output.stage(
        'Rehearsing',
        (report) => rehearse({ ...request, onProgress: report, onNote: (text) => output.note(text) }),
        ({ played, reused }) => `${played} days played, ${reused} were in the journal`,
      );
      const { result, verdict, report } = await writeRehearsal(rehearsed, request);
      output.line(
        `${output.bold(verdict[0]!)}${result.synthetic ? '  SYNTHETIC DATA: nothing here happened on an exchange' : ''}`,
      );
      for (const sentence of verdict.slice(1)) output.line(sentence);
      output.line(`\njournal ${rehearsed.journal}\nreport  ${report.html}`);
      const { days: _, ...figures } = result;
      const { journal, played, reused, seconds } = rehearsed;
      return { ...figures, verdict, played, reused, seconds, journal, report };
    },
  });
}

/** @throws ConfigError with every flag that is no number, or names no way to retrain */
function requestOf({ config, options, signal, runId, store }: Invocation): RehearsalRequest {
  const problems: { readonly path: string; readonly message: string }[] = [];
  const text = (name: string): string => options[name] as string;
  const number = (name: string, flag: string): number | undefined => {
    const value = options[name] as string | undefined;
    if (value === undefined) return undefined;
    const parsed = value.trim() === '' ? Number.NaN : Number(value);
    if (!Number.isFinite(parsed)) problems.push({ path: flag, message: `"${value}" is not a number` });
    return parsed;
  };
  const retrain = text('retrain');
  if (retrain !== 'never' && retrain !== 'policy')
    problems.push({ path: '--retrain', message: `"${retrain}" is neither never nor policy` });
  const everyDays = number('every', '--every');
  const request = {
    config,
    signal,
    runId,
    store: store(),
    createdAt: new Date().toISOString(),
    model: text('model'),
    market: text('market'),
    interval: text('interval'),
    symbols: symbolsOf(text('symbol')),
    from: text('from'),
    to: text('to'),
    costBps: number('costBps', '--cost-bps') ?? DEFAULT.costBps,
    positionShare: number('position', '--position') ?? DEFAULT.positionShare,
    retrain: retrain === 'policy' ? ('policy' as const) : ('never' as const),
    policy: everyDays === undefined ? {} : { everyDays },
    epochs: number('epochs', '--epochs') ?? DEFAULT.epochs,
    fresh: options['fresh'] === true,
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return request;
}
