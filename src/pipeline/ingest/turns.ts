/** Lets one at a time do what must not be done twice at once: those who want the same wait, in the order of asking. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** Waits for all who have asked for one of `keys` before; the result gives them back. */
  async take(keys: readonly string[]): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = keys.flatMap((key) => this.#last.get(key) ?? []);
    for (const key of keys) this.#last.set(key, promise);
    await Promise.all(before);
    return resolve;
  }
}
