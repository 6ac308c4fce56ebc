/**
 * What a venue's JSON says, checked in shape, with its numbers still in the venue's own decimal strings. Everything that
 * comes out of `JSON.parse` is untrusted until it has passed through here.
 */
import { DataError } from '../../domain/core/index.ts';

export interface BookMessage {
  readonly kind: 'snapshot' | 'delta';
  /** Null in a REST snapshot, which does not name its symbol. */
  readonly symbol: string | null;
  /** NaN in a REST snapshot without a time. */
  readonly exchangeTimeMs: number;
  readonly firstUpdateId: number;
  readonly lastUpdateId: number;
  readonly previousUpdateId: number;
  /** Pairs `[price, size]` of decimal strings, yet unchecked: they are checked where they are converted. */
  readonly bids: readonly unknown[];
  readonly asks: readonly unknown[];
}

export interface QuoteMessage {
  readonly kind: 'quote';
  readonly symbol: string;
  readonly exchangeTimeMs: number;
  readonly updateId: number;
  readonly bid: readonly [price: string, size: string];
  readonly ask: readonly [price: string, size: string];
}

/** Trades that took from the book; none where all of them were made otherwise. */
export interface TradesMessage {
  readonly kind: 'trades';
  readonly symbol: string;
  /** Of the last of them. */
  readonly exchangeTimeMs: number;
  readonly isAggregated: boolean;
  readonly trades: readonly {
    readonly timeMs: number;
    readonly price: string;
    readonly size: string;
    readonly aggressor: 'buy' | 'sell';
  }[];
}

export interface MarkMessage {
  readonly kind: 'mark';
  readonly symbol: string;
  readonly exchangeTimeMs: number;
  readonly price: string;
}

/** A message that is well-formed and that nobody asked for: acknowledgements, candles, trades that are not wanted. */
export interface OtherMessage {
  readonly kind: 'other';
  readonly symbol: string | null;
}

export type VenueMessage = BookMessage | QuoteMessage | TradesMessage | MarkMessage | OtherMessage;

/** What is to be read beside the book; by default nothing is. */
export interface DecoderOptions {
  /** Best quotes. */
  readonly quotes?: boolean;
  /** Trades that took from the book. */
  readonly trades?: boolean;
  /** Mark prices. */
  readonly marks?: boolean;
}

/**
 * Trades and mark prices that are not wanted are other messages, whatever is in them.
 * @throws DataError with code `LINE_MALFORMED` when the value is not a message of the venue.
 */
export type ParseVenueMessage = (json: unknown, wants?: DecoderOptions) => VenueMessage;

export type JsonObject = Readonly<Record<string, unknown>>;

export function malformed(reason: string): DataError {
  return new DataError(reason, { code: 'LINE_MALFORMED' });
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectOf(value: unknown, what: string): JsonObject {
  if (!isObject(value)) throw malformed(`${what} is not an object`);
  return value;
}

/** A non-negative integer that a double holds exactly: update ids and times in milliseconds. */
export function integerField(object: JsonObject, field: string): number {
  const value = object[field];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw malformed(`field "${field}" is ${describe(value)}, not an integer`);
  }
  return value;
}

/** What lies beyond is in microseconds, or is no time. */
const YEAR_2100_MS = Date.UTC(2100);

export function isPlausibleTime(timeMs: number): boolean {
  return timeMs < YEAR_2100_MS;
}

/** Milliseconds since 1970. */
export function timeField(object: JsonObject, field: string): number {
  const timeMs = integerField(object, field);
  if (isPlausibleTime(timeMs)) return timeMs;
  throw malformed(`field "${field}" is ${timeMs}, not a time in milliseconds before the year 2100`);
}

export function stringField(object: JsonObject, field: string): string {
  const value = object[field];
  if (typeof value !== 'string') throw malformed(`field "${field}" is ${describe(value)}, not a string`);
  return value;
}

export function booleanField(object: JsonObject, field: string): boolean {
  const value = object[field];
  if (typeof value !== 'boolean')
    throw malformed(`field "${field}" is ${describe(value)}, not true or false`);
  return value;
}

export function arrayField(object: JsonObject, field: string): readonly unknown[] {
  const value = object[field];
  if (!Array.isArray(value)) throw malformed(`field "${field}" is ${describe(value)}, not an array`);
  return value;
}

export function symbolOf(object: JsonObject): string | null {
  const symbol = object['s'];
  return typeof symbol === 'string' ? symbol : null;
}

function describe(value: unknown): string {
  return value === undefined ? 'missing' : (JSON.stringify(value) ?? 'unreadable').slice(0, 40);
}
