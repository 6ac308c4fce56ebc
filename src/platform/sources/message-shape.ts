/** How a venue normally writes a kind of message: which keys, and what their values are to us. */

/** Values that say nothing of what is wanted. */
export type PlainRole = 'integer' | 'text';

/** `nested`: the object that holds the rest. */
type Role = PlainRole | 'nested';

/** @typeParam R roles of this kind of message */
export interface Shape<R extends string> {
  /** Each key's bytes as one number: see {@link packKey}. */
  readonly keys: Float64Array;
  readonly roles: readonly (R | Role)[];
  /** One bit a key: those without which it is another message. */
  readonly required: number;
  readonly nested: Shape<R> | null;
}

/** So many bytes fit the integers of a double. */
export const MAX_KEY_BYTES = 6;

/** Big-endian. */
export function packKey(key: string): number {
  return Buffer.from(key).reduce((packed, byte) => packed * 256 + byte, 0);
}

interface ShapeOptions<R extends string> {
  readonly optional?: readonly string[];
  readonly nested?: Shape<R>;
}

export function shape<R extends string>(
  fields: Readonly<Record<string, R | Role>>,
  options: ShapeOptions<R> = {},
): Shape<R> {
  const names = Object.keys(fields);
  const isRequired = (name: string): boolean => options.optional?.includes(name) !== true;
  return {
    keys: Float64Array.from(names, packKey),
    roles: Object.values(fields),
    required: names.reduce((bits, name, i) => (isRequired(name) ? bits | (1 << i) : bits), 0),
    nested: options.nested ?? null,
  };
}

/** Binance: `{"stream":…,"data":…}`. */
export function combinedStream<R extends string>(nested: Shape<R>): Shape<R> {
  return shape<R>({ stream: 'text', data: 'nested' }, { optional: ['stream'], nested });
}
