/** How each venue normally writes a depth message. See `bybit.ts`, `binance.ts`. */
import type { VenueName } from '../../domain/market/index.ts';
import { combinedStream, shape, type Shape } from './message-shape.ts';

export type DepthRole =
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
  | 'depthEvent';

const BYBIT = shape<DepthRole>(
  { topic: 'bookTopic', type: 'kind', ts: 'exchangeTime', data: 'nested', cts: 'integer' },
  {
    optional: ['topic', 'cts'],
    nested: shape<DepthRole>(
      { s: 'symbol', b: 'bids', a: 'asks', u: 'lastId', seq: 'integer' },
      { optional: ['seq'] },
    ),
  },
);

const USDM_EVENT = shape<DepthRole>(
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

const SPOT_EVENT = shape<DepthRole>({
  e: 'depthEvent',
  E: 'exchangeTime',
  s: 'symbol',
  U: 'firstId',
  u: 'lastId',
  b: 'bids',
  a: 'asks',
});

/** A message has one of its venue's shapes or is left to the reference decoder. */
export const DEPTH_SHAPES: Readonly<Record<VenueName, readonly Shape<DepthRole>[]>> = {
  'bybit-linear': [BYBIT],
  'binance-usdm': [combinedStream(USDM_EVENT), USDM_EVENT],
  'binance-spot': [combinedStream(SPOT_EVENT), SPOT_EVENT],
};
