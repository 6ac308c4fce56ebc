/**
 * `simulate`: order-book archives in Bybit's format and candles in Binance's, of one simulated market, and the answer
 * sheet beside them. Everything it writes is marked as synthetic; see `docs/simulator.md`.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ConfigError, DAY_MS, isoDay } from '../domain/core/index.ts';
import type { ConfigProblem } from '../domain/core/index.ts';
import { LABEL_PRESETS } from '../domain/labels/index.ts';
import {
  CANDLE_CSV_HEADER,
  CANDLE_INTERVAL,
  candleCsvLine,
  ceilingFor,
  maxStrength,
  oracleProbabilities,
  simulatedInstrument,
  simulateMarket,
  truthLabels,
} from '../domain/simulation/index.ts';
import type {
  Candle,
  MarketEvent,
  MarketTruth,
  SimulatedInstrument,
  SimulationRate,
} from '../domain/simulation/index.ts';
import { writeFileAtomic, writeJsonAtomic, writeZip } from '../platform/storage/index.ts';
import { readFacts, type SimulationFacts, writeMarker, writeTruth } from './truth.ts';

export interface SimulateOptions {
  readonly out: string;
  /** `YYYY-MM-DD`, the first UTC day. */
  readonly startDate: string;
  readonly days: number;
  readonly seed: number;
  /** Share of the next hour's variance that the planted state explains, 0 … {@link maxStrength}. */
  readonly strength: number;
  readonly rate: SimulationRate;
  /** Letters and digits; default SIMUSDT. */
  readonly symbol?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((day: number, days: number, bytes: number) => void) | undefined;
}

export interface SimulateResult {
  readonly synthetic: true;
  readonly venue: 'bybit-linear';
  readonly symbol: string;
  /** Order-book archives, one a day. */
  readonly archives: readonly string[];
  readonly candles: readonly string[];
  /** Folder of the archives, and of the answer sheet. */
  readonly folder: string;
  readonly truth: string;
  readonly minutes: number;
  /** Bytes of order-book messages before deflating. */
  readonly bytes: number;
}

const DEFAULT_SYMBOL = 'SIMUSDT';
const DEFLATE_LEVEL = 1;

/**
 * @throws ConfigError with every option that cannot be simulated, or when `out` holds another simulation of the symbol;
 * the signal's reason when aborted
 */
export async function simulate(options: SimulateOptions): Promise<SimulateResult> {
  const symbol = (options.symbol ?? DEFAULT_SYMBOL).toUpperCase();
  const startMs = Date.parse(`${options.startDate}T00:00:00Z`);
  checkOptions(options, symbol, startMs);
  const { out, days, seed, strength, rate, signal } = options;
  const instrument = simulatedInstrument(symbol);
  const { truth, events } = simulateMarket({ seed, instrument, startMs, days, strength, rate });
  const folder = path.join(out, 'bybit', symbol);
  const truthFolder = path.join(out, 'truth', symbol);
  const facts: SimulationFacts = { symbol, seed, strength, rate, startMs, days };
  await refuseOtherSimulation(truthFolder, facts);
  await writeTruth(truthFolder, truth, facts);
  await writeMarker(folder, truthFolder);
  await writeJsonAtomic(path.join(truthFolder, 'ceiling.json'), ceilings(truth));

  const stream = new DayStream(events);
  const archives: string[] = [];
  let bytes = 0;
  for (let day = 0; day < days; day++) {
    const member = `${isoDay(startMs + day * DAY_MS)}_${symbol}_ob500.data`;
    const file = path.join(folder, `${member}.zip`);
    bytes += await writeZip(file, { member, level: DEFLATE_LEVEL, chunks: stream.day(signal) });
    archives.push(file);
    options.onProgress?.(day + 1, days, bytes);
  }
  const candleFolder = path.join(
    out,
    'binance-vision/data/futures/um/monthly/klines',
    symbol,
    CANDLE_INTERVAL,
  );
  await writeMarker(candleFolder, truthFolder);
  const candles = await writeCandles(candleFolder, instrument, stream.candles);
  return {
    synthetic: true,
    venue: 'bybit-linear',
    symbol,
    archives,
    candles,
    folder,
    truth: truthFolder,
    minutes: truth.minutes,
    bytes,
  };
}

