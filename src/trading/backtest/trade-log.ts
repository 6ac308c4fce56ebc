/** Closed and still open trades in columns that grow and are used again from run to run. */

/** Why a position ended; `open`: it had not, and is valued at the last close without an exit fee. */
export const EXIT_REASONS = [
  'open',
  'signal',
  'reverse',
  'stop-loss',
  'take-profit',
  'trailing-stop',
  'time',
  'ruin',
  'target',
  'liquidation',
] as const;
export type ExitReason = (typeof EXIT_REASONS)[number];

/** One position from flat to flat (or to the opposite side). */
export interface Trade {
  readonly side: 'long' | 'short';
  /** Rows of the candles in which it was entered and left; under `next-open` the fill is at their open. */
  readonly entryRow: number;
  readonly exitRow: number;
  /** Opening times of those candles. */
  readonly entryTimeMs: number;
  readonly exitTimeMs: number;
  /** Fill prices, slippage included; averages weighted by size where there were several fills. */
  readonly entryPrice: number;
  readonly exitPrice: number;
  /** Units of the asset that were bought (long) or sold (short) in all. */
  readonly size: number;
  readonly entryFees: number;
  readonly exitFees: number;
  /** Paid; below 0 when received. */
  readonly funding: number;
  /** `± size · (exitPrice − entryPrice) − entryFees − exitFees − funding` */
  readonly pnl: number;
  /** `pnl / (size · entryPrice)` */
  readonly return: number;
  readonly exitReason: ExitReason;
}

export interface TradeRow {
  readonly side: number;
  readonly entryRow: number;
  readonly exitRow: number;
  readonly entryPrice: number;
  readonly exitPrice: number;
  readonly size: number;
  readonly entryFees: number;
  readonly exitFees: number;
  readonly funding: number;
  readonly exitReason: ExitReason;
}

const FIRST_CAPACITY = 256;
const COLUMNS = 10;
const REASON_CODES = new Map(EXIT_REASONS.map((reason, code) => [reason, code]));

export class TradeLog {
  #rows = new Float64Array(FIRST_CAPACITY * COLUMNS);
  #pnl = new Float64Array(FIRST_CAPACITY);
  #returns = new Float64Array(FIRST_CAPACITY);
  #count = 0;
  #closed = 0;

  get count(): number {
    return this.#count;
  }

  /** Trades that have ended; they come first, and at most one open trade follows them. */
  get closedCount(): number {
    return this.#closed;
  }

  clear(): void {
    this.#count = 0;
    this.#closed = 0;
  }

  push(trade: TradeRow): void {
    if (this.#count === this.#pnl.length) this.#grow();
    const { side, size, entryPrice, exitPrice, entryFees, exitFees, funding } = trade;
    const pnl = side * (size * exitPrice - size * entryPrice) - entryFees - exitFees - funding;
    this.#pnl[this.#count] = pnl;
    this.#returns[this.#count] = pnl / (size * entryPrice);
    const at = this.#count * COLUMNS;
    const rows = this.#rows;
    rows[at] = side;
    rows[at + 1] = trade.entryRow;
    rows[at + 2] = trade.exitRow;
    rows[at + 3] = entryPrice;
    rows[at + 4] = exitPrice;
    rows[at + 5] = size;
    rows[at + 6] = entryFees;
    rows[at + 7] = exitFees;
    rows[at + 8] = funding;
    rows[at + 9] = REASON_CODES.get(trade.exitReason)!;
    this.#count++;
    if (trade.exitReason !== 'open') this.#closed++;
  }

  pnl(index: number): number {
    return this.#pnl[index]!;
  }

  return(index: number): number {
    return this.#returns[index]!;
  }

  at(index: number, openTimeMs: Float64Array): Trade {
    const row = this.#rows.subarray(index * COLUMNS, (index + 1) * COLUMNS);
    return {
      side: row[0]! > 0 ? 'long' : 'short',
      entryRow: row[1]!,
      exitRow: row[2]!,
      entryTimeMs: openTimeMs[row[1]!]!,
      exitTimeMs: openTimeMs[row[2]!]!,
      entryPrice: row[3]!,
      exitPrice: row[4]!,
      size: row[5]!,
      entryFees: row[6]!,
      exitFees: row[7]!,
      funding: row[8]!,
      pnl: this.#pnl[index]!,
      return: this.#returns[index]!,
      exitReason: EXIT_REASONS[row[9]!]!,
    };
  }

  #grow(): void {
    const grow = (column: Float64Array) => {
      const wider = new Float64Array(2 * column.length);
      wider.set(column);
      return wider;
    };
    this.#rows = grow(this.#rows);
    this.#pnl = grow(this.#pnl);
    this.#returns = grow(this.#returns);
  }
}
