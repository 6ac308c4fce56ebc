/**
 * Writes Bybit's archive lines as bytes, without strings between: a full day is a gigabyte. Output comes in chunks of
 * about a megabyte, each a buffer of its own.
 * Source of the format: a real archive, `{"topic","type","ts","data":{"s","b","a","u","seq"},"cts"}`.
 */
import type { BookFlow } from './book-flow.ts';
import type { SimulatedInstrument } from './instrument.ts';

const CHUNK_BYTES = 1 << 20;
/** Room behind a full chunk for one more line; a level takes at most 40 bytes. */
const LINE_BYTES = 1 << 19;
const BILLION = 1_000_000_000;
const ZERO = 48;
const QUOTE = 34;
const DOT = 46;
const ascii = new TextEncoder();

export interface MessageHeader {
  /** `ts` */
  readonly timeMs: number;
  /** `cts`, the matching engine's time */
  readonly engineTimeMs: number;
  /** `u` */
  readonly updateId: number;
  /** `seq` */
  readonly sequence: number;
}

export class ArchiveEncoder {
  readonly #instrument: SimulatedInstrument;
  readonly #snapshotHead: Uint8Array;
  readonly #deltaHead: Uint8Array;
  readonly #dataHead: Uint8Array;
  readonly #askHead = ascii.encode('],"a":[');
  readonly #updateHead = ascii.encode('],"u":');
  readonly #sequenceHead = ascii.encode(',"seq":');
  readonly #engineTimeHead = ascii.encode('},"cts":');
  readonly #lineEnd = ascii.encode('}\n');
  readonly #levelMiddle = ascii.encode('","');
  readonly #levelEnd = ascii.encode('"],');
  #buffer = new Uint8Array(CHUNK_BYTES + LINE_BYTES);
  #length = 0;

  constructor(instrument: SimulatedInstrument) {
    const { symbol } = instrument;
    this.#instrument = instrument;
    const head = (type: string): Uint8Array =>
      ascii.encode(`{"topic":"orderbook.500.${symbol}","type":"${type}","ts":`);
    this.#snapshotHead = head('snapshot');
    this.#deltaHead = head('delta');
    this.#dataHead = ascii.encode(`,"data":{"s":"${symbol}","b":[`);
  }

  get chunkIsFull(): boolean {
    return this.#length >= CHUNK_BYTES;
  }

  /** What was written since the last call. */
  takeChunk(): Uint8Array {
    const chunk = this.#buffer.subarray(0, this.#length);
    this.#buffer = new Uint8Array(CHUNK_BYTES + LINE_BYTES);
    this.#length = 0;
    return chunk;
  }

  /** The levels that the flow's last step changed. */
  delta(flow: BookFlow, header: MessageHeader): void {
    this.#begin(this.#deltaHead, header);
    flow.bids.forEachChange((coordinate, lots) => this.#level(-coordinate, lots));
    this.#between();
    flow.asks.forEachChange((coordinate, lots) => this.#level(coordinate, lots));
    this.#end(header);
  }

  /** The whole book. */
  snapshot(flow: BookFlow, header: MessageHeader): void {
    this.#begin(this.#snapshotHead, header);
    flow.bids.forEachLevel((coordinate, lots) => this.#level(-coordinate, lots));
    this.#between();
    flow.asks.forEachLevel((coordinate, lots) => this.#level(coordinate, lots));
    this.#end(header);
  }

  #begin(head: Uint8Array, header: MessageHeader): void {
    this.#bytes(head);
    this.#integer(header.timeMs);
    this.#bytes(this.#dataHead);
  }

  #between(): void {
    this.#dropComma();
    this.#bytes(this.#askHead);
  }

  #end(header: MessageHeader): void {
    this.#dropComma();
    this.#bytes(this.#updateHead);
    this.#integer(header.updateId);
    this.#bytes(this.#sequenceHead);
    this.#integer(header.sequence);
    this.#bytes(this.#engineTimeHead);
    this.#integer(header.engineTimeMs);
    this.#bytes(this.#lineEnd);
  }

  #level(ticks: number, lots: number): void {
    this.#buffer[this.#length++] = 91; // [
    this.#buffer[this.#length++] = QUOTE;
    this.#decimal(ticks, this.#instrument.priceDecimals);
    this.#bytes(this.#levelMiddle);
    if (lots === 0) this.#buffer[this.#length++] = ZERO;
    else this.#decimal(lots, this.#instrument.sizeDecimals);
    this.#bytes(this.#levelEnd);
  }

  #dropComma(): void {
    if (this.#buffer[this.#length - 1] === 44) this.#length--;
  }

  #bytes(bytes: Uint8Array): void {
    const buffer = this.#buffer;
    let at = this.#length;
    for (let i = 0; i < bytes.length; i++) buffer[at++] = bytes[i]!;
    this.#length = at;
  }

  #integer(value: number): void {
    if (value < BILLION) {
      this.#digits(value, 1);
      return;
    }
    const high = Math.floor(value / BILLION);
    this.#integer(high);
    this.#digits(value - high * BILLION, 9);
  }

  /** `units × 10^−decimals`; `units` below 2^31. */
  #decimal(units: number, decimals: number): void {
    if (decimals === 0) {
      this.#digits(units, 1);
      return;
    }
    this.#digits(units, decimals + 1);
    this.#buffer.copyWithin(this.#length - decimals + 1, this.#length - decimals, this.#length);
    this.#buffer[this.#length - decimals] = DOT;
    this.#length++;
  }

  /** Decimal digits of a 32-bit integer, padded with zeros to at least `width`. */
  #digits(value: number, width: number): void {
    let count = width;
    for (let bound = 10 ** width; value >= bound; bound *= 10) count++;
    const buffer = this.#buffer;
    let rest = value | 0;
    for (let at = this.#length + count - 1; at >= this.#length; at--) {
      const next = (rest / 10) | 0;
      buffer[at] = ZERO + rest - next * 10;
      rest = next;
    }
    this.#length += count;
  }
}
