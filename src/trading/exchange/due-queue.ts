/** What is on its way: actions in order of the time at which they are due, and of their making where times are the same. */

interface Due {
  readonly timeMs: number;
  readonly act: () => void;
}

export class DueQueue {
  /** Ascending in time; those before the head are done. New ones mostly go to the end. */
  #waiting: Due[] = [];
  #head = 0;

  /** Infinity when nothing is on its way. */
  nextMs = Infinity;

  push(timeMs: number, act: () => void): void {
    const waiting = this.#waiting;
    let at = waiting.length;
    while (at > this.#head && waiting[at - 1]!.timeMs > timeMs) at--;
    if (at === waiting.length) waiting.push({ timeMs, act });
    else waiting.splice(at, 0, { timeMs, act });
    this.nextMs = waiting[this.#head]!.timeMs;
  }

  /** Takes the next one out and does it; there must be one. */
  actNext(): void {
    const due = this.#waiting[this.#head++];
    // Half of it is done at least: what is moved now was paid for by what was taken out.
    if (2 * this.#head >= this.#waiting.length) {
      this.#waiting.splice(0, this.#head);
      this.#head = 0;
    }
    this.nextMs = this.#waiting[this.#head]?.timeMs ?? Infinity;
    due?.act();
  }
}
