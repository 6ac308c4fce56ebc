/** All that a cycle remembers: plain data; `JSON.stringify` and `JSON.parse` keep every bit of it. */
import type { AdaptiveThresholdState } from '../../domain/signals/index.ts';
import type { ServingModel } from './cycle-events.ts';
import type { CycleSettings } from './cycle-settings.ts';
import type { SaidCandle } from './day-account.ts';
import type { DayVector, EmbeddingDrift } from './drift.ts';
import { NO_OUTCOMES, NO_TALLY, type OutcomeState, type Tally } from './outcomes.ts';
import type { ServedDay } from './policy.ts';

export interface CycleState {
  /** null before the first. */
  readonly model: ServingModel | null;
  readonly thresholds: AdaptiveThresholdState;
  readonly outcomes: OutcomeState;
  /** The account after the last day that is over, after and before costs. */
  readonly equity: number;
  readonly grossEquity: number;
  /** Of the last day that had candles. */
  readonly lastClose: number | null;
  /** The last embedding. */
  readonly vector: DayVector | null;
  /** What the policy looks at. */
  readonly served: readonly ServedDay[];
  readonly servedDays: number;
  /** null between days. */
  readonly today: OpenDay | null;
}

export interface OpenDay {
  readonly dayMs: number;
  readonly awaits: 'embedding' | 'candle' | 'score';
  /** Grows and is written to in place. */
  readonly candles: SaidCandle[];
  readonly scored: number;
  readonly decided: number;
  readonly warmingUp: string | null;
  readonly buys: number;
  readonly sells: number;
  readonly buyAbove: number | null;
  readonly sellBelow: number | null;
  readonly tally: Tally;
  readonly embedding: EmbeddingDrift | null;
  readonly noEmbedding: string | null;
}

export const NEW_CYCLE = ({ account, thresholds }: CycleSettings): CycleState => ({
  model: null,
  thresholds: { scores: [], buyShare: thresholds.buyShare, sellShare: thresholds.sellShare },
  outcomes: NO_OUTCOMES,
  equity: account.initialCash,
  grossEquity: account.initialCash,
  lastClose: null,
  vector: null,
  served: [],
  servedDays: 0,
  today: null,
});

export const NEW_DAY = (dayMs: number): OpenDay => ({
  dayMs,
  awaits: 'embedding',
  candles: [],
  scored: 0,
  decided: 0,
  warmingUp: null,
  buys: 0,
  sells: 0,
  buyAbove: null,
  sellBelow: null,
  tally: NO_TALLY,
  embedding: null,
  noEmbedding: null,
});
