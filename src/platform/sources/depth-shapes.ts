/** How each venue normally writes a depth message: which keys, and what their values are. See `bybit.ts`, `binance.ts`. */
import type { VenueName } from '../../domain/market/index.ts';

/** What the value of a key is to us. */
export type Role =
  | 'symbol'
  | 'bids'
  | 'asks'
  | 'exchangeTime'
  | 'firstId'
  | 'lastId'
  | 'previousId'
  /** `snapshot` or `delta`. */
  | 'kind'
  /** Texts that say what message this is. */
  | 'bookTopic'
  | 'depthEvent'
  /** The object that holds the rest. */
  | 'nested'
  /** Says nothing that matters here. */
  | 'integer'
  | 'text';

export interface Shape {
  /** Each key's bytes as one number: see {@link packKey}. */
  readonly keys: Float64Array;
  readonly roles: readonly Role[];
  /** One bit a key: those without which it is another message. */
  readonly required: number;
  readonly nested: Shape | null;
}

/** So many bytes fit the integers of a double. */
export const MAX_KEY_BYTES = 6;

/** Big-endian. */
export function packKey(key: string): number {
  return Buffer.from(key).reduce((packed, byte) => packed * 256 + byte, 0);
}

interface ShapeOptions {
  readonly optional?: readonly string[];
  readonly nested?: Shape;
}

function shape(fields: Readonly<Record<string, Role>>, options: ShapeOptions = {}): Shape {
  const names = Object.keys(fields);
  const isRequired = (name: string): boolean => options.optional?.includes(name) !== true;
  return {
    keys: Float64Array.from(names, packKey),
    roles: Object.values(fields),
    required: names.reduce((bits, name, i) => (isRequired(name) ? bits | (1 << i) : bits), 0),
    nested: options.nested ?? null,
  };
}

const BYBIT = shape(
  { topic: 'bookTopic', type: 'kind', ts: 'exchangeTime', data: 'nested', cts: 'integer' },
  {
    optional: ['topic', 'cts'],
    nested: shape({ s: 'symbol', b: 'bids', a: 'asks', u: 'lastId', seq: 'integer' }, { optional: ['seq'] }),
  },
);

const USDM_EVENT = shape(
  {
    e: 'depthEvent',
    E: 'integer',
    T: 'exchangeTime',
    s: 'symbol',
    U: 'firstId',
    u: 'lastId',
    pu: 'previousId',
    b: 'bids',
    a: 'asks',
  },
  { optional: ['E'] },
);

const SPOT_EVENT = shape({
  e: 'depthEvent',
  E: 'exchangeTime',
  s: 'symbol',
  U: 'firstId',
  u: 'lastId',
  b: 'bids',
  a: 'asks',
});

function combinedStream(nested: Shape): Shape {
  return shape({ stream: 'text', data: 'nested' }, { optional: ['stream'], nested });
}

/** A message has one of its venue's shapes or is left to the reference decoder. */
export const DEPTH_SHAPES: Readonly<Record<VenueName, readonly Shape[]>> = {
  'bybit-linear': [BYBIT],
  'binance-usdm': [combinedStream(USDM_EVENT), USDM_EVENT],
  'binance-spot': [combinedStream(SPOT_EVENT), SPOT_EVENT],
};
