/** Cuts chunks of bytes into lines without copying them, but for the line that lies across two chunks. */
import { DataError } from '../../domain/core/index.ts';

const NEWLINE = 10;

/** A longer line is no market data: the largest known, a full exchange description, stays below 1 MB. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** `bytes[start, end)` without its newline; valid during the call only. */
export type OnLine = (bytes: Buffer, start: number, end: number) => void;

export class LineSplitter {
  readonly #onLine: OnLine;
  #carry: Buffer[] = [];
  #carryBytes = 0;

  constructor(onLine: OnLine) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    let start = 0;
    let end = chunk.indexOf(NEWLINE);
    if (end >= 0 && this.#carryBytes > 0) {
      this.#keep(chunk.subarray(0, end));
      this.flush();
      start = end + 1;
      end = chunk.indexOf(NEWLINE, start);
    }
    while (end >= 0) {
      this.#onLine(chunk, start, end);
      start = end + 1;
      end = chunk.indexOf(NEWLINE, start);
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** Ends the last line, which may lack its newline. */
  flush(): void {
    if (this.#carryBytes === 0) return;
    const line = this.#carry.length === 1 ? this.#carry[0]! : Buffer.concat(this.#carry);
    this.#carry = [];
    this.#carryBytes = 0;
    this.#onLine(line, 0, line.length);
  }

  #keep(rest: Buffer): void {
    this.#carry.push(rest);
    this.#carryBytes += rest.length;
    if (this.#carryBytes > MAX_LINE_BYTES) {
      throw new DataError(`a line is longer than ${MAX_LINE_BYTES} bytes: this is not a file of messages`, {
        code: 'LINE_TOO_LONG',
      });
    }
  }
}
