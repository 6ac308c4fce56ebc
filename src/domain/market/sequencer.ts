/**
 * The state machine that says of each message whether it follows the one before. It knows no book and no clock:
 * sequence numbers in, a verdict out.
 *
 *   waiting ──snapshot──▶ joining (Binance) or running (Bybit)
 *   joining ──first delta that bridges the snapshot──▶ running;  ──snapshot too old──▶ waiting
 *   running ──a number is missing──▶ waiting
 */
import type { SequenceRule, UpdateIds } from './sequence-rule.ts';

export interface SequenceGap {
  readonly kind: 'gap';
  readonly expected: number;
  readonly got: number;
}

export type DeltaVerdict =
  | { readonly kind: 'next' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'need-snapshot'; readonly reason: 'no-snapshot' | 'snapshot-too-old' }
  | SequenceGap;

export type SnapshotVerdict =
  | { readonly kind: 'next' }
  | { readonly kind: 'stale' }
  /** It restates the position already reached. */
  | { readonly kind: 'repeat' }
  /** It is newer than the stream has come to: useless now, precious after a gap. */
  | { readonly kind: 'ahead' }
  | SequenceGap;

const NEXT = { kind: 'next' } as const;
const STALE = { kind: 'stale' } as const;
const REPEAT = { kind: 'repeat' } as const;
const AHEAD = { kind: 'ahead' } as const;
const NO_SNAPSHOT = { kind: 'need-snapshot', reason: 'no-snapshot' } as const;
const SNAPSHOT_TOO_OLD = { kind: 'need-snapshot', reason: 'snapshot-too-old' } as const;

export class Sequencer {
  readonly #rule: SequenceRule;
  #phase: 'waiting' | 'joining' | 'running' = 'waiting';
  #lastId = Number.NaN;

  constructor(rule: SequenceRule) {
    this.#rule = rule;
  }

  get phase(): 'waiting' | 'joining' | 'running' {
    return this.#phase;
  }

  /**
   * `next`: put the snapshot into the book. A `gap` of a stream that carries its own snapshots says that messages were
   * lost before this snapshot (`u = 1` after a restart included); the snapshot itself is good and the stream runs on.
   */
  snapshot(snapshotId: number): SnapshotVerdict {
    if (this.#rule.join !== null) return this.#joinableSnapshot(snapshotId);
    const running = this.#phase === 'running';
    const expected = this.#rule.expectedAfter(this.#lastId);
    const repeats = running && snapshotId === this.#lastId;
    this.#phase = 'running';
    this.#lastId = snapshotId;
    if (repeats) return REPEAT;
    return !running || snapshotId === expected ? NEXT : { kind: 'gap', expected, got: snapshotId };
  }

  /** `next`: apply the delta; after a `gap` the stream waits for a snapshot. */
  delta(ids: UpdateIds): DeltaVerdict {
    switch (this.#phase) {
      case 'waiting':
        return NO_SNAPSHOT;
      case 'joining':
        return this.#join(ids);
      case 'running':
        return this.#follow(ids);
    }
  }

  /** Whether a delta bears the number of the last one that was `next`: it is the same again, or contradicts it. */
  repeats({ lastUpdateId }: UpdateIds): boolean {
    return this.#phase === 'running' && lastUpdateId === this.#lastId;
  }

  /** Two messages bear one number and differ: neither can be trusted, and the stream waits for a snapshot. */
  contradicted(): SequenceGap {
    this.#phase = 'waiting';
    return { kind: 'gap', expected: this.#rule.expectedAfter(this.#lastId), got: this.#lastId };
  }

  #joinableSnapshot(snapshotId: number): SnapshotVerdict {
    if (this.#phase === 'running') return snapshotId > this.#lastId ? AHEAD : STALE;
    if (this.#phase === 'joining' && snapshotId < this.#lastId) return STALE;
    this.#phase = 'joining';
    this.#lastId = snapshotId;
    return NEXT;
  }

  #join(ids: UpdateIds): DeltaVerdict {
    const relation = this.#rule.join?.(this.#lastId, ids) ?? 'next';
    if (relation === 'stale') return STALE;
    if (relation === 'too-late') {
      this.#phase = 'waiting';
      return SNAPSHOT_TOO_OLD;
    }
    this.#phase = 'running';
    this.#lastId = ids.lastUpdateId;
    return NEXT;
  }

  #follow(ids: UpdateIds): DeltaVerdict {
    const relation = this.#rule.follow(this.#lastId, ids);
    if (relation === 'stale') return STALE;
    if (relation === 'gap') {
      this.#phase = 'waiting';
      return {
        kind: 'gap',
        expected: this.#rule.expectedAfter(this.#lastId),
        got: this.#rule.comparedId(ids),
      };
    }
    this.#lastId = ids.lastUpdateId;
    return NEXT;
  }
}
