/**
 * The fast road: the bytes of one line → what a message says, without a string or an object on the way. It takes messages as
 * venues normally write them: plain JSON without spaces or escapes, the known keys in any order, each once. Whatever is not
 * exactly that it refuses, and the reference decoder, slow and obvious, decides; what it accepts, it reads as that does.
 *
 * The methods take the position at which their part begins and return the one behind it, or −1 for a refusal. Every line
 * ends with a newline, which no part accepts: nothing is read beyond it, and no loop needs to ask where the line ends.
 */
import { MAX_KEY_BYTES, type PlainRole, type Shape } from './message-shape.ts';

const RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const ZERO = 48;
const COLON = 58;
const BACKSLASH = 92;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const TILDE = 126;

/** So many digits fit 32-bit arithmetic, and so many a double. */
const SHORT_DIGITS = 9;
const LONG_DIGITS = 15;
const TEN_TO_THE = Float64Array.from({ length: LONG_DIGITS - SHORT_DIGITS + 1 }, (_, k) => 10 ** k);

export abstract class ShapeScanner<R extends string> {
  /** What the last {@link integer} was. */
  protected number = 0;

  /** Reads the value of a key into the scanner's own fields. */
  protected abstract value(bytes: Uint8Array, start: number, role: R | PlainRole): number;

  /** Whether the line from `bytes[start]` to the newline at `bytes[end]` is of this shape, to its last byte. */
  protected isOf(shape: Shape<R>, bytes: Uint8Array, start: number, end: number): boolean {
    const at = this.#object(bytes, start, shape);
    return at === end || (at === end - 1 && bytes[at] === RETURN);
  }

  #object(bytes: Uint8Array, start: number, shape: Shape<R>): number {
    if (bytes[start] !== OPEN_OBJECT) return -1;
    let at = start;
    let seen = 0;
    do {
      if (bytes[++at] !== QUOTE) return -1;
      let key = 0;
      const keyEnd = ++at + MAX_KEY_BYTES;
      for (; at < keyEnd && bytes[at] !== QUOTE && bytes[at]! > SPACE; at++) key = key * 256 + bytes[at]!;
      const field = indexOf(shape.keys, key);
      if (field < 0 || (seen & (1 << field)) !== 0) return -1;
      seen |= 1 << field;
      if (bytes[at] !== QUOTE || bytes[at + 1] !== COLON) return -1;
      const role = shape.roles[field]!;
      at = role === 'nested' ? this.#object(bytes, at + 2, shape.nested!) : this.value(bytes, at + 2, role);
      if (at < 0) return -1;
    } while (bytes[at] === COMMA);
    return bytes[at] === CLOSE_OBJECT && (seen & shape.required) === shape.required ? at + 1 : -1;
  }

  /** A plain integer of at most 15 digits → `number`. */
  protected integer(bytes: Uint8Array, start: number): number {
    let at = start;
    let digit = 0;
    let high = 0;
    const middle = start + SHORT_DIGITS;
    for (; at < middle && (digit = (bytes[at]! - ZERO) >>> 0) <= 9; at++) {
      high = (Math.imul(high, 10) + digit) | 0;
    }
    let low = 0;
    if (at === middle) {
      const end = start + LONG_DIGITS;
      for (; at < end && (digit = (bytes[at]! - ZERO) >>> 0) <= 9; at++) {
        low = (Math.imul(low, 10) + digit) | 0;
      }
      this.number = high * TEN_TO_THE[at - middle]! + low;
    } else {
      this.number = high;
    }
    // JSON allows no leading zero. A digit, point or exponent that follows is met by whoever expects the next sign.
    return at === start || (bytes[start] === ZERO && at > start + 1) ? -1 : at;
  }
}

function indexOf(keys: Float64Array, key: number): number {
  for (let i = 0; i < keys.length; i++) if (keys[i] === key) return i;
  return -1;
}

/** Behind `expected`, if that is what stands at `start`. */
export function behind(bytes: Uint8Array, start: number, expected: Uint8Array): number {
  for (let i = 0; i < expected.length; i++) if (bytes[start + i] !== expected[i]) return -1;
  return start + expected.length;
}

/** Behind a quoted text of plain ASCII. */
export function behindText(bytes: Uint8Array, start: number): number {
  return bytes[start] === QUOTE ? behindRest(bytes, start + 1) : -1;
}

/** Behind the quote that closes a text of plain ASCII. */
export function behindRest(bytes: Uint8Array, start: number): number {
  let at = start;
  for (; bytes[at] !== QUOTE; at++) {
    const byte = bytes[at]!;
    if (byte < SPACE || byte > TILDE || byte === BACKSLASH) return -1;
  }
  return at + 1;
}
