/** What the commands that train on candles share: where the candles are, and how epochs are told. */
import type { Command } from 'commander';
import { ConfigError } from '../../domain/core/index.ts';
import type { CandleTrainingRequest } from '../../pipeline/index.ts';
import type { EpochRecord } from '../../platform/storage/index.ts';
import type { Invocation } from './invocation.ts';
import type { Output } from './output.ts';

export function addCandleFlags(command: Command): Command {
  return command
    .requiredOption('--symbol <symbols>', 'symbol of the candles, or several as A,B: one network for all')
    .requiredOption('--name <name>', 'name of the model')
    .option('--market <name>', 'futures-um or spot', 'futures-um')
    .option('--interval <name>', 'such as 1m, 5m, 1h', '5m')
    .option('--from <day|month>', 'first day, such as 2025-01-15 or 2025-01 (default: all that is stored)')
    .option('--to <day|month>', 'last day, included')
    .option('--fresh', 'start anew instead of going on where the same training was interrupted');
}

export function candleRequest({ config, options, signal, runId, store }: Invocation): CandleTrainingRequest {
  return {
    config,
    runId,
    signal,
    createdAt: new Date().toISOString(),
    market: options['market'] as string,
    interval: options['interval'] as string,
    symbols: symbolsOf(options['symbol'] as string),
    from: options['from'] as string | undefined,
    to: options['to'] as string | undefined,
    name: options['name'] as string,
    fresh: options['fresh'] === true,
    store: store(),
  };
}

/** @throws ConfigError when one is empty or there twice */
export function symbolsOf(list: string): readonly [string, ...string[]] {
  const [first, ...others] = list.split(',').map((symbol) => symbol.trim().toUpperCase());
  const all = new Set([first, ...others]);
  if (first === undefined || all.has('') || all.size <= others.length) {
    throw new ConfigError([
      { path: '--symbol', message: `"${list}" is no list of different symbols, such as BTCUSDT,ETHUSDT` },
    ]);
  }
  return [first, ...others];
}

interface Trained {
  readonly epochs: readonly EpochRecord[];
  readonly best: EpochRecord;
  readonly parameters: number;
  readonly metrics: string;
}

export function printEpochs(output: Output, { epochs, best, parameters, metrics }: Trained): void {
  for (const { epoch, trainLoss, valLoss } of epochs) {
    output.line(
      `epoch ${String(epoch).padStart(2)}  train loss ${trainLoss.toFixed(4)}  validation loss ${valLoss?.toFixed(4) ?? '–'}`,
    );
  }
  output.line(
    `${parameters.toLocaleString('en')} parameters, best epoch ${best.epoch}, metrics in ${metrics}`,
  );
}
