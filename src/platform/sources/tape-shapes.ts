/** How each venue normally writes what it says beside its book: best quotes, trades, mark prices. See `binance.ts`. */
import type { VenueName } from '../../domain/market/index.ts';
import { combinedStream, shape, type Shape } from './message-shape.ts';

export type TapeRole =
  | 'symbol'
  | 'time'
  | 'boolean'
  /** Of a quote. */
  | 'bid'
  | 'ask'
  /** Of a trade. */
  | 'price'
  | 'size'
  | 'isBuyerMaker'
  /** How a trade came about. */
  | 'tradeType'
  /** Texts that say what message this is. */
  | 'quoteEvent'
  | 'tradeEvent'
  | 'markEvent';

export type TapeKind = 'quote' | 'trade' | 'mark';

export interface TapeShape {
  readonly kind: TapeKind;
  readonly shape: Shape<TapeRole>;
}

const QUOTE = shape<TapeRole>(
  {
    e: 'quoteEvent',
    u: 'integer',
    s: 'symbol',
    b: 'bid',
    B: 'text',
    a: 'ask',
    A: 'text',
    T: 'time',
    E: 'integer',
  },
  { optional: ['e', 'T', 'E'] },
);

/** `trade` and `aggTrade`. */
const TRADE = shape<TapeRole>(
  {
    e: 'tradeEvent',
    E: 'integer',
    T: 'time',
    s: 'symbol',
    t: 'integer',
    p: 'price',
    q: 'size',
    X: 'tradeType',
    m: 'isBuyerMaker',
    M: 'boolean',
    a: 'integer',
    f: 'integer',
    l: 'integer',
    nq: 'text',
  },
  { optional: ['E', 't', 'X', 'M', 'a', 'f', 'l', 'nq'] },
);

const MARK = shape<TapeRole>(
  {
    e: 'markEvent',
    E: 'integer',
    s: 'symbol',
    p: 'text',
    P: 'text',
    i: 'text',
    r: 'text',
    T: 'integer',
    ap: 'text',
  },
  { optional: ['E', 'p', 'P', 'i', 'r', 'T', 'ap'] },
);

/** The most frequent first. */
const BINANCE: readonly TapeShape[] = [
  { kind: 'quote', shape: combinedStream(QUOTE) },
  { kind: 'trade', shape: combinedStream(TRADE) },
  { kind: 'mark', shape: combinedStream(MARK) },
  { kind: 'quote', shape: QUOTE },
  { kind: 'trade', shape: TRADE },
  { kind: 'mark', shape: MARK },
];

/** A message has one of its venue's shapes or is left to the reference decoder. */
export const TAPE_SHAPES: Readonly<Record<VenueName, readonly TapeShape[]>> = {
  'bybit-linear': [],
  'binance-usdm': BINANCE,
  'binance-spot': BINANCE,
};
