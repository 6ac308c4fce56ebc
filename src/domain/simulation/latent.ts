/**
 * The hidden market behind a simulation: minute by minute, before any order book exists. All planted knowledge is
 * here; everything else only makes it visible.
 *
 *     z_m ~ N(0, 1)                                   order-flow impulse, shown as the imbalance of the book
 *     a_m = ρ a_{m−1} + √(1−ρ²) z_m                   hidden state, stationary N(0, 1), half-life 40 minutes
 *     σ_m = σ̄ · season(minute of day) · exp(slow + fast)     volatility, E[σ²] = σ̄²
 *     r_m = σ_m (β a_{m−1} + γ ε_m),  ε_m ~ N(0, 1)   log return of the minute
 *
 * At constant σ an hour's return has variance 60 σ² whatever the strength; a minute's has σ² only at strength 0, because
 * the state makes minutes follow each other.
 *
 * Given `a_m` and the path of σ, any future return is Gaussian with a closed form (see `oracle.ts`). One minute's
 * imbalance holds only 1 − ρ² (3 %) of the state's variance; two hours of them hold 98 %: a model needs memory.
 */
import { DAY_MS, invariant, MINUTE_MS, Random } from '../core/index.ts';

const STATE_HALF_LIFE_MINUTES = 40;
/** The horizon at which `strength` is the share of explained variance. */
export const STRENGTH_HORIZON_MINUTES = 60;
/** Standard deviation of an hour's log return when σ = σ̄, at any strength. */
const HOURLY_DEVIATION = 0.0065;
const MEAN_SIGMA = HOURLY_DEVIATION / Math.sqrt(STRENGTH_HORIZON_MINUTES);

/** Logarithm of volatility: two autoregressive parts beside the season. */
const SLOW_VOLATILITY = { halfLifeMinutes: 720, deviation: 0.22 } as const;
const FAST_VOLATILITY = { halfLifeMinutes: 30, deviation: 0.12 } as const;
const MINUTES_A_DAY = DAY_MS / MINUTE_MS;

/** How the hidden state becomes returns. */
export interface SignalGains {
  /** ρ, a minute. */
  readonly persistence: number;
  /** β: standard deviations of a minute's return that the state adds. */
  readonly drift: number;
  /** γ: those that are pure chance. */
  readonly noise: number;
}

/** What was planted: the answer sheet that lies beside the data. */
export interface MarketTruth {
  /** Start of the first minute; minute `m` starts `m` minutes later. */
  readonly startMs: number;
  readonly minutes: number;
  readonly gains: SignalGains;
  /** `[minutes]` a_m, known once minute m is over. */
  readonly state: Float64Array;
  /** `[minutes]` σ_m. */
  readonly sigma: Float64Array;
  /** `[minutes]` mid price at the minute's end, before it is put on ticks. */
  readonly mid: Float64Array;
}

/** The truth and what the book needs to show it; one minute longer, for the messages just after the last midnight. */
export interface LatentMarket {
  readonly truth: MarketTruth;
  readonly startPrice: number;
  /** `[minutes + 1]` z_m. */
  readonly impulse: Float64Array;
  /** `[minutes + 1]` */
  readonly sigma: Float64Array;
  /** `[minutes + 1]` r_m. */
  readonly logReturn: Float64Array;
}

const persistenceOf = (halfLifeMinutes: number): number => 2 ** (-1 / halfLifeMinutes);

/**
 * Chooses β and γ so that the state explains `strength` of the variance of the next hour's return at constant σ, and
 * so that this variance is 60 σ² at any strength.
 * @param strength R² in [0, {@link maxStrength}]
 */
export function signalGains(strength: number): SignalGains {
  invariant(strength >= 0 && strength <= maxStrength(), 'strength out of range', { strength });
  const persistence = persistenceOf(STATE_HALF_LIFE_MINUTES);
  const { known, unknown } = hourlyStateVariance(persistence);
  const drift = Math.sqrt((strength * STRENGTH_HORIZON_MINUTES) / known);
  const noise = Math.sqrt(Math.max(0, 1 - (drift * drift * (known + unknown)) / STRENGTH_HORIZON_MINUTES));
  return { persistence, drift, noise };
}

/** The R² at which chance would have no share left: the state's own future innovations take the rest. */
export function maxStrength(): number {
  const { known, unknown } = hourlyStateVariance(persistenceOf(STATE_HALF_LIFE_MINUTES));
  return known / (known + unknown);
}

