/**
 * Holds the scanner and the reference decoder against each other on lines made by the thousand: good messages, and
 * messages damaged in every way a byte can be. For tests.
 */
import assert from 'node:assert/strict';
import { DataError, Random } from '../../domain/core/index.ts';
import {
  type BookUpdate,
  createInstrument,
  type Instrument,
  isBookUpdate,
  type MarketEvent,
  type VenueName,
} from '../../domain/market/index.ts';
import { DepthScanner } from './depth-scanner.ts';
import { ReferenceDecoder } from './reference-decoder.ts';

export interface FuzzCounts {
  /** Lines that the scanner took, all of them as the reference decoder reads them, and lines that it refused. */
  readonly taken: number;
  readonly refused: number;
  /** Lines that it refused although the reference decoder finds a book update of the instrument in them. */
  readonly missed: number;
}

const VENUES: readonly VenueName[] = ['bybit-linear', 'binance-usdm', 'binance-spot'];
const GRIDS = [['0.1', '0.001'], ['0.5', '1'], ['1e-7', '10']] as const; // prettier-ignore
const SYMBOL = 'SIMUSDT';

/** Good messages drawn once for each kind of line; what is done to them differs every time. */
const MESSAGES_OF_A_KIND = 300;

/** Bytes that mean something in a message, and some that never do; a newline would make it two lines. */
const TELLING_BYTES = Buffer.from('"":,,[]{}0123456789.-+eE\\ \t\r\0bastu/é\u00ff');

/** @throws AssertionError naming the line on which the two disagree */
export function fuzzDecoders({ lines, seed }: { readonly lines: number; readonly seed: number }): FuzzCounts {
  const random = Random.fromSeed(seed);
  const counts = { taken: 0, refused: 0, missed: 0 };
  const pairs = VENUES.flatMap((venue) =>
    GRIDS.map(([tickSize, lotSize]) => {
      const instrument = createInstrument({ venue, symbol: SYMBOL, tickSize, lotSize });
      return {
        scanner: new DepthScanner(instrument),
        reference: new ReferenceDecoder(instrument),
        messages: Array.from({ length: MESSAGES_OF_A_KIND }, () => messageOf(instrument, random)),
      };
    }),
  );
  for (let i = 0; i < lines; i++) {
    const { scanner, reference, messages } = pairs[i % pairs.length]!;
    // What follows the newline would complete many a line that was cut.
    const message = messages[random.integer(messages.length)]!;
    const line = mutate(message.subarray(0, -1), random);
    const bytes = Buffer.concat([line, message.subarray(-1), message]);
    const taken = scanner.scan(bytes, 0, line.length);
    const read = referenceReading(reference, line.toString('utf8'));
    if (taken === null) {
      counts.refused++;
      if (read !== null && isBookUpdate(read)) counts.missed++;
    } else {
      counts.taken++;
      assertSame(taken, read, line);
    }
  }
  return counts;
}

/** Null for what the reference decoder refuses or passes over. */
function referenceReading(reference: ReferenceDecoder, text: string): MarketEvent | null {
  try {
    return reference.decode(text, { receivedTimeMs: Number.NaN, symbol: null });
  } catch (error) {
    if (error instanceof DataError) return null;
    throw error;
  }
}

function assertSame(taken: BookUpdate, read: MarketEvent | null, line: Buffer): void {
  const where = (): string => `the decoders disagree on ${JSON.stringify(line.toString('latin1'))}`;
  if (read === null || !isBookUpdate(read)) assert.fail(where());
  const same =
    taken.kind === read.kind &&
    Object.is(taken.exchangeTimeMs, read.exchangeTimeMs) &&
    Object.is(taken.firstUpdateId, read.firstUpdateId) &&
    Object.is(taken.lastUpdateId, read.lastUpdateId) &&
    Object.is(taken.previousUpdateId, read.previousUpdateId) &&
    sameLevels(taken.bids, read.bids, taken.bidCount, read.bidCount) &&
    sameLevels(taken.asks, read.asks, taken.askCount, read.askCount);
  if (!same) assert.fail(where());
}

