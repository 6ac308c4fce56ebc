/**
 * Holds the scanner of quotes, trades and mark prices against the reference decoder on lines made by the thousand, good and
 * damaged: what it takes must be what that passes over, of the same symbol, and its trades must be that decoder's. For tests.
 */
import assert from 'node:assert/strict';
import { Random } from '../../domain/core/index.ts';
import { createInstrument, type VenueName } from '../../domain/market/index.ts';
import { mutate, shuffled } from './decoder-fuzz.ts';
import { parseJson, ReferenceDecoder } from './reference-decoder.ts';
import { TapeScanner, TradeScanner } from './tape-scanner.ts';
import { isObject } from './venue-message.ts';
import { VENUE_PARSERS } from './venues.ts';

export interface TapeFuzzCounts {
  /** Lines that the scanner took, trades that were read of them, and lines that it refused. */
  readonly taken: number;
  readonly trades: number;
  readonly refused: number;
}

const VENUES: readonly VenueName[] = ['binance-usdm', 'binance-spot'];
const SYMBOLS = ['SIMUSDT', 'SIMUSDC'];
const CONTEXT = { receivedTimeMs: 7, symbol: null };

/** @throws AssertionError naming the line on which the two disagree */
export function fuzzTape({ lines, seed }: { readonly lines: number; readonly seed: number }): TapeFuzzCounts {
  const random = Random.fromSeed(seed);
  const counts = { taken: 0, trades: 0, refused: 0 };
  const pairs = VENUES.map((venue) => {
    const instrument = createInstrument({ venue, symbol: SYMBOLS[0]!, tickSize: '0.1', lotSize: '0.001' });
    const reference = new ReferenceDecoder(instrument, { trades: true });
    const [scanner, trades] = [new TapeScanner(venue, {}), new TradeScanner(instrument)];
    return { venue, scanner, trades, reference };
  });
  for (let i = 0; i < lines; i++) {
    const { venue, scanner, trades, reference } = pairs[i % pairs.length]!;
    const message = messageOf(venue, random);
    const line = mutate(message, random);
    const bytes = Buffer.concat([line, Buffer.from('\n'), message]);
    if (!scanner.scan(bytes, 0, line.length)) {
      counts.refused++;
      continue;
    }
    counts.taken++;
    const text = line.toString('utf8');
    const json = parseJson(text);
    const parsed = VENUE_PARSERS[venue](json);
    assert.equal(parsed.symbol, scanner.symbolIn(bytes), text);
    assert.ok(parsed.kind === (scanner.kind === 'quote' ? 'quote' : 'other'), text);
    assert.equal(
      scanner.isOfSymbol(bytes, Buffer.from(JSON.stringify(SYMBOLS[0]))),
      parsed.symbol === SYMBOLS[0],
    );
    if (scanner.kind === 'quote') assertPrices(json, bytes, scanner);
    if (scanner.kind !== 'trade' || parsed.symbol !== SYMBOLS[0]) continue;
    const read = trades.read(bytes, scanner, CONTEXT.receivedTimeMs);
    if (read === null) continue;
    counts.trades++;
    assert.deepEqual(read, reference.decode(text, CONTEXT), text);
  }
  return counts;
}

function assertPrices(
  json: unknown,
  bytes: Buffer,
  { bidStart, bidEnd, askStart, askEnd }: TapeScanner,
): void {
  assert.ok(isObject(json));
  const event = isObject(json['data']) ? json['data'] : json;
  assert.equal(bytes.toString('utf8', bidStart, bidEnd), event['b']);
  assert.equal(bytes.toString('utf8', askStart, askEnd), event['a']);
}

function messageOf(venue: VenueName, random: Random): Buffer {
  const isUsdm = venue === 'binance-usdm';
  const symbol = SYMBOLS[random.integer(4) === 0 ? 1 : 0]!;
  const decimal = (decimals: number): string =>
    (random.integer(1_000) / 10 ** decimals).toFixed(decimals + random.integer(3));
  const time = (): number =>
    1_700_000_000_000 + random.integer(2 ** 31) * (random.integer(50) > 0 ? 1 : 2_000);
  const id = (): number => random.integer(2 ** 31);
  const [price, size] = [(): string => `"${decimal(1)}"`, (): string => `"${decimal(3)}"`];
  const some = (...fields: readonly string[]): readonly string[] =>
    fields.filter(() => random.integer(8) > 0);
  const quote = [
    `"u":${id()}`,
    `"s":"${symbol}"`,
    `"b":${price()}`,
    `"B":${size()}`,
    `"a":${price()}`,
    `"A":${size()}`,
  ];
  const traded = [
    `"s":"${symbol}"`,
    `"p":${price()}`,
    `"q":${size()}`,
    `"T":${time()}`,
    `"m":${random.integer(2) === 0}`,
  ];
  const type = random.integer(10) === 0 ? 'INSURANCE_FUND' : 'MARKET';
  const fields = [
    [...(isUsdm ? ['"e":"bookTicker"', `"T":${time()}`, `"E":${time()}`] : []), ...quote],
    [
      '"e":"trade"',
      ...traded,
      ...some(`"E":${time()}`, `"t":${id()}`, isUsdm ? `"X":"${type}"` : '"M":true'),
    ],
    [
      '"e":"aggTrade"',
      ...traded,
      ...some(`"E":${time()}`, `"a":${id()}`, `"f":${id()}`, `"l":${id()}`, `"nq":${size()}`),
    ],
    [
      '"e":"markPriceUpdate"',
      `"E":${time()}`,
      `"s":"${symbol}"`,
      ...some(`"p":${price()}`, `"r":"0.0001"`, `"T":${time()}`),
    ],
  ][random.integer(4)]!;
  const event = `{${shuffled(fields, random)}}`;
  return Buffer.from(random.integer(2) === 0 ? event : `{"stream":"simusdt@some","data":${event}}`);
}
