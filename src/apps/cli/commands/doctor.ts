import type { Command } from 'commander';
import { examineMachine } from '../../../pipeline/index.ts';
import { define, EXIT } from '../invocation.ts';

export function registerDoctor(program: Command): void {
  let ok = true;
  define(program.command('doctor').description('says what is wrong with this machine'), {
    recorded: false,
    example: 'tidemark doctor',
    exitCode: () => (ok ? EXIT.done : EXIT.failed),
    run: async ({ config, output }) => {
      const checks = await examineMachine(config.dataDir);
      for (const check of checks) output.line(`${check.ok ? '✔' : '✖'} ${check.name}: ${check.detail}`);
      ok = checks.every((check) => check.ok);
      return { ok, checks };
    },
  });
}