function checkOptions(options: SimulateOptions, symbol: string, startMs: number): void {
  const { days, strength, seed, out, startDate } = options;
  const problems: ConfigProblem[] = [];
  const refuse = (flag: string, message: string): void => void problems.push({ path: flag, message });
  if (out === '') refuse('--out', 'must name a folder');
  // Some days that no calendar has, such as 2025-02-30, parse as the day that they would be.
  if (!Number.isInteger(startMs) || isoDay(startMs) !== startDate)
    refuse('--start', 'must be a day such as 2025-01-01');
  if (!Number.isSafeInteger(days) || days < 1 || days > 3_660)
    refuse('--days', `must be a whole number from 1 to 3660, is ${days}`);
  if (!(strength >= 0 && strength <= maxStrength())) {
    refuse(
      '--strength',
      `must be from 0 to ${maxStrength().toFixed(2)} (beyond, chance has no share left), is ${strength}`,
    );
  }
  // The generator takes 32 bits: a longer seed would repeat the market of a shorter one.
  if (seed !== (seed | 0)) refuse('--seed', `must be a whole number of at most 32 bits, is ${seed}`);
  if (!/^[A-Z0-9]{2,20}$/.test(symbol))
    refuse('--symbol', `must be 2 to 20 letters and digits, is "${symbol}"`);
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Archives of two simulations in one folder would be taken for one market, with the answer sheet of the later. */
async function refuseOtherSimulation(truthFolder: string, facts: SimulationFacts): Promise<void> {
  const before = await readFacts(truthFolder);
  if (before === null || isDeepStrictEqual(before, facts)) return;
  const { seed, days, strength, rate, startMs } = before;
  throw new ConfigError([
    {
      path: '--out',
      message:
        `holds another simulation of ${facts.symbol} (seed ${seed}, ${days} days from ${isoDay(startMs)}, ` +
        `strength ${strength}, rate ${rate}); name another folder, or delete it first`,
    },
  ]);
}

/** The market's event stream, cut into the archives of its days; candles are kept on the way. */
class DayStream {
  readonly candles: Candle[] = [];
  readonly #events: Iterator<MarketEvent>;

  constructor(events: Iterator<MarketEvent>) {
    this.#events = events;
  }

  /** The bytes of the next day's archive. */
  *day(signal: AbortSignal | undefined): Generator<Uint8Array> {
    for (let next = this.#events.next(); next.done !== true; next = this.#events.next()) {
      signal?.throwIfAborted();
      const event = next.value;
      if (event.kind === 'day-close') return;
      if (event.kind === 'bytes') yield event.bytes;
      if (event.kind === 'candle') this.candles.push(event.candle);
    }
  }
}

/** One zip a month with its `.CHECKSUM`, in the layout of Binance's archive. A month holds only the simulated days. */
async function writeCandles(
  folder: string,
  instrument: SimulatedInstrument,
  candles: readonly Candle[],
): Promise<readonly string[]> {
  const { symbol } = instrument;
  const months = Map.groupBy(candles, ({ openTimeMs }) => isoDay(openTimeMs).slice(0, 7));
  const files: string[] = [];
  for (const [month, ofMonth] of months) {
    const name = `${symbol}-${CANDLE_INTERVAL}-${month}`;
    const lines = [CANDLE_CSV_HEADER, ...ofMonth.map((candle) => candleCsvLine(candle, instrument))];
    const file = path.join(folder, `${name}.zip`);
    await writeZip(file, {
      member: `${name}.csv`,
      level: DEFLATE_LEVEL,
      chunks: [Buffer.from(`${lines.join('\n')}\n`)],
    });
    const hash = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    await writeFileAtomic(`${file}.CHECKSUM`, `${hash}  ${name}.zip\n`);
    files.push(file);
  }
  return files;
}

/** Best achievable scores of the whole simulation, for every label preset. */
function ceilings(truth: MarketTruth): unknown {
  const byPreset = [...LABEL_PRESETS.values()].flatMap((preset) => {
    const labels = truthLabels(truth, preset);
    if (labels.every((label) => label < 0)) return [];
    return [{ ...preset, ...ceilingFor({ labels, oracle: oracleProbabilities(truth, preset) }) }];
  });
  return {
    synthetic: true,
    note: 'Of an oracle that knows the hidden state and the path of volatility and chooses its decision rule with hindsight on these rows: an upper bound for any model.',
    presets: byPreset,
  };
}
