/** A worker for the tests of the pool: doubles a number; some numbers make it fail, wait or die. */
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveJobs } from './pool.ts';

export interface DoubleJob {
  readonly value: number;
  readonly act?: 'fail' | 'wait' | 'die' | 'die-once';
  /** `die-once` leaves this file behind when it dies. */
  readonly mark?: string;
}

serveJobs<DoubleJob, number, string>(async ({ value, act, mark }, { signal, send }) => {
  send(`doubling ${value}`);
  if (act === 'fail') throw new Error(`no double of ${value}`);
  if (act === 'wait') await sleep(60_000, undefined, { signal });
  if (act === 'die') process.exit(9);
  if (act === 'die-once' && mark !== undefined && !existsSync(mark)) {
    writeFileSync(mark, '');
    process.exit(9);
  }
  return 2 * value;
});
