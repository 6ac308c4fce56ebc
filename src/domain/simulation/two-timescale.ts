/**
 * SYNTHETIC candles in which a slow state decides what a fast pattern means. It is here to show that an experiment finds
 * what was planted and does not find what was not; it says nothing about any market.
 *
 * The state s is +1 or −1 for 8 to 20 days and may change at midnight. Candles run in cycles of about 106:
 *
 *     tell 24 · pause 60 to 72 · pattern 12 · answer 4
 *
 * - **tell**: two hours in which the widest wicks, the upper fifth, are drawn out (s = +1) or cut off (s = −1); everywhere
 *   else they are what they are. Medians and quartiles of all features are the same either way, so that robust scaling
 *   does not carry the state into the features. High and low show it, and nothing else does.
 * - **pattern**: an hour of one-sided taker flow of sign q, ±1 with equal chance.
 * - **answer**: 4 candles whose returns have the mean s·q·σ each. All other returns have mean 0.
 *
 * Who sees 60 candles or fewer sees no tell while a pattern or its answer lasts: to him q means nothing. Who sees days
 * knows s. With the state `removed` the tells go on as before, but every answer has the mean q·σ: what days tell is then
 * of no use by construction.
 */
import { DAY_MS, invariant, MINUTE_MS, Random } from '../core/index.ts';

const INTERVAL_MS = 5 * MINUTE_MS;
/** Candles before a pattern in which nothing tells the state. */
export const PAUSE_CANDLES = 60;
const PAUSE_SPREAD = 13;
const TELL_CANDLES = 24;
const PATTERN_CANDLES = 12;
const ANSWER_CANDLES = 4;
/** Wicks above this many deviations are drawn out by `STRETCH` deviations, or cut off. */
const TELL_FROM = 0.85;
const TELL_STRETCH = 1.5;
/** Mean of the flow in a pattern, in its standard deviations. */
const PATTERN_FLOW = 1.5;
/** δ: mean of an answer's return, in its standard deviations. */
export const ANSWER_DRIFT = 1;
/** Days that a state lasts, both included. */
const DWELL_DAYS = [8, 20] as const;

const MEAN_SIGMA = 0.0015;
const VOLATILITY = { halfLifeCandles: 36, deviation: 0.2 } as const;
const WICK = { size: 0.8, deviation: 0.6 } as const;

/** Columns of equal length `[rows]`, as a candle table has them. */
export interface TwoTimescaleCandles {
  readonly rows: number;
  readonly openTimeMs: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
  readonly quoteVolume: Float64Array;
  readonly trades: Float64Array;
  readonly takerBuyVolume: Float64Array;
}

/** What was planted, `[rows]` each. */
export interface TwoTimescaleTruth {
  /** s, also where it is removed. */
  readonly state: Int8Array;
  /** What an answer's mean is multiplied by: s, or 1 with the state removed. */
  readonly meaning: Int8Array;
  /** q in an answer, 0 elsewhere. */
  readonly answerSide: Int8Array;
  /** In an answer the first candle of its pattern: who sees it may know of the answer. −1 elsewhere. */
  readonly knownFrom: Int32Array;
  /** σ: standard deviation of the return's chance. */
  readonly sigma: Float64Array;
}

export interface TwoTimescaleOptions {
  readonly seed: number;
  /** Markets of one seed and different names are independent. */
  readonly symbol: string;
  /** Start of a UTC day. */
  readonly startMs: number;
  readonly days: number;
  /** Default `planted`. */
  readonly state?: 'planted' | 'removed';
}

export interface TwoTimescaleMarket {
  readonly synthetic: true;
  readonly candles: TwoTimescaleCandles;
  readonly truth: TwoTimescaleTruth;
}

/** The same options give the same numbers; with the state removed the draws are the same, and only answers differ. */
export function simulateTwoTimescale(options: TwoTimescaleOptions): TwoTimescaleMarket {
  const { seed, symbol, startMs, days, state = 'planted' } = options;
  invariant(startMs % DAY_MS === 0 && Number.isSafeInteger(days) && days >= 1, 'whole days from a midnight', {
    startMs,
    days,
  });
  const rows = (days * DAY_MS) / INTERVAL_MS;
  const stream = (name: string): Random => Random.fromLabel(seed, `two-timescale/${symbol}/${name}`);
  const stages = drawStages(rows, stream('stages'));
  const truth: TwoTimescaleTruth = {
    state: drawState(rows, days, stream('state')),
    meaning: new Int8Array(rows),
    answerSide: stages.answerSide,
    knownFrom: stages.knownFrom,
    sigma: drawSigma(rows, stream('volatility')),
  };
  truth.meaning.set(state === 'planted' ? truth.state : truth.state.map(() => 1));
  return { synthetic: true, candles: drawCandles(startMs, truth, stages, stream), truth };
}

