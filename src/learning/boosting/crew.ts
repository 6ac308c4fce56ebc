/**
 * Threads that run one program over shared memory: each takes tasks until none is left, then all meet. A task writes
 * what no other task of its phase reads or writes, so that the result does not depend on who did what, nor on how many
 * they are. Starting the threads is the caller's business ({@link BoostingThreads}); here is only how they keep step.
 */
import { InvariantError, invariant } from '../../domain/core/index.ts';

// Positions in the control block: numbers of threads, of the present meeting, of the next task, and, once the crew is
// dismissed, one more than the meeting that it was dismissed in.
const JOINED = 0;
const ARRIVED = 1;
const MEETING = 2;
const NEXT_TASK = 3;
const OVER = 4;
const CONTROL_LENGTH = 5;

/** Looks at the meeting's number before a thread goes to sleep: some microseconds, a tenth of what waking up takes. */
const LOOKS = 2000;
/** A thread that the others wait longer for has died. */
const LONGEST_WAIT_MS = 600_000;

/** `Int32Array` that the threads of one crew share. */
export function crewControl(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * CONTROL_LENGTH));
}

export class Crew {
  readonly threads: number;
  /** Whether this is the caller's own thread. */
  readonly leads: boolean;
  readonly #control: Int32Array;

  private constructor(control: Int32Array, threads: number, leads: boolean) {
    this.#control = control;
    this.threads = threads;
    this.leads = leads;
  }

  /** @param control of {@link crewControl} */
  static lead(control: Int32Array, threads: number): Crew {
    return new Crew(control, threads, true);
  }

  static alone(): Crew {
    return Crew.lead(crewControl(), 1);
  }

  /** The view of a thread that assists. */
  static join(control: Int32Array, threads: number): Crew {
    const before = Atomics.add(control, JOINED, 1);
    invariant(before < threads - 1, 'a crew cannot take more threads than it was made for', { threads });
    Atomics.notify(control, JOINED);
    return new Crew(control, threads, false);
  }

  /** Settles when all have joined. */
  async assembled(): Promise<void> {
    for (;;) {
      const joined = Atomics.load(this.#control, JOINED);
      if (joined === this.threads - 1) return;
      const woken = await Atomics.waitAsync(this.#control, JOINED, joined, LONGEST_WAIT_MS).value;
      if (woken === 'timed-out') throw lost();
    }
  }

  /** Has each task done once by some thread, and returns when all are. */
  each(tasks: number, perform: (task: number) => void): void {
    if (this.threads === 1) {
      for (let task = 0; task < tasks; task++) perform(task);
      return;
    }
    for (;;) {
      const task = Atomics.add(this.#control, NEXT_TASK, 1);
      if (task >= tasks) break;
      perform(task);
    }
    this.meet();
  }

  /** Returns when all threads have come here. @throws InvariantError when one never will */
  meet(): void {
    if (!this.#pass()) throw lost();
  }

  /** {@link meet}, for threads that assist: false when the caller has dismissed them. */
  continues(): boolean {
    return this.#pass();
  }

  /** Ends the crew, wherever its threads are: the present meeting will never be complete. */
  dismiss(): void {
    const control = this.#control;
    if (Atomics.compareExchange(control, OVER, 0, Atomics.load(control, MEETING) + 1) !== 0) return;
    Atomics.add(control, MEETING, 1);
    Atomics.notify(control, MEETING);
  }

  #pass(): boolean {
    if (this.threads === 1) return true;
    const control = this.#control;
    const meeting = Atomics.load(control, MEETING);
    if (Atomics.load(control, OVER) !== 0) return false;
    if (Atomics.add(control, ARRIVED, 1) === this.threads - 1) {
      Atomics.store(control, ARRIVED, 0);
      Atomics.store(control, NEXT_TASK, 0);
      Atomics.add(control, MEETING, 1);
      Atomics.notify(control, MEETING);
    } else {
      for (let look = 0; look < LOOKS && Atomics.load(control, MEETING) === meeting; look++);
      while (Atomics.load(control, MEETING) === meeting) {
        if (Atomics.wait(control, MEETING, meeting, LONGEST_WAIT_MS) === 'timed-out') {
          this.dismiss();
          throw lost();
        }
      }
    }
    // Dismissal after this meeting is of no concern to those who have yet to leave it.
    return Atomics.load(control, OVER) !== meeting + 1;
  }
}

function lost(): InvariantError {
  return new InvariantError('a thread of boosting has stopped before the work was done', {
    code: 'CREW_LOST',
  });
}