function sameLevels(...[a, b, countA, countB]: [Float64Array, Float64Array, number, number]): boolean {
  if (countA !== countB) return false;
  for (let i = 0; i < 2 * countA; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

function messageOf(instrument: Instrument, random: Random): Buffer {
  return Buffer.from(`${jsonOf(instrument, random)}\n`);
}

function jsonOf({ venue, tick, lot }: Instrument, random: Random): string {
  const multiple = (step: { readonly units: number; readonly decimals: number }): string => {
    const size = 10 ** random.integer(10);
    // Zero is a size, but no price.
    const units = (random.integer(size + 1) + (step === tick && random.integer(50) > 0 ? 1 : 0)) * step.units;
    return (units / 10 ** step.decimals).toFixed(step.decimals + (random.integer(4) === 0 ? 3 : 0));
  };
  const levels = (): string =>
    `[${Array.from({ length: random.integer(4) }, () => `["${multiple(tick)}","${multiple(lot)}"]`).join()}]`;
  const id = (): number => random.integer(2 ** 31) * (random.integer(3) === 0 ? 2 ** 18 : 1);
  /** Some of them are far in the future. */
  const time = (): number => 1_700_000_000_000 + (random.integer(50) > 0 ? random.integer(2 ** 31) : id());
  const book = [`"s":"${SYMBOL}"`, `"b":${levels()}`, `"a":${levels()}`, `"u":${id()}`];
  if (venue === 'bybit-linear') {
    const fields = [
      `"topic":"orderbook.500.${SYMBOL}"`,
      `"type":"${random.integer(4) === 0 ? 'snapshot' : 'delta'}"`,
      `"ts":${time()}`,
      `"data":{${shuffled([...book, `"seq":${id()}`], random)}}`,
      `"cts":${id()}`,
    ];
    return `{${shuffled(fields.slice(random.integer(5) === 0 ? 1 : 0), random)}}`;
  }
  const usdm = venue === 'binance-usdm' ? [`"T":${time()}`, `"pu":${id()}`] : [];
  const event = `{${shuffled(['"e":"depthUpdate"', `"E":${time()}`, `"U":${id()}`, ...usdm, ...book], random)}}`;
  return random.integer(2) === 0 ? event : `{"stream":"simusdt@depth@100ms","data":${event}}`;
}

/** Mostly in the usual order. */
export function shuffled(fields: readonly string[], random: Random): string {
  if (random.integer(4) > 0) return fields.join();
  return fields
    .map((field) => [random.uniform(), field] as const)
    .toSorted((a, b) => a[0] - b[0])
    .map(([, field]) => field)
    .join();
}

/** None, one or a few changes. */
export function mutate(message: Buffer, random: Random): Buffer {
  let line = message;
  for (let changes = random.integer(4); changes > 0; changes--) line = mutateOnce(line, random);
  return line;
}

function mutateOnce(line: Buffer, random: Random): Buffer {
  const at = random.integer(line.length + 1);
  const to = at + random.integer(Math.min(12, line.length - at + 1));
  const [head, part, tail] = [line.subarray(0, at), line.subarray(at, to), line.subarray(to)];
  const telling = TELLING_BYTES.subarray(random.integer(TELLING_BYTES.length)).subarray(0, 1);
  const other = random.integer(line.length + 1);
  switch (random.integer(7)) {
    case 0:
      return Buffer.concat([head, telling, line.subarray(at + 1)]);
    case 1:
      return Buffer.concat([head, telling, line.subarray(at)]);
    case 2:
      return Buffer.concat([head, tail]);
    case 3:
      return Buffer.concat([head, part, part, tail]);
    case 4:
      return Buffer.concat([head, line.subarray(other, other + part.length), tail]);
    case 5:
      return random.integer(4) === 0 ? head : line;
    default:
      return mutateNumber(line, random);
  }
}

/** Another digit in place of one. */
function mutateNumber(line: Buffer, random: Random): Buffer {
  const changed = Buffer.from(line);
  const start = random.integer(line.length + 1);
  const at = changed.findIndex((byte, i) => i >= start && byte >= 48 && byte <= 57);
  if (at >= 0) changed[at] = 48 + random.integer(10);
  return changed;
}
