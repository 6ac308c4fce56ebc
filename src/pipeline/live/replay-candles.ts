/** Stored candles one by one through MicroNet and adaptive thresholds: the road that live will take. */
import { candleAt, type CandleTable, CANDLE_INTERVALS, type TimeSpan } from '../../domain/candles/index.ts';
import { type Direction, DIRECTIONS } from '../../domain/core/index.ts';
import { AdaptiveThresholds } from '../../domain/signals/index.ts';
import { type CandleModel, CandleScorer, thresholdsFromMs } from '../candle-scoring/index.ts';

export interface CandleSignal {
  /** Start of the candle; everything here is known when it closes. */
  readonly openTimeMs: number;
  /** The candle's close. */
  readonly price: number;
  /** In [−1, 1]. Of classes: p(BUY) − p(SELL). */
  readonly score: number;
  /** SELL, NEUTRAL, BUY as the network gives them; null for scores. */
  readonly probabilities: readonly [number, number, number] | null;
  readonly direction: Direction;
  /** No signal: the score lies between the thresholds, or these know too few scores yet. */
  readonly abstains: boolean;
  readonly thresholds: 'ready' | 'warm-up';
  /** Null while warming up, as no number is known. */
  readonly buyAbove: number | null;
  readonly sellBelow: number | null;
}

export type CandleOutcome =
  | { readonly kind: 'signal'; readonly signal: CandleSignal }
  /** Candles before this one are missing; why, in words. */
  | {
      readonly kind: 'warming-up';
      readonly openTimeMs: number;
      readonly price: number;
      readonly reason: string;
    };

export interface CandleReplayOptions extends TimeSpan {
  readonly model: CandleModel;
  readonly symbol: string;
  /** In order of time, from `directionsFromMs` on where there are so many. */
  readonly candles: CandleTable;
  readonly signal?: AbortSignal | undefined;
  /** Called for every candle that opens in the span. */
  readonly onOutcome: (outcome: CandleOutcome) => void;
}

export interface CandleReplayResult {
  readonly candles: number;
  readonly signals: number;
  /** Signals that are neither BUY nor SELL. */
  readonly abstentions: number;
  readonly warmingUp: number;
  /** Holes in the grid, those before the span too. */
  readonly gaps: number;
}

/**
 * Thresholds begin as many candles before the span as they remember, so that a replay of the test period says what its judge
 * and its backtest say.
 * @throws the signal's reason when aborted
 */
export async function replayCandles(options: CandleReplayOptions): Promise<CandleReplayResult> {
  const { model, symbol, candles, fromMs, toMs, signal, onOutcome } = options;
  const scorer = new CandleScorer(model, symbol);
  const rule = new AdaptiveThresholds(model.manifest.thresholds.adaptive);
  const intervalMs = CANDLE_INTERVALS[model.interval];
  const scoredFromMs = thresholdsFromMs(fromMs, model.manifest.thresholds.adaptive, intervalMs);
  const counts = { candles: 0, signals: 0, abstentions: 0, warmingUp: 0, gaps: 0 };
  for (let row = 0; row < candles.rows && candles.openTimeMs[row]! < toMs; row++) {
    signal?.throwIfAborted();
    const candle = candleAt(candles, row);
    const { openTimeMs, close: price } = candle;
    if (row > 0 && openTimeMs !== candles.openTimeMs[row - 1]! + intervalMs) counts.gaps++;
    if (openTimeMs < scoredFromMs) {
      scorer.observe(candle);
      continue;
    }
    const answer = await scorer.push(candle);
    const decision = answer.kind === 'score' ? rule.decide(answer.score) : null;
    if (openTimeMs < fromMs) continue;
    counts.candles++;
    if (answer.kind === 'warming-up') {
      counts.warmingUp++;
      onOutcome({ ...answer, price });
      continue;
    }
    const { direction, state, buyAbove, sellBelow } = decision!;
    const abstains = DIRECTIONS[direction] === 'NEUTRAL';
    counts.signals++;
    if (abstains) counts.abstentions++;
    onOutcome({
      kind: 'signal',
      signal: {
        openTimeMs,
        price,
        score: answer.score,
        probabilities: answer.probabilities,
        direction: DIRECTIONS[direction]!,
        abstains,
        thresholds: state,
        buyAbove: Number.isNaN(buyAbove) ? null : buyAbove,
        sellBelow: Number.isNaN(sellBelow) ? null : sellBelow,
      },
    });
  }
  return counts;
}
