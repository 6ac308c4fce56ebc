/** What is known of the instruments beside their prices: the exchange's rules, and funding. Nothing is asked of the network. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '../../domain/core/index.ts';
import { fundingColumn, sizeOf } from '../../domain/market/index.ts';
import { symbolFolder } from '../../platform/storage/index.ts';
import type { Direction } from '../../trading/backtest/index.ts';
import { readFunding, readInstrument } from '../instruments/index.ts';
import type { BacktestMarket } from './markets.ts';

export interface WithFacts<T> {
  readonly value: T;
  readonly notes: readonly string[];
}

const isSpot = ({ venue }: BacktestMarket): boolean => venue.endsWith('spot');

/** The market with the funding that was ingested for all of its months; without any it is said that none is charged. */
export async function withFunding(
  market: BacktestMarket,
  dataDir: string,
): Promise<WithFacts<BacktestMarket>> {
  if (isSpot(market)) return { value: market, notes: [] };
  const { venue, symbol, checked } = market;
  const { openTimeMs } = checked.candles;
  try {
    const { funding, gaps } = await readFunding({
      dataDir,
      venue,
      symbol,
      fromMs: openTimeMs[0]!,
      toMs: openTimeMs.at(-1)! + checked.intervalMs,
    });
    const fundingRate = fundingColumn(openTimeMs, checked.intervalMs, funding);
    const missing = gaps.reduce((sum, gap) => sum + gap.missing, 0);
    return {
      value: { ...market, checked: { ...checked, candles: { ...checked.candles, fundingRate } } },
      notes: missing === 0 ? [] : [`${missing} fundings of ${symbol} are missing and were not charged.`],
    };
  } catch (error) {
    if (!(error instanceof DataError) || error.code !== 'FUNDING_MISSING') throw error;
    const note = `No funding is charged for ${symbol}: none is ingested for this stretch (tidemark ingest funding).`;
    return { value: market, notes: [market.synthetic ? `No funding is charged for ${symbol}.` : note] };
  }
}

/** The market with the rules that the exchange gave when it was asked (`tidemark instruments`); else it is said. */
export async function withRules(market: BacktestMarket, dataDir: string): Promise<WithFacts<BacktestMarket>> {
  const { venue, symbol } = market;
  const location = { dataDir, venue, symbol };
  const cache = path.join(symbolFolder('instruments', location), 'rules.json');
  if ((await stat(cache).catch(() => null)) === null) {
    const note = `Sizes of ${symbol} are not rounded to the exchange’s steps: its rules are not known here (tidemark instruments, or --lot).`;
    return { value: market, notes: [note] };
  }
  const { rules } = await readInstrument({ ...location, nowMs: 0 });
  return {
    value: {
      ...market,
      rules: {
        lotSize: sizeOf(rules, 1),
        minNotional: rules.minNotional,
        maintenanceMargin: rules.marginTiers[0]?.maintenanceRate ?? 0,
      },
    },
    notes: [],
  };
}

/** What is not charged of positions that a market does not know. */
export const borrowedNotes = (markets: readonly BacktestMarket[], direction: Direction): readonly string[] =>
  markets.some(isSpot) && direction !== 'long'
    ? ['Short positions on a spot market have to be borrowed; no interest is charged.']
    : [];
