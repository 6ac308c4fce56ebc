/**
 * Reads the level lists of a depth message, `[["1.9531","6198"],…]`, straight from bytes into ticks and lots. They are
 * nine tenths of every message, and turning them into strings first is what makes `JSON.parse` slow. Anything that is not
 * exactly this shape makes the scanner give up; the caller then takes the long way, which also explains what is wrong.
 */
import type { DecimalStep, Instrument } from '../../domain/market/index.ts';

const QUOTE = 34;
const COMMA = 44;
const POINT = 46;
const ZERO = 48;
const OPEN = 91;
const CLOSE = 93;
const TEN_TO_THE = Float64Array.from({ length: 16 }, (_, k) => 10 ** k);

export class LevelScanner {
  /** Index behind the list, after a successful scan. */
  end = 0;
  /** Levels read by it. */
  count = 0;
  readonly #instrument: Instrument;
  #at = 0;
  #failed = false;

  constructor(instrument: Instrument) {
    this.#instrument = instrument;
  }

  /**
   * Scans the list that opens at `bytes[at]` and writes `[priceTicks, qtyLots, …]` to `target` from `offset`, which must
   * have room for as many as the bytes can hold. False when the list is not of the plain shape or a number is off its
   * step; `target` then holds rubbish.
   */
  scan(bytes: Uint8Array, at: number, target: Float64Array, offset: number): boolean {
    const { tick, lot } = this.#instrument;
    this.#at = at;
    this.#failed = false;
    this.count = 0;
    this.#expect(bytes, OPEN);
    let writeAt = offset;
    if (bytes[this.#at] !== CLOSE) {
      do {
        this.#expect(bytes, OPEN);
        target[writeAt] = this.#steps(bytes, tick);
        this.#expect(bytes, COMMA);
        target[writeAt + 1] = this.#steps(bytes, lot);
        this.#expect(bytes, CLOSE);
        writeAt += 2;
        this.count++;
      } while (!this.#failed && this.#accept(bytes, COMMA));
    }
    this.#expect(bytes, CLOSE);
    this.end = this.#at;
    return !this.#failed;
  }

  #accept(bytes: Uint8Array, byte: number): boolean {
    if (bytes[this.#at] !== byte) return false;
    this.#at++;
    return true;
  }

  #expect(bytes: Uint8Array, byte: number): void {
    if (bytes[this.#at] === byte) this.#at++;
    else this.#failed = true;
  }

  /** A quoted decimal as a multiple of the step: `toSteps` of the market core, on bytes. */
  #steps(bytes: Uint8Array, step: DecimalStep): number {
    const { decimals, units } = step;
    this.#expect(bytes, QUOTE);
    let at = this.#at;
    let mantissa = 0;
    let digits = 0;
    let fraction = -1;
    for (; ; at++) {
      const byte = bytes[at]!;
      const digit = byte - ZERO;
      if (digit >= 0 && digit <= 9) {
        digits++;
        if (fraction === decimals) {
          if (digit !== 0) break;
          continue;
        }
        if (fraction >= 0) fraction++;
        mantissa = mantissa * 10 + digit;
      } else if (byte === POINT && fraction < 0) {
        fraction = 0;
      } else {
        break;
      }
    }
    this.#at = at;
    this.#expect(bytes, QUOTE);
    mantissa *= TEN_TO_THE[decimals - Math.max(0, fraction)]!;
    if (digits === 0 || mantissa > Number.MAX_SAFE_INTEGER || mantissa % units !== 0) this.#failed = true;
    return mantissa / units;
  }
}