interface Stages {
  /** `[rows]` 1 in a tell. */
  readonly tell: Uint8Array;
  /** `[rows]` q in a pattern, 0 elsewhere. */
  readonly patternSide: Int8Array;
  readonly answerSide: Int8Array;
  readonly knownFrom: Int32Array;
}

function drawStages(rows: number, random: Random): Stages {
  const stages: Stages = {
    tell: new Uint8Array(rows),
    patternSide: new Int8Array(rows),
    answerSide: new Int8Array(rows),
    knownFrom: new Int32Array(rows).fill(-1),
  };
  for (let row = 0; row < rows;) {
    stages.tell.fill(1, row, row + TELL_CANDLES);
    const pattern = row + TELL_CANDLES + PAUSE_CANDLES + random.integer(PAUSE_SPREAD);
    const answer = pattern + PATTERN_CANDLES;
    const side = random.integer(2) === 0 ? -1 : 1;
    row = answer + ANSWER_CANDLES;
    stages.patternSide.fill(side, pattern, answer);
    stages.answerSide.fill(side, answer, row);
    stages.knownFrom.fill(pattern, answer, row);
  }
  return stages;
}

function drawState(rows: number, days: number, random: Random): Int8Array {
  const [shortest, longest] = DWELL_DAYS;
  const perDay = rows / days;
  const state = new Int8Array(rows);
  let current = random.integer(2) === 0 ? -1 : 1;
  // The first state has begun before the first day.
  let day = -random.integer(shortest);
  while (day < days) {
    const end = day + shortest + random.integer(longest - shortest + 1);
    state.fill(current, Math.max(0, day) * perDay, end * perDay);
    current = -current;
    day = end;
  }
  return state;
}

function drawSigma(rows: number, random: Random): Float64Array {
  const persistence = 2 ** (-1 / VOLATILITY.halfLifeCandles);
  const innovation = Math.sqrt(1 - persistence * persistence);
  let level = random.normal();
  return Float64Array.from({ length: rows }, () => {
    level = persistence * level + innovation * random.normal();
    return MEAN_SIGMA * Math.exp(VOLATILITY.deviation * level);
  });
}

function drawCandles(
  startMs: number,
  truth: TwoTimescaleTruth,
  { tell, patternSide }: Stages,
  stream: (name: string) => Random,
): TwoTimescaleCandles {
  const { state, meaning, answerSide, sigma } = truth;
  const rows = sigma.length;
  const column = (): Float64Array => new Float64Array(rows);
  const [open, high, low, close, volume, quoteVolume, trades, takerBuyVolume] = [
    column(),
    column(),
    column(),
    column(),
    column(),
    column(),
    column(),
    column(),
  ];
  const [chance, wicks, flows, volumes] = [
    stream('chance'),
    stream('wicks'),
    stream('flow'),
    stream('volume'),
  ];
  let price = 100;
  for (let row = 0; row < rows; row++) {
    const drift = ANSWER_DRIFT * meaning[row]! * answerSide[row]!;
    open[row] = price;
    price *= Math.exp(sigma[row]! * (drift + chance.normal()));
    close[row] = price;
    let wick = wicks.normal();
    if (tell[row] === 1 && wick > TELL_FROM) wick = state[row] === 1 ? wick + TELL_STRETCH : TELL_FROM;
    const reach = WICK.size * sigma[row]! * Math.exp(WICK.deviation * wick);
    high[row] = Math.max(open[row]!, price) * Math.exp(reach);
    low[row] = Math.min(open[row]!, price) * Math.exp(-reach);
    const flow = PATTERN_FLOW * patternSide[row]! + flows.normal();
    const share = Math.min(0.98, Math.max(0.02, 0.5 + 0.08 * flow));
    volume[row] = 1_000 * Math.exp(0.5 * volumes.normal());
    quoteVolume[row] = volume[row]! * price;
    trades[row] = Math.max(1, Math.round(volume[row]! / 4));
    takerBuyVolume[row] = volume[row]! * share;
  }
  const openTimeMs = Float64Array.from({ length: rows }, (_, row) => startMs + row * INTERVAL_MS);
  return { rows, openTimeMs, open, high, low, close, volume, quoteVolume, trades, takerBuyVolume };
}
