#!/usr/bin/env node
/** `tidemark`: the command line. Each command is one file in `commands/`. */
import { Command, CommanderError } from 'commander';
import { CODE_VERSION } from '../../pipeline/index.ts';
import { registerAudit } from './commands/audit.ts';
import { registerBacktest } from './commands/backtest.ts';
import { registerBench } from './commands/bench.ts';
import { registerCheck } from './commands/check.ts';
import { registerDemo } from './commands/demo.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerEvaluate } from './commands/evaluate.ts';
import { registerExperiment } from './commands/experiment.ts';
import { registerIngest } from './commands/ingest.ts';
import { registerInstruments } from './commands/instruments.ts';
import { registerLabel } from './commands/label.ts';
import { registerModels } from './commands/models.ts';
import { registerReplay } from './commands/replay.ts';
import { registerSimulate } from './commands/simulate.ts';
import { registerTrain } from './commands/train.ts';
import { EXIT } from './invocation.ts';
import { createOutput } from './output.ts';

const program = new Command('tidemark')
  .description('Order books and candles in, audited trading signals out.')
  .version(CODE_VERSION)
  .enablePositionalOptions()
  .showSuggestionAfterError()
  .showHelpAfterError('(add --help for the flags and an example)')
  .addHelpText(
    'after',
    `
The road:
  tidemark simulate --out archives --days 3 --rate light
  tidemark ingest l2 --venue bybit-linear --symbol SIMUSDT --in archives/bybit/SIMUSDT
  tidemark label --venue bybit-linear --symbol SIMUSDT
  tidemark train base --venue bybit-linear --symbol SIMUSDT --name first
  tidemark audit --model first
  tidemark evaluate --model first
  tidemark backtest --model first
  tidemark replay --model first --in archives/bybit/SIMUSDT

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 input data refused, 130 interrupted.`,
  );

for (const register of [
  registerDemo,
  registerSimulate,
  registerIngest,
  registerInstruments,
  registerCheck,
  registerLabel,
  registerTrain,
  registerAudit,
  registerEvaluate,
  registerBacktest,
  registerExperiment,
  registerReplay,
  registerModels,
  registerBench,
  registerDoctor,
]) {
  register(program);
}

/** Usage errors are commander's; it has told them on stderr already. */
function withUsageExitCode(command: Command): void {
  command.exitOverride();
  command.commands.forEach(withUsageExitCode);
}
withUsageExitCode(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const wantsJson = process.argv.includes('--json') && error.exitCode !== 0;
  createOutput(wantsJson).result({ error: error.message, code: 'USAGE', exitCode: EXIT.usage });
}
