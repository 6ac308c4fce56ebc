/** What an ingest answers: for each symbol what was done, what an earlier run had done, and what was refused. */
import { DataError } from '../../domain/core/index.ts';
import type { Instrument } from '../../domain/market/index.ts';
import { symbolFolder, type SymbolLocation } from '../../platform/storage/index.ts';
import type { UnitOutcome } from './unit.ts';

export interface IngestResult {
  readonly venue: string;
  readonly symbol: string;
  readonly tickSize: string;
  readonly lotSize: string;
  readonly files: number;
  /** Files of which nothing had to be done, because an earlier run had. */
  readonly unchanged: number;
  readonly messages: number;
  readonly bars: number;
  readonly incompleteBars: number;
  /** Days whose first bar got its return now, because the day before had come. */
  readonly joined: number;
  /** Bytes of JSON decoded, and of the files that held it; files that symbols share count for each. */
  readonly bytesIn: number;
  readonly bytesOnDisk: number;
  readonly seconds: number;
  readonly gaps: number;
  readonly crossed: number;
  readonly quarantined: number;
  readonly days: readonly string[];
  /** Folder of the bars, and the manifests in it. */
  readonly out: string;
  readonly manifests: readonly string[];
}

/** One symbol's share of an ingest of several. Both, when something of it is good and something was refused. */
export interface SymbolResult {
  readonly symbol: string;
  readonly result: IngestResult | null;
  readonly error: DataError | null;
}

export interface SymbolWork {
  readonly location: SymbolLocation;
  readonly instrument: Pick<Instrument, 'tick' | 'lot'>;
  readonly files: number;
  readonly outcomes: readonly UnitOutcome[];
  readonly joined: number;
  readonly seconds: number;
}

type Kept = Exclude<UnitOutcome, { kind: 'refused' }>;

export function resultOf(work: SymbolWork): SymbolResult {
  const kept = work.outcomes.filter((outcome) => outcome.kind !== 'refused');
  return {
    symbol: work.location.symbol,
    result: kept.length === 0 ? null : summarise(work, kept),
    error: refusalOf(work.outcomes, kept),
  };
}

/** An error that names every damaged and refused file; null when all is well. */
function refusalOf(outcomes: readonly UnitOutcome[], kept: readonly Kept[]): DataError | null {
  const refused = outcomes.filter((outcome) => outcome.kind === 'refused');
  const damaged = kept.flatMap(({ manifest }) => manifest.damaged);
  if (refused.length === 0 && damaged.length === 0) return null;
  const reasons = [...refused.map(({ message }) => message), ...damaged.map(({ reason }) => reason)];
  const bars = kept.reduce((sum, { manifest }) => sum + manifest.counts.bars, 0);
  const rest = kept.length === 0 ? '' : `\nKept: ${bars} bars of what is good; see ${kept[0]!.manifestFile}`;
  const onlyRefusal = outcomes.length === 1 ? refused[0] : undefined;
  return new DataError(`${reasons.join('\n')}${rest}`, {
    code: onlyRefusal?.code ?? 'INPUT_DAMAGED',
    context: { files: reasons.length, kept: kept.length },
  });
}

function summarise(work: SymbolWork, kept: readonly Kept[]): IngestResult {
  const { location, instrument, files, joined, seconds } = work;
  const sum = (of: (outcome: Kept) => number): number => kept.reduce((total, o) => total + of(o), 0);
  return {
    venue: location.venue,
    symbol: location.symbol,
    tickSize: instrument.tick.text,
    lotSize: instrument.lot.text,
    files,
    unchanged: sum(({ kind, manifest }) => (kind === 'unchanged' ? manifest.inputs.length : 0)),
    messages: sum(({ manifest }) => manifest.counts.messages),
    bars: sum(({ manifest }) => manifest.counts.bars),
    incompleteBars: sum(({ manifest }) => manifest.incomplete.length),
    joined,
    bytesIn: sum(({ textBytes }) => textBytes),
    bytesOnDisk: sum(({ diskBytes }) => diskBytes),
    seconds,
    gaps: sum(({ manifest }) => manifest.counts.gaps),
    crossed: sum(({ manifest }) => manifest.counts.crossed),
    quarantined: sum(({ manifest }) => manifest.counts.quarantined),
    days: [...new Set(kept.flatMap(({ manifest }) => manifest.days.map(({ day }) => day)))].toSorted(),
    out: symbolFolder('bars', location),
    manifests: kept.map(({ manifestFile }) => manifestFile),
  };
}
