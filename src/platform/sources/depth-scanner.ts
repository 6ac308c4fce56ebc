/** The bytes of one line → one book update, where the line is plainly a depth message of the instrument on its grid. */
import type { BookUpdate, Instrument } from '../../domain/market/index.ts';
import { DecimalScanner } from './decimal-scanner.ts';
import { DEPTH_SHAPES, type DepthRole } from './depth-shapes.ts';
import type { PlainRole, Shape } from './message-shape.ts';
import { behind, behindRest, behindText, ShapeScanner } from './shape-scanner.ts';
import { isPlausibleTime } from './venue-message.ts';

const QUOTE = 34;
const COMMA = 44;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;

const SNAPSHOT = Buffer.from('"snapshot"');
const DELTA = Buffer.from('"delta"');
const BOOK_TOPIC = Buffer.from('"orderbook.');
const DEPTH_EVENT = Buffer.from('"depthUpdate"');

/** Levels of one side; a longer list is left to the reference decoder. */
const MAX_LEVELS = 16_384;

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

export class DepthScanner extends ShapeScanner<DepthRole> {
  readonly #update: ScannedUpdate;
  readonly #shapes: readonly Shape<DepthRole>[];
  readonly #symbol: Uint8Array;
  readonly #price: DecimalScanner;
  readonly #size: DecimalScanner;
  /** How many levels the last list had. */
  #levels = 0;

  constructor({ venue, symbol, tick, lot }: Instrument, update = new ScannedUpdate()) {
    super();
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
    for (const shape of this.#shapes) if (this.isOf(shape, bytes, start, end)) return this.#update;
    return null;
  }

  protected override value(bytes: Uint8Array, start: number, role: DepthRole | PlainRole): number {
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
        at = this.integer(bytes, start);
        update.exchangeTimeMs = this.number;
        return isPlausibleTime(this.number) ? at : -1;
      case 'firstId':
        at = this.integer(bytes, start);
        update.firstUpdateId = this.number;
        return at;
      case 'lastId':
        at = this.integer(bytes, start);
        update.lastUpdateId = this.number;
        return at;
      case 'previousId':
        at = this.integer(bytes, start);
        update.previousUpdateId = this.number;
        return at;
      case 'integer':
        return this.integer(bytes, start);
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
        return at < 0 ? -1 : behindRest(bytes, at);
      case 'text':
        return behindText(bytes, start);
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
}
