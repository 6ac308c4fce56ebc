import type { Command } from 'commander';
import { ConfigError, isoMinute } from '../../../domain/core/index.ts';
import { kindOfModel, loadModel, trainingDataOf } from '../../../platform/storage/index.ts';
import { replay, ServedModel } from '../../../pipeline/live/index.ts';
import type { EngineOutcome } from '../../../trading/engine/index.ts';
import { replayStoredCandles } from '../candle-replay.ts';
import { define, EXIT, type Invocation, refuseFlags } from '../invocation.ts';

export function registerReplay(program: Command): void {
  let whole = true;
  const command = program
    .command('replay')
    .description(
      'a recording through book → bars → model → auditor → signal, one line a minute; stored candles through a MicroNet and its thresholds, one line a candle',
    )
    .requiredOption('--model <name[@version]>', 'audited model or MicroNet')
    .option('--in <path...>', 'recording: files and folders; formats are told by content')
    .option('--venue <name>', 'venue of the recording (default: the model’s)')
    .option('--symbol <symbol>', 'symbol (default: the model’s)')
    .option('--tick <size>', 'price step of the recording (default: inferred from the data)')
    .option('--lot <size>', 'size step of the recording (default: inferred from the data)')
    .option(
      '--from <date>',
      'of stored candles: first UTC day or month (default: where the model’s test begins)',
    )
    .option('--to <date>', 'of stored candles: last UTC day or month (default: all there are)');
  define(command, {
    example:
      'tidemark replay --model nexo --in recordings/nexousdt\n  tidemark replay --model hours --symbol BTCUSDT --from 2025-12',
    exitCode: () => (whole ? EXIT.done : EXIT.refused),
    run: async (invocation) => {
      const { config, options } = invocation;
      if ((await kindOfModel(config.dataDir, options['model'] as string)) === 'micro') {
        return await replayStoredCandles(invocation);
      }
      const replayed = await replayRecording(invocation);
      whole = replayed.damaged.length === 0;
      return replayed;
    },
  });
}

async function replayRecording({ config, output, options, signal }: Invocation) {
  refuseFlags(
    options,
    ['from', 'to'],
    'is of stored candles: an audited model replays the recording of --in',
  );
  if (options['in'] === undefined) {
    throw new ConfigError([{ path: '--in', message: 'name the recording that the audited model replays' }]);
  }
  const stored = await loadModel(config.dataDir, options['model'] as string);
  const data = trainingDataOf(stored.manifest);
  const model = await ServedModel.load(stored, { threads: config.threads });
  if (data.synthetic) output.line(output.bold('model trained on SYNTHETIC DATA'));
  output.line(
    output.dim(
      'minute (UTC)        price         base: sell neutral buy     calibrated: sell neutral buy  signal  confidence  set',
    ),
  );
  const venue = (options['venue'] as string | undefined) ?? data.venue;
  const symbol = ((options['symbol'] as string | undefined) ?? data.symbol).toUpperCase();
  requireOwnScaling(data, symbol);
  const isOwn = venue === data.venue && symbol === data.symbol;
  const signals: unknown[] = [];
  try {
    const result = await replay({
      venue,
      symbol,
      inputs: options['in'] as string[],
      tickSize: options['tick'] as string | undefined,
      lotSize: options['lot'] as string | undefined,
      model,
      signal,
      onOutcome: (outcome) => {
        if (outcome.kind !== 'signal') {
          output.line(outcomeText(outcome));
          return;
        }
        const trained = isOwn && outcome.signal.minuteMs <= data.toMs;
        output.line(`${outcomeText(outcome)}${trained ? '  *' : ''}`);
        signals.push({ ...outcome.signal, inTrainingPeriod: trained });
      },
    });
    output.note(
      `${result.minutes} minutes: ${result.signals} signals (${result.abstentions} of them abstentions), ${result.warmUpMinutes} warming up, ${result.incompleteMinutes} incomplete; ${result.gaps} gaps, ${result.quarantined} quarantined lines`,
    );
    if (isOwn)
      output.note(
        `* up to ${isoMinute(data.toMs)} the model was trained on these very minutes: no evidence of anything`,
      );
    for (const reason of result.damaged) output.note(`damaged: ${reason}`);
    return { ...result, signals };
  } finally {
    await model.release();
  }
}

function outcomeText(outcome: EngineOutcome): string {
  switch (outcome.kind) {
    case 'signal': {
      const { minuteMs, price, base, probabilities, direction, confidence, set, abstains } = outcome.signal;
      const three = (values: readonly number[]): string => values.map((p) => p.toFixed(3)).join('  ');
      return `${isoMinute(minuteMs)}  ${price.toPrecision(8).padStart(12)}   ${three(base)}         ${three(probabilities)}         ${direction.padEnd(7)} ${confidence.toFixed(3)}       {${set.join(' ')}}${abstains ? ' abstains' : ''}`;
    }
    case 'warm-up':
      return `${isoMinute(outcome.minuteMs)}  ${outcome.price.toPrecision(8).padStart(12)}   warming up: ${outcome.bars} bars`;
    case 'incomplete':
      return `${isoMinute(outcome.minuteMs)}  incomplete: ${outcome.reasons.join(', ')}`;
  }
}

/** @throws ConfigError for a symbol that another model of the same network is scaled for, or none is */
function requireOwnScaling(data: ReturnType<typeof trainingDataOf>, symbol: string): void {
  if (data.companions === undefined || symbol === data.symbol) return;
  const known = data.companions.some((companion) => companion.symbol === symbol);
  const instead = known
    ? 'take the model of that symbol, which the same training made'
    : `the network knows ${[data.symbol, ...data.companions.map((each) => each.symbol)].join(', ')} alone`;
  throw new ConfigError([
    { path: '--symbol', message: `the model is scaled for ${data.symbol}, not ${symbol}; ${instead}` },
  ]);
}
