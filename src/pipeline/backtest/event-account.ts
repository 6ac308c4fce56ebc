/**
 * The same signals message by message: recordings through the event engine, where orders arrive after their latency and meet
 * the exact book of that moment. All variations are run in one pass over the recording, each on an exchange of its own.
 */
import { DataError, MINUTE_MS } from '../../domain/core/index.ts';
import { parseVenueName } from '../../domain/market/index.ts';
import { surveyInputs, symbolMissing } from '../../platform/sources/index.ts';
import { EventEngine, type EventSettings, TimedSignals } from '../../trading/backtest/index.ts';
import { playRecording } from '../play-recording.ts';
import type { AccountRun } from './account.ts';
import type { BacktestConfig } from './backtest-config.ts';
import type { BacktestMarket } from './markets.ts';
import { settingsOf, type Variation } from './settings.ts';

export interface EventPlan {
  readonly market: BacktestMarket;
  /** `[rows]` of the market. */
  readonly signals: Uint8Array;
  readonly config: BacktestConfig;
  /** Files and folders of the recording. */
  readonly inputs: readonly string[];
  readonly signal: AbortSignal;
}

/** In the order of the variations. */
export interface EventRuns {
  readonly runs: readonly AccountRun[];
  readonly messages: number;
  readonly notes: readonly string[];
}

export async function runEvents(plan: EventPlan, variations: readonly Variation[]): Promise<EventRuns> {
  const { market, signals, signal, inputs } = plan;
  const venue = parseVenueName(market.venue);
  const survey = await surveyInputs({ venue, symbol: market.symbol, inputs });
  const { openTimeMs } = market.checked.candles;
  const closeMs = openTimeMs.map((ms) => ms + MINUTE_MS);
  const engines = variations.map(
    (variation) =>
      new EventEngine({
        instrument: survey.instrument,
        strategy: new TimedSignals(closeMs, signals),
        candles: { kind: 'given', candles: market.checked },
        settings: eventSettings(plan, variation),
      }),
  );
  const endMs = closeMs.at(-1)!;
  // Once the market has ended nothing is said or valued any more.
  const { messages, lastMs, report } = await playRecording(survey, { listeners: engines, endMs, signal });
  if (messages === 0) throw symbolMissing(market.symbol, report.symbolsSeen.keys());
  if (lastMs < openTimeMs[0]!) {
    throw new DataError(
      `the recording of ${market.symbol} ends before the signals begin; give the one that the bars were made from`,
      { code: 'RECORDING_FOREIGN', context: { symbol: market.symbol } },
    );
  }
  const results = engines.map((engine) => engine.finish());
  const [own] = results;
  const refusals = Object.entries(own!.refusals).map(([reason, count]) => `${count} × ${reason}`);
  const missing = lastMs < endMs - MINUTE_MS ? ['The recording ends before the bars do.'] : [];
  const damaged = [...survey.damaged, ...report.damaged].map(({ reason }) => `Damaged: ${reason}.`);
  return {
    messages,
    notes: [
      ...(refusals.length === 0 ? [] : [`Orders that the exchange refused: ${refusals.join(', ')}.`]),
      ...(own!.liquidations > 0 ? [`${own!.liquidations} positions were liquidated.`] : []),
      ...missing,
      ...damaged,
    ],
    runs: results.map(({ candles, equity, summary, metrics, trades }) => ({
      openTimeMs: candles.openTimeMs,
      equity,
      summary,
      metrics,
      trades: trades.map((trade) => ({ symbol: market.symbol, ...trade })),
    })),
  };
}

/** Costs multiply the fees: what the way through the book costs is what it cost. */
function eventSettings({ market, config }: EventPlan, variation: Variation): EventSettings {
  const { initialCash, maxLeverage, exits, sizing, costs, rules } = settingsOf(config, [market], variation);
  const { openTimeMs, fundingRate } = market.checked.candles;
  const latencyMs = variation.latencyMs ?? config.latencyMs;
  const settled = Int32Array.from(openTimeMs.keys()).filter((row) => (fundingRate?.[row] ?? 0) !== 0);
  return {
    initialCash: initialCash!,
    maxLeverage: maxLeverage!,
    exits: exits!,
    sizing: sizing!,
    latency: { entryMs: latencyMs, responseMs: latencyMs },
    fees: { taker: costs!.takerFee!, maker: costs!.makerFee! },
    rules: { minNotional: rules!.minNotional! },
    funding: {
      timeMs: Float64Array.from(settled, (row) => openTimeMs[row]!),
      rate: Float64Array.from(settled, (row) => fundingRate![row]!),
    },
  };
}
