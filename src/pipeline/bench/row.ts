/** What a benchmark gets and gives. */

export interface BenchRow {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly peer: string;
  readonly peerVersion: string | null;
  readonly peerValue: number | null;
  /** How many times better we are; above 1 we win. Null where the peer is not installed. */
  readonly ratio: number | null;
}

export interface BenchContext {
  readonly threads: number;
  /** Simulated days that ingest is measured on. */
  readonly days: number;
  readonly signal: AbortSignal;
  readonly report: (share: number | null, text: string) => void;
}
