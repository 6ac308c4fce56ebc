/**
 * The answer sheet of simulated data on disk, and the ceiling that it implies. A folder of simulated archives carries
 * a marker, which ingest sets beside the bars before the first of them: from there on everything made of the data is
 * labelled SYNTHETIC, an interrupted ingest included.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { DataError, MINUTE_MS } from '../domain/core/index.ts';
import type { LabelDefinition } from '../domain/labels/index.ts';
import { ceilingFor, oracleProbabilities, oracleRows } from '../domain/simulation/index.ts';
import type { MarketTruth } from '../domain/simulation/index.ts';
import type { Ceiling } from './report/index.ts';
import { readJson, writeFileAtomic, writeJsonAtomic } from '../platform/storage/index.ts';

/** Lies beside simulated archives; `truth` is the folder of their answer sheet, relative to the marker. */
export const SYNTHETIC_MARKER = 'SYNTHETIC.json';

const MarkerSchema = z.object({ synthetic: z.literal(true), truth: z.string() });

/** Equal facts give equal bytes. */
const FactsSchema = z.object({
  symbol: z.string(),
  seed: z.int(),
  strength: z.number(),
  rate: z.string(),
  startMs: z.int(),
  days: z.int(),
});

export type SimulationFacts = z.infer<typeof FactsSchema>;

const TruthSchema = z.object({
  synthetic: z.literal(true),
  startMs: z.int(),
  minutes: z.int().min(1),
  gains: z.object({ persistence: z.number(), drift: z.number(), noise: z.number() }),
});

const TRUTH_COLUMNS = 'minute_ms,state,sigma,mid';

/** What is known about the origin of simulated bars. */
export interface SyntheticOrigin {
  /** Folder of the answer sheet, absolute. */
  readonly truth: string;
}

/** The marker beside a file, if there is one. */
export async function readMarker(folder: string): Promise<SyntheticOrigin | null> {
  const file = path.join(folder, SYNTHETIC_MARKER);
  if (!existsSync(file)) return null;
  const marker = await readJson(file, MarkerSchema);
  return { truth: path.resolve(folder, marker.truth) };
}

export async function writeMarker(folder: string, truthFolder: string): Promise<void> {
  await writeJsonAtomic(path.join(folder, SYNTHETIC_MARKER), {
    synthetic: true,
    truth: path.relative(folder, truthFolder),
    note: 'Simulated market with a planted signal. Nothing here happened on an exchange.',
  });
}

/** Writes `truth.json` (what was planted) and `truth.csv.gz` (the hidden state, minute by minute). */
export async function writeTruth(folder: string, truth: MarketTruth, facts: SimulationFacts): Promise<void> {
  const { startMs, minutes, gains, state, sigma, mid } = truth;
  const lines = [TRUTH_COLUMNS];
  for (let m = 0; m < minutes; m++)
    lines.push(`${startMs + m * MINUTE_MS},${state[m]},${sigma[m]},${mid[m]}`);
  await writeFileAtomic(path.join(folder, 'truth.csv.gz'), await promisify(gzip)(`${lines.join('\n')}\n`));
  await writeJsonAtomic(path.join(folder, 'truth.json'), {
    synthetic: true,
    ...facts,
    minutes,
    gains,
  });
}

/** What was simulated into a folder; null when nothing was. */
export async function readFacts(folder: string): Promise<SimulationFacts | null> {
  const file = path.join(folder, 'truth.json');
  return existsSync(file) ? await readJson(file, FactsSchema) : null;
}

/** @throws DataError naming file and line when the answer sheet is missing or damaged */
export async function readTruth(folder: string): Promise<MarketTruth> {
  const { startMs, minutes, gains } = await readJson(path.join(folder, 'truth.json'), TruthSchema);
  const file = path.join(folder, 'truth.csv.gz');
  const text = await readFile(file)
    .then((bytes) => promisify(gunzip)(bytes))
    .catch((cause: unknown) => {
      throw new DataError(`${file}: cannot be read (${String(cause)}); simulate again`, {
        code: 'TRUTH_UNREADABLE',
        cause,
      });
    });
  const [header, ...lines] = text.toString('utf8').trimEnd().split('\n');
  if (header !== TRUTH_COLUMNS || lines.length !== minutes) {
    throw new DataError(
      `${file}: must hold the columns ${TRUTH_COLUMNS} and ${minutes} rows, has ${lines.length}; simulate again`,
      {
        code: 'TRUTH_UNREADABLE',
      },
    );
  }
  const truth = {
    startMs,
    minutes,
    gains,
    state: new Float64Array(minutes),
    sigma: new Float64Array(minutes),
    mid: new Float64Array(minutes),
  };
  for (const [m, line] of lines.entries()) {
    // An empty field would read as 0.
    const [minuteMs, state, sigma, mid, ...surplus] = line
      .split(',')
      .map((x) => (x === '' ? Number.NaN : Number(x)));
    const isWhole = Number.isFinite(state! + sigma! + mid!) && sigma! > 0 && mid! > 0 && surplus.length === 0;
    if (minuteMs !== startMs + m * MINUTE_MS || !isWhole) {
      throw new DataError(`${file}:${m + 2}: "${line}" is not the minute that belongs here; simulate again`, {
        code: 'TRUTH_UNREADABLE',
      });
    }
    truth.state[m] = state!;
    truth.sigma[m] = sigma!;
    truth.mid[m] = mid!;
  }
  return truth;
}

interface JudgedRows {
  readonly minuteMs: Float64Array;
  readonly labels: Int8Array;
  readonly label: LabelDefinition;
}

/**
 * The oracle's score on the very rows that a model is judged on; null for data that nobody simulated.
 * @throws DataError when the answer sheet cannot be read or holds none of the rows
 */
export async function ceilingOnRows(
  origin: SyntheticOrigin | null,
  { minuteMs, labels, label }: JudgedRows,
): Promise<Omit<Ceiling, 'share'> | null> {
  if (origin === null) return null;
  const truth = await readTruth(origin.truth);
  const oracle = oracleRows(truth, oracleProbabilities(truth, label), minuteMs);
  if (oracle.every(Number.isNaN)) {
    throw new DataError(
      `${origin.truth}: the answer sheet holds none of the rows that are judged: it is of another simulation; ingest the archives that belong to it`,
      { code: 'TRUTH_FOREIGN', context: { truth: origin.truth } },
    );
  }
  const { macroF1, logLoss } = ceilingFor({ labels, oracle });
  const blind = oracleRows(truth, oracleProbabilities(truth, { ...label, state: 'hidden' }), minuteMs);
  return { macroF1, logLoss, floor: ceilingFor({ labels, oracle: blind }).macroF1 };
}
