/**
 * Runs every `*.test.ts` below `src` and `test`, each file in a process of its own, and ends with one line
 * `tests: N passed, N failed`. `--fast` leaves out `*.slow.test.ts`; `--coverage` prints line coverage;
 * other arguments are kept as filters on the file's path.
 */
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const args = process.argv.slice(2);
const fast = args.includes('--fast');
const coverage = args.includes('--coverage');
const filters = args.filter((arg) => !arg.startsWith('--'));

const files = globSync(['src/**/*.test.ts', 'test/**/*.test.ts'])
  .filter((file) => !fast || !file.endsWith('.slow.test.ts'))
  .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
  .toSorted();

let passed = 0;
let failed = 0;
let skipped = 0;
const stream = run({
  files,
  concurrency: availableParallelism(),
  coverage,
  coverageIncludeGlobs: ['src/**/*.ts'],
  coverageExcludeGlobs: ['src/**/*.test.ts'],
});
stream.on('test:summary', (summary) => {
  if (summary.file !== undefined) return;
  const { tests, todo } = summary.counts;
  ({ passed, skipped } = summary.counts);
  failed = tests - passed - skipped - todo;
});
stream.compose(spec()).pipe(process.stdout);
stream.on('close', () => {
  // The spec reporter writes on the same stream; this line must come after its last one.
  setImmediate(() => {
    process.stdout.write(
      `\ntests: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
    );
    process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
  });
});
