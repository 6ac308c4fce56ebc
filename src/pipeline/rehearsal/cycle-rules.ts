/** A cycle's rules as a model's manifest has them: its labels, as far as they can be known afterwards, and its thresholds. */
import { CANDLE_INTERVALS } from '../../domain/candles/index.ts';
import type { CycleSettings, MoveRule, RetrainPolicy } from '../../trading/cycle/index.ts';
import type { CandleModel } from '../candle-models/index.ts';
import { CandleLabelSchema } from '../candle-models/config.ts';

/** In the quote currency, one account a symbol. */
const INITIAL_CASH = 10_000;

interface Wanted {
  readonly symbol: string;
  readonly costBps: number;
  readonly positionShare: number;
  readonly policy: RetrainPolicy;
}

export function cycleSettings(
  { manifest, interval }: CandleModel,
  { symbol, costBps, positionShare, policy }: Wanted,
): CycleSettings {
  const { horizonCandles } = manifest.label;
  return {
    symbol,
    intervalMs: CANDLE_INTERVALS[interval],
    thresholds: manifest.thresholds.adaptive,
    outcome: { horizonCandles, move: moveOf(manifest.label) },
    account: { initialCash: INITIAL_CASH, costShare: costBps / 10_000, positionShare },
    policy,
  };
}

/** What a label of a trade is of depends on the way of the price; here a move is one that pays for the trade's costs. */
function moveOf(label: CandleModel['manifest']['label']): MoveRule {
  const { name: _, ...rule } = label;
  const { kind, threshold, deviations, volatilityCandles, costs } = CandleLabelSchema.parse(rule);
  switch (kind) {
    case 'threshold':
      return { kind: 'fixed', threshold };
    case 'volatility':
      return { kind: 'volatility', deviations, candles: volatilityCandles };
    case 'trade':
      return { kind: 'fixed', threshold: costs };
  }
}
