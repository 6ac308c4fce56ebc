/** What is known of a day when it is over: one line of a journal. Plain data: every number is finite or null. */
import type { EmbeddingDrift } from './drift.ts';
import type { Tally } from './outcomes.ts';
import type { RetrainDecision } from './policy.ts';

export interface DayRecord {
  readonly dayMs: number;
  readonly symbol: string;
  /** `name@version` that scored it. */
  readonly model: string;
  /** The model, or the MacroNet behind it, has learned from this day or from later ones: no evidence. */
  readonly inTraining: boolean;
  readonly candles: number;
  readonly missingCandles: number;
  /** Candles with a score, and those of them for which there were thresholds. */
  readonly scored: number;
  readonly decided: number;
  /** Why candles had no score, in words; null when all had. */
  readonly warmingUp: string | null;
  readonly buys: number;
  readonly sells: number;
  /** In force at the last decision; null where a side was shut, or there was no decision. */
  readonly buyAbove: number | null;
  readonly sellBelow: number | null;
  readonly trades: number;
  readonly wins: number;
  /** Simple returns of the day's account after and before costs. */
  readonly return: number;
  readonly grossReturn: number;
  /** The account at the end of the day, after and before costs. */
  readonly equity: number;
  readonly grossEquity: number;
  /** From the last close of the day before; null without one. */
  readonly marketReturn: number | null;
  /** Outcomes that became known today, those of yesterday's last decisions among them. */
  readonly tally: Tally;
  readonly embedding: EmbeddingDrift | null;
  /** Why there is no embedding, in words. */
  readonly noEmbedding: string | null;
  /** Distance of the scores that the thresholds remember from the reference; null without scores. */
  readonly scoreDistance: number | null;
  readonly decision: RetrainDecision;
}
