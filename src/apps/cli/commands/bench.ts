import type { Command } from 'commander';
import { ConfigError } from '../../../domain/core/index.ts';
import { BENCHES } from '../../../pipeline/index.ts';
import type { BenchRow } from '../../../pipeline/index.ts';
import { define } from '../invocation.ts';
import { textTable } from '../output.ts';

/** A simulated day at full rate takes about 0.35 GB in the temporary folder. */
const MOST_DAYS = 31;

export function registerBench(program: Command): void {
  const names = Object.keys(BENCHES).join(', ');
  const command = program
    .command('bench')
    .description('speed beside the peers, measured in turn in one run')
    .argument('[name]', `one of ${names} (default: all)`)
    .option('--days <n>', 'simulated days for ingest; from 2 on also two workers beside one', '1');
  define(command, {
    recorded: false,
    example: 'tidemark bench train --json',
    run: async ({ config, output, signal, options }, [wanted]) => {
      const days = daysOf(options['days'] as string);
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
          (report) => bench({ threads: config.threads, days, signal, report }),
          (r) => `${r.length} figure${r.length === 1 ? '' : 's'}`,
        );
        rows.push(...found);
      }
      const number = (value: number | null): string => (value === null ? 'not installed' : numberText(value));
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

function daysOf(value: string): number {
  const days = Number(value);
  if (Number.isInteger(days) && days >= 1 && days <= MOST_DAYS) return days;
  throw new ConfigError([
    { path: '--days', message: `must be a whole number from 1 to ${MOST_DAYS}, is "${value}"` },
  ]);
}

/** Three digits or so: benchmarks have seconds beside differences of probabilities. */
function numberText(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.01) return value.toExponential(1);
  return value.toFixed(value < 100 ? 2 : 0);
}
