/**
 * The simulated market as a stream: order-book archives in Bybit's format, candles, and the truth behind them. The same
 * options give the same bytes. Memory is bounded by the book and one chunk, however long the market runs.
 */
import { ConfigError, DAY_MS, invariant, MINUTE_MS, Random } from '../core/index.ts';
import { ArchiveEncoder } from './archive-encoder.ts';
import { BookFlow } from './book-flow.ts';
import { CandleBuilder, type Candle } from './candles.ts';
import { RATE_PROFILES, type SimulatedInstrument, type SimulationRate } from './instrument.ts';
import { type MarketTruth, simulateLatent, typicalSigma } from './latent.ts';
import { PricePath } from './price-path.ts';
import { dayOpening, minuteSchedule } from './schedule.ts';

/** Imbalance that an impulse of one shows: `mean_obi ≈ tanh(0.6 z)`. */
export const PRESSURE_PER_IMPULSE = 0.6;

export interface MarketOptions {
  readonly seed: number;
  readonly instrument: SimulatedInstrument;
  /** Start of a UTC day. */
  readonly startMs: number;
  readonly days: number;
  /** R² of the next hour's return on the hidden state, 0 … {@link maxStrength}. */
  readonly strength: number;
  readonly rate: SimulationRate;
}

export type MarketEvent =
  /** Bytes up to the matching `day-close` belong to the archive of this day. */
  | { readonly kind: 'day-open'; readonly dayMs: number }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'day-close'; readonly dayMs: number }
  | { readonly kind: 'candle'; readonly candle: Candle };

export interface SimulatedMarket {
  readonly truth: MarketTruth;
  readonly events: Generator<MarketEvent, void, undefined>;
}

/** @throws ConfigError when the price falls so low that the book has no room below it */
export function simulateMarket(options: MarketOptions): SimulatedMarket {
  const { seed, instrument, startMs, days, strength } = options;
  invariant(startMs % DAY_MS === 0, 'a simulation starts at a UTC midnight', { startMs });
  invariant(Number.isInteger(days) && days > 0, 'days must be a positive integer', { days });
  const { symbol, startPrice } = instrument;
  const minutes = days * (DAY_MS / MINUTE_MS);
  const latent = simulateLatent({ seed, symbol, startMs, minutes, strength, startPrice });
  checkRoom(options, latent.truth.mid);
  return { truth: latent.truth, events: new MarketStream(options, latent).events() };
}

/** No level may have a price of zero or less. Up to a quarter of the deep levels are empty; twice the levels is ample. */
function checkRoom({ instrument, rate }: MarketOptions, mid: Float64Array): void {
  const lowest = mid.reduce((low, price) => Math.min(low, price), instrument.startPrice);
  const room = 2 * RATE_PROFILES[rate].levels;
  if (lowest * 10 ** instrument.priceDecimals >= room) return;
  throw new ConfigError([
    {
      path: '--days',
      message: `the price falls to ${lowest.toPrecision(3)}, fewer than the ${room} ticks that the book needs; ask for fewer days or take another seed`,
    },
  ]);
}

class MarketStream {
  readonly #options: MarketOptions;
  readonly #latent: ReturnType<typeof simulateLatent>;
  readonly #random: Random;
  readonly #ticksPerUnit: number;
  readonly #path: PricePath;
  readonly #flow: BookFlow;
  readonly #encoder: ArchiveEncoder;
  readonly #candles: CandleBuilder;
  #updateId: number;
  #sequence: number;
  #lastTimeMs: number;

