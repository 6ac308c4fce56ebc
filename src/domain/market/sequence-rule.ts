/**
 * The three venues' rules by which one message follows another.
 * Sources: Bybit v5 "Orderbook" stream; Binance USD-M and Spot "How to manage a local order book correctly".
 */
import type { VenueName } from './venue.ts';

/** The sequence numbers of a message; NaN where the venue has none. */
export interface UpdateIds {
  readonly firstUpdateId: number;
  readonly lastUpdateId: number;
  readonly previousUpdateId: number;
}

export interface SequenceRule {
  /**
   * Binance: snapshots come by another road (REST), and the stream, buffered meanwhile, has to be joined to them. Says
   * how the first delta after a snapshot relates to it; `too-late` means that the snapshot is older than the stream.
   * Null (Bybit): a snapshot is itself a message of the stream, with a number of its own.
   */
  readonly join: ((snapshotId: number, ids: UpdateIds) => 'next' | 'stale' | 'too-late') | null;
  /** How a delta relates to the one applied before it. */
  readonly follow: (lastId: number, ids: UpdateIds) => 'next' | 'stale' | 'gap';
  /** The number that has to come next, and the number of a message to hold against it: for reports. */
  readonly expectedAfter: (lastId: number) => number;
  readonly comparedId: (ids: UpdateIds) => number;
}

/** `u` grows by exactly 1. */
const BYBIT_LINEAR: SequenceRule = {
  join: null,
  follow: (lastId, { lastUpdateId }) => {
    if (lastUpdateId === lastId + 1) return 'next';
    return lastUpdateId <= lastId ? 'stale' : 'gap';
  },
  expectedAfter: (lastId) => lastId + 1,
  comparedId: (ids) => ids.lastUpdateId,
};

/** `pu` equals the previous `u`; `U` is not contiguous. */
const BINANCE_USDM: SequenceRule = {
  join: (snapshotId, ids) => {
    if (ids.previousUpdateId === snapshotId) return 'next';
    if (ids.lastUpdateId < snapshotId) return 'stale';
    return ids.firstUpdateId <= snapshotId ? 'next' : 'too-late';
  },
  follow: (lastId, ids) => {
    if (ids.previousUpdateId === lastId) return 'next';
    return ids.lastUpdateId <= lastId ? 'stale' : 'gap';
  },
  expectedAfter: (lastId) => lastId,
  comparedId: (ids) => ids.previousUpdateId,
};

/** `U` equals the previous `u` + 1. */
const BINANCE_SPOT: SequenceRule = {
  join: (snapshotId, ids) => {
    if (ids.lastUpdateId <= snapshotId) return 'stale';
    return ids.firstUpdateId <= snapshotId + 1 ? 'next' : 'too-late';
  },
  follow: (lastId, ids) => {
    if (ids.firstUpdateId === lastId + 1) return 'next';
    return ids.lastUpdateId <= lastId ? 'stale' : 'gap';
  },
  expectedAfter: (lastId) => lastId + 1,
  comparedId: (ids) => ids.firstUpdateId,
};

export const SEQUENCE_RULES: Readonly<Record<VenueName, SequenceRule>> = {
  'bybit-linear': BYBIT_LINEAR,
  'binance-usdm': BINANCE_USDM,
  'binance-spot': BINANCE_SPOT,
};
