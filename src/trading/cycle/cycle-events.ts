/** What happens to a cycle, and what it says and asks. */
import type { Candle } from '../../domain/candles/index.ts';
import type { SignalDecision } from '../../domain/signals/index.ts';
import type { DayRecord } from './day-record.ts';
import type { EmbeddingReference } from './drift.ts';

/** A model takes its post. */
export interface ServingModel {
  /** `name@version` */
  readonly reference: string;
  /** End of everything that it, or its MacroNet, has learned from. */
  readonly trainedUntilMs: number;
  /** Its scores of the candles before now, oldest first: what thresholds start from, and drift is measured against. */
  readonly scores: readonly number[];
  /** Of the days that it was taught on; null without MacroNet. */
  readonly embeddings: EmbeddingReference | null;
}

/** The embedding of a day, made from candles that closed before it. */
export type DayEmbedding =
  | { readonly kind: 'embedded'; readonly embedding: readonly number[] }
  /** Why there is none, in words. */
  | { readonly kind: 'skipped'; readonly reason: string };

export type CandleScore =
  | { readonly kind: 'score'; readonly score: number }
  | { readonly kind: 'warming-up'; readonly reason: string };

export type CycleEvent =
  /** Between days. */
  | { readonly kind: 'model'; readonly model: ServingModel }
  /** 00:00 UTC: a day begins. */
  | { readonly kind: 'midnight'; readonly dayMs: number }
  | { readonly kind: 'embedded'; readonly answer: DayEmbedding }
  /** A candle of the day has closed. */
  | { readonly kind: 'candle'; readonly candle: Candle }
  | { readonly kind: 'scored'; readonly answer: CandleScore }
  /** All candles of the day have closed. */
  | { readonly kind: 'day-end' };

export type CycleOutput =
  /** Answered by `embedded`. */
  | { readonly kind: 'embed'; readonly dayMs: number }
  /** Answered by `scored`. */
  | { readonly kind: 'score'; readonly candle: Candle }
  | { readonly kind: 'decision'; readonly openTimeMs: number; readonly decision: SignalDecision }
  | { readonly kind: 'day'; readonly record: DayRecord };