  constructor(options: MarketOptions, latent: ReturnType<typeof simulateLatent>) {
    const { seed, instrument, startMs, rate } = options;
    const stream = (name: string): Random => Random.fromLabel(seed, `${instrument.symbol}/${rate}/${name}`);
    this.#options = options;
    this.#latent = latent;
    this.#random = stream('flow');
    this.#ticksPerUnit = 10 ** instrument.priceDecimals;
    this.#path = new PricePath(stream('path'), latent.startPrice);
    this.#flow = new BookFlow(
      stream('book'),
      latent.startPrice * this.#ticksPerUnit,
      RATE_PROFILES[rate].levels,
    );
    this.#encoder = new ArchiveEncoder(instrument);
    this.#candles = new CandleBuilder(stream('trades'));
    this.#updateId = 1_000_000 + this.#random.integer(1_000_000);
    this.#sequence = 100_000_000_000 + this.#random.integer(1_000_000_000);
    this.#lastTimeMs = startMs;
  }

  *events(): Generator<MarketEvent, void, undefined> {
    const { startMs, days, rate } = this.#options;
    const minutesADay = DAY_MS / MINUTE_MS;
    const minutes = days * minutesADay;
    for (let minute = 0; minute <= minutes; minute++) {
      const minuteMs = startMs + minute * MINUTE_MS;
      const activity = this.#latent.sigma[minute]! / typicalSigma;
      const deviation = this.#latent.sigma[minute]! * this.#latent.truth.gains.noise;
      this.#path.beginMinute(this.#latent.logReturn[minute]!, deviation);
      this.#candles.beginMinute(minuteMs, this.#latent.impulse[minute]!, activity);
      let afterMs = -1;
      if (minute % minutesADay === 0) {
        afterMs = yield* this.#midnight(minute, minuteMs, minute === minutes);
        if (minute === minutes) return;
      }
      for (const offsetMs of minuteSchedule(this.#random, RATE_PROFILES[rate], { activity, afterMs })) {
        this.#delta(minute, offsetMs);
        if (this.#encoder.chunkIsFull) yield { kind: 'bytes', bytes: this.#encoder.takeChunk() };
      }
      const candle = this.#candles.endMinute();
      if (candle !== null) yield { kind: 'candle', candle };
    }
  }

  /** Ends the old day's archive with some deltas and the new day's snapshot, and opens the new one with the same line. */
  *#midnight(minute: number, minuteMs: number, last: boolean): Generator<MarketEvent, number, undefined> {
    const { deltaOffsetsMs, snapshotOffsetMs } = dayOpening(this.#random);
    for (const offsetMs of deltaOffsetsMs) this.#delta(minute, offsetMs);
    // The first day has no file before it: what its book did before the opening snapshot is nobody's.
    if (minute > 0) yield { kind: 'bytes', bytes: this.#encoder.takeChunk() };
    else this.#encoder.takeChunk();
    const timeMs = minuteMs + snapshotOffsetMs;
    this.#encoder.snapshot(this.#flow, this.#header(timeMs));
    const bytes = this.#encoder.takeChunk();
    if (minute > 0) {
      yield { kind: 'bytes', bytes };
      yield { kind: 'day-close', dayMs: minuteMs - DAY_MS };
    }
    if (!last) {
      yield { kind: 'day-open', dayMs: minuteMs };
      yield { kind: 'bytes', bytes };
    }
    return snapshotOffsetMs;
  }

  #delta(minute: number, offsetMs: number): void {
    const timeMs = this.#options.startMs + minute * MINUTE_MS + offsetMs;
    const profile = RATE_PROFILES[this.#options.rate];
    const midTicks = this.#path.priceAt((offsetMs + 0.5) / MINUTE_MS) * this.#ticksPerUnit;
    const sigma = this.#latent.sigma[minute]!;
    const churn = profile.churn * (sigma / typicalSigma) * (0.5 + this.#random.uniform());
    this.#flow.step({
      midTicks,
      pressure: PRESSURE_PER_IMPULSE * this.#latent.impulse[minute]!,
      sigmaTicks: sigma * midTicks,
      churn: Math.round(churn),
      elapsedMs: timeMs - this.#lastTimeMs,
    });
    this.#lastTimeMs = timeMs;
    this.#updateId++;
    this.#sequence += 1 + this.#random.integer(60);
    this.#encoder.delta(this.#flow, this.#header(timeMs));
    this.#candles.trade(this.#flow.bidTick, this.#flow.askTick);
  }

  #header(timeMs: number) {
    return {
      timeMs,
      engineTimeMs: timeMs - 2 - (this.#sequence % 6),
      updateId: this.#updateId,
      sequence: this.#sequence,
    };
  }
}
