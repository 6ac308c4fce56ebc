/**
 * The fast road: the bytes of one line → one book update, without a string or an object on the way. It takes depth
 * messages as venues normally write them: plain JSON without spaces or escapes, the known keys in any order, each once.
 * Whatever is not exactly that it refuses, and the reference decoder, slow and obvious, decides; what it accepts, it
 * reads as the reference decoder does.
 *
 * The methods take the position at which their part begins and return the one behind it, or −1 for a refusal. Every line
 * ends with a newline, which no part accepts: nothing is read beyond it, and no loop needs to ask where the line ends.
 */
import type { BookUpdate, Instrument } from '../../domain/market/index.ts';
import { DecimalScanner } from './decimal-scanner.ts';
import { DEPTH_SHAPES, MAX_KEY_BYTES, type Role, type Shape } from './depth-shapes.ts';
import { isPlausibleTime } from './venue-message.ts';

const RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const ZERO = 48;
const COLON = 58;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const TILDE = 126;

const SNAPSHOT = Buffer.from('"snapshot"');
const DELTA = Buffer.from('"delta"');
const BOOK_TOPIC = Buffer.from('"orderbook.');
const DEPTH_EVENT = Buffer.from('"depthUpdate"');

/** Levels of one side; a longer list is left to the reference decoder. */
const MAX_LEVELS = 16_384;
/** So many digits fit 32-bit arithmetic, and so many a double. */
const SHORT_DIGITS = 9;
const LONG_DIGITS = 15;
const TEN_TO_THE = Float64Array.from({ length: LONG_DIGITS - SHORT_DIGITS + 1 }, (_, k) => 10 ** k);

/** The one update that each scan fills anew; scanners of several symbols may share one. */
export class ScannedUpdate implements BookUpdate {
  kind: 'snapshot' | 'delta' = 'delta';
  exchangeTimeMs = Number.NaN;
  receivedTimeMs = Number.NaN;
  firstUpdateId = Number.NaN;
  lastUpdateId = Number.NaN;
  previousUpdateId = Number.NaN;
  readonly bids = new Float64Array(2 * MAX_LEVELS);
  bidCount = 0;
  readonly asks = new Float64Array(2 * MAX_LEVELS);
  askCount = 0;
}

export class DepthScanner {
  readonly #update: ScannedUpdate;
  readonly #shapes: readonly Shape[];
  readonly #symbol: Uint8Array;
  readonly #price: DecimalScanner;
  readonly #size: DecimalScanner;
  /** What the last integer was, and how many levels the last list had. */
  #number = 0;
  #levels = 0;

  constructor({ venue, symbol, tick, lot }: Instrument, update = new ScannedUpdate()) {
    this.#update = update;
    this.#shapes = DEPTH_SHAPES[venue];
    this.#symbol = Buffer.from(JSON.stringify(symbol));
    this.#price = new DecimalScanner(tick);
    this.#size = new DecimalScanner(lot);
  }

  /**
   * The update in the line from `bytes[start]` to the newline at `bytes[end]`, good until the next scan; null when the
   * line is not plainly a depth message of the instrument on its grid.
   */
  scan(bytes: Uint8Array, start: number, end: number): ScannedUpdate | null {
    for (const shape of this.#shapes) {
      const at = this.#object(bytes, start, shape);
      if (at === end || (at === end - 1 && bytes[at] === RETURN)) return this.#update;
    }
    return null;
  }

  #object(bytes: Uint8Array, start: number, shape: Shape): number {
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
      at = role === 'nested' ? this.#object(bytes, at + 2, shape.nested!) : this.#value(bytes, at + 2, role);
      if (at < 0) return -1;
    } while (bytes[at] === COMMA);
    return bytes[at] === CLOSE_OBJECT && (seen & shape.required) === shape.required ? at + 1 : -1;
  }

  #value(bytes: Uint8Array, start: number, role: Exclude<Role, 'nested'>): number {
    const update = this.#update;
    let at = -1;
    switch (role) {
      case 'bids':
        at = this.#list(bytes, start, update.bids);
        update.bidCount = this.#levels;
        return at;
      case 'asks':
        at = this.#list(bytes, start, update.asks);
        update.askCount = this.#levels;
        return at;
      case 'exchangeTime':
        at = this.#integer(bytes, start);
        update.exchangeTimeMs = this.#number;
        return isPlausibleTime(this.#number) ? at : -1;
      case 'firstId':
        at = this.#integer(bytes, start);
        update.firstUpdateId = this.#number;
        return at;
      case 'lastId':
        at = this.#integer(bytes, start);
        update.lastUpdateId = this.#number;
        return at;
      case 'previousId':
        at = this.#integer(bytes, start);
        update.previousUpdateId = this.#number;
        return at;
      case 'integer':
        return this.#integer(bytes, start);
      case 'kind':
        at = behind(bytes, start, DELTA);
        update.kind = at < 0 ? 'snapshot' : 'delta';
        return at < 0 ? behind(bytes, start, SNAPSHOT) : at;
      case 'symbol':
        return behind(bytes, start, this.#symbol);
      case 'depthEvent':
        return behind(bytes, start, DEPTH_EVENT);
      case 'bookTopic':
        at = behind(bytes, start, BOOK_TOPIC);
        return at < 0 ? -1 : behindText(bytes, at);
      case 'text':
        return bytes[start] === QUOTE ? behindText(bytes, start + 1) : -1;
    }
  }

  /** `[["price","size"],…]` → `target`. */
  #list(bytes: Uint8Array, start: number, target: Float64Array): number {
    this.#levels = 0;
    if (bytes[start] !== OPEN_LIST) return -1;
    if (bytes[start + 1] === CLOSE_LIST) return start + 2;
    let at = start;
    let to = 0;
    do {
      if (bytes[at + 1] !== OPEN_LIST || bytes[at + 2] !== QUOTE || to === target.length) return -1;
      at = this.#price.scan(bytes, at + 3);
      if (at < 0 || bytes[at] !== COMMA || bytes[at + 1] !== QUOTE) return -1;
      if (this.#price.steps === 0) return -1;
      target[to] = this.#price.steps;
      at = this.#size.scan(bytes, at + 2);
      if (at < 0 || bytes[at] !== CLOSE_LIST) return -1;
      target[to + 1] = this.#size.steps;
      to += 2;
      at++;
    } while (bytes[at] === COMMA);
    this.#levels = to >> 1;
    return bytes[at] === CLOSE_LIST ? at + 1 : -1;
  }

  /** A plain integer of at most 15 digits → `#number`. */
  #integer(bytes: Uint8Array, start: number): number {
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
      this.#number = high * TEN_TO_THE[at - middle]! + low;
    } else {
      this.#number = high;
    }
    // JSON allows no leading zero. A digit, point or exponent that follows is met by whoever expects the next sign.
    return at === start || (bytes[start] === ZERO && at > start + 1) ? -1 : at;
  }
}

function indexOf(keys: Float64Array, key: number): number {
  for (let i = 0; i < keys.length; i++) if (keys[i] === key) return i;
  return -1;
}

/** Behind `text`, if that is what stands at `start`. */
function behind(bytes: Uint8Array, start: number, text: Uint8Array): number {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return -1;
  return start + text.length;
}

/** Behind the quote that closes a text of plain ASCII. */
function behindText(bytes: Uint8Array, start: number): number {
  let at = start;
  for (; bytes[at] !== QUOTE; at++) {
    const byte = bytes[at]!;
    if (byte < SPACE || byte > TILDE || byte === BACKSLASH) return -1;
  }
  return at + 1;
}