/** Variance of Σ a over the next hour: the part that today's state fixes, and the part still to be drawn. */
function hourlyStateVariance(persistence: number): { readonly known: number; readonly unknown: number } {
  let gain = 0;
  let unknown = 0;
  for (let step = 0; step < STRENGTH_HORIZON_MINUTES; step++) {
    unknown += (1 - persistence * persistence) * gain * gain;
    gain = 1 + persistence * gain;
  }
  return { known: gain * gain, unknown };
}

/** `[1440]` factor of σ by minute of the UTC day: quiet nights, a peak at 15:00; its square has mean 1. */
export function intradaySeason(): Float64Array {
  const season = Float64Array.from({ length: MINUTES_A_DAY }, (_, minute) => {
    const angle = (2 * Math.PI * (minute - 15 * 60)) / MINUTES_A_DAY;
    return Math.exp(0.26 * Math.cos(angle) + 0.08 * Math.cos(2 * angle));
  });
  const meanSquare = season.reduce((sum, x) => sum + x * x, 0) / MINUTES_A_DAY;
  return season.map((x) => x / Math.sqrt(meanSquare));
}

/** Stationary Gaussian AR(1), `[length]`. */
function autoregression(
  random: Random,
  length: number,
  part: typeof SLOW_VOLATILITY | typeof FAST_VOLATILITY,
) {
  const persistence = persistenceOf(part.halfLifeMinutes);
  const innovation = Math.sqrt(1 - persistence * persistence);
  const values = new Float64Array(length);
  let unit = random.normal();
  for (let m = 0; m < length; m++) {
    unit = persistence * unit + innovation * random.normal();
    values[m] = part.deviation * unit;
  }
  return values;
}

export interface LatentOptions {
  readonly seed: number;
  /** Markets of one seed and different names are independent. */
  readonly symbol: string;
  /** Start of a UTC day. */
  readonly startMs: number;
  readonly minutes: number;
  readonly strength: number;
  readonly startPrice: number;
}

/** Draws the hidden market; the same options give the same numbers, whatever is later written about them. */
export function simulateLatent(options: LatentOptions): LatentMarket {
  const { seed, symbol, startMs, minutes, startPrice } = options;
  const gains = signalGains(options.strength);
  const { persistence, drift, noise } = gains;
  const length = minutes + 1;
  const stream = (name: string): Random => Random.fromLabel(seed, `${symbol}/${name}`);
  const sigma = drawSigma(stream, length, startMs);

  const impulses = stream('impulse');
  const chances = stream('chance');
  const innovation = Math.sqrt(1 - persistence * persistence);
  const impulse = new Float64Array(length);
  const state = new Float64Array(length);
  const logReturn = new Float64Array(length);
  const mid = new Float64Array(length);
  let current = impulses.normal();
  let logPrice = Math.log(startPrice);
  for (let m = 0; m < length; m++) {
    logReturn[m] = sigma[m]! * (drift * current + noise * chances.normal());
    impulse[m] = impulses.normal();
    current = persistence * current + innovation * impulse[m]!;
    state[m] = current;
    logPrice += logReturn[m]!;
    mid[m] = Math.exp(logPrice);
  }
  const truth: MarketTruth = {
    startMs,
    minutes,
    gains,
    state: state.subarray(0, minutes),
    sigma: sigma.subarray(0, minutes),
    mid: mid.subarray(0, minutes),
  };
  return { truth, startPrice, impulse, sigma, logReturn };
}

/** Each part draws from a stream of its own: a longer market begins as a shorter one does. */
function drawSigma(stream: (name: string) => Random, length: number, startMs: number): Float64Array {
  const season = intradaySeason();
  const slow = autoregression(stream('slow volatility'), length, SLOW_VOLATILITY);
  const fast = autoregression(stream('fast volatility'), length, FAST_VOLATILITY);
  const correction = Math.exp(-(SLOW_VOLATILITY.deviation ** 2) - FAST_VOLATILITY.deviation ** 2);
  const firstMinute = (startMs / MINUTE_MS) % MINUTES_A_DAY;
  return Float64Array.from(
    { length },
    (_, m) =>
      MEAN_SIGMA * correction * season[(firstMinute + m) % MINUTES_A_DAY]! * Math.exp(slow[m]! + fast[m]!),
  );
}

/** σ̄: the root mean square of σ over long times. */
export const typicalSigma = MEAN_SIGMA;
