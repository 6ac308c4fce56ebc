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
const filters = args.filter((arg) => !arg.startsWith('--'));

const files = globSync(['src/**/*.test.ts', 'test/**/*.test.ts'])
  .filter((file) => !args.includes('--fast') || !file.endsWith('.slow.test.ts'))
  .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
  .toSorted();

const stream = run({
  files,
  concurrency: availableParallelism(),
  coverage: args.includes('--coverage'),
  coverageIncludeGlobs: ['src/**/*.ts'],
  coverageExcludeGlobs: ['src/**/*.test.ts'],
});

let summaryLine = 'tests: 0 passed, 1 failed';
process.exitCode = 1;
stream.on('test:summary', ({ file, counts }) => {
  if (file !== undefined) return;
  const { tests, passed, skipped, todo } = counts;
  const failed = tests - passed - skipped - todo;
  summaryLine = `tests: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
});

const reporter = new spec();
reporter.on('end', () => setImmediate(() => process.stdout.write(`\n${summaryLine}\n`)));
stream.pipe(reporter).pipe(process.stdout);
