/** Cuts chunks of bytes into lines without copying them, but for the line that lies across two chunks. */
const NEWLINE = 10;

/** A longer line is no market data: the largest known, a full exchange description, stays below 1 MB. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * After each `push`, and at last after `finish`, `next` steps from line to line: `bytes[start, end)`. Behind a line, at
 * `bytes[end]`, stands its newline; only the last line of all may lack it. A line that grows beyond all measure is
 * handed out empty and marked: of such lines nothing is kept, so that no file fills the memory.
 */
export class LineSplitter {
  bytes = NOTHING;
  start = 0;
  end = 0;
  /** The line was longer than {@link MAX_LINE_BYTES}. */
  isTooLong = false;
  /** The beginning of a line whose end has not come yet. */
  #carry: Buffer[] = [];
  #carryBytes = 0;
  /** The line that began in an earlier chunk; null when there is none or it has been handed out. */
  #carried: Buffer | null = null;
  #chunk = NOTHING;
  /** What of the chunk is whole lines not handed out yet. */
  #at = 0;
  #whole = 0;

  push(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#at = 0;
    this.#whole = chunk.lastIndexOf(NEWLINE) + 1;
    if (this.#whole > 0 && this.#carryBytes > 0) {
      this.#at = chunk.indexOf(NEWLINE) + 1;
      this.#keep(chunk.subarray(0, this.#at));
      this.finish();
    }
    if (this.#whole < chunk.length) this.#keep(chunk.subarray(this.#whole));
  }

  /** No chunk follows: what is left is the last line. */
  finish(): void {
    if (this.#carryBytes === 0) return;
    this.#carried = this.#carryBytes > MAX_LINE_BYTES ? NOTHING : Buffer.concat(this.#carry);
    this.#carry = [];
    this.#carryBytes = 0;
  }

  /** False when there is no further line yet. */
  next(): boolean {
    if (this.#carried !== null) {
      this.bytes = this.#carried;
      this.start = 0;
      this.end = this.bytes.length - (this.bytes.at(-1) === NEWLINE ? 1 : 0);
      this.isTooLong = this.bytes.length === 0;
      this.#carried = null;
      return true;
    }
    this.isTooLong = false;
    if (this.#at >= this.#whole) return false;
    this.bytes = this.#chunk;
    this.start = this.#at;
    this.end = this.#chunk.indexOf(NEWLINE, this.#at);
    this.#at = this.end + 1;
    return true;
  }

  /** The chunk is not good for longer than it is the last one. */
  #keep(rest: Buffer): void {
    this.#carryBytes += rest.length;
    if (this.#carryBytes <= MAX_LINE_BYTES) this.#carry.push(Buffer.from(rest));
    else this.#carry = [];
  }
}
