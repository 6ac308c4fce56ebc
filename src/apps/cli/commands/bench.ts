import type { Command } from 'commander';
import { ConfigError } from '../../../domain/core/index.ts';
import { BENCHES } from '../../../pipeline/index.ts';
import type { BenchRow } from '../../../pipeline/index.ts';
import { define } from '../invocation.ts';
import { textTable } from '../output.ts';

export function registerBench(program: Command): void {
  const names = Object.keys(BENCHES).join(', ');
  const command = program
    .command('bench')
    .description('speed beside the peers, measured in turn in one run')
    .argument('[name]', `one of ${names} (default: all)`);
  define(command, {
    recorded: false,
    example: 'tidemark bench train --json',
    run: async ({ config, output, signal }, [wanted]) => {
      if (wanted !== undefined && BENCHES[wanted] === undefined) {
        throw new ConfigError([
          { path: 'bench', message: `unknown benchmark "${wanted}"; there are: ${names}` },
        ]);
      }
      const rows: BenchRow[] = [];
      for (const [name, bench] of Object.entries(BENCHES)) {
        if (wanted !== undefined && wanted !== name) continue;
        const found = await output.stage(
          `Benchmark ${name}`,
          (report) => bench({ threads: config.threads, signal, report }),
          (r) => `${r.length} figure${r.length === 1 ? '' : 's'}`,
        );
        rows.push(...found);
      }
      const number = (value: number | null): string =>
        value === null ? 'not installed' : value.toFixed(value < 100 ? 2 : 0);
      output.line(
        textTable(
          ['what', 'unit', 'tidemark', 'peer', 'version', 'peer’s', 'ratio (>1: we win)'],
          rows.map((r) => [
            r.name,
            r.unit,
            number(r.value),
            r.peer,
            r.peerVersion ?? '–',
            number(r.peerValue),
            r.ratio === null ? '–' : `${r.ratio.toFixed(2)}×`,
          ]),
        ),
      );
      return rows;
    },
  });
}
