/** Bars and labels of one symbol joined: what training and judging read. */
import { DataError, NO_LABEL } from '../domain/core/index.ts';
import { LOG_RETURN_FEATURE, usableSegments, windowEnds } from '../domain/features/index.ts';
import type { BarTable, FeatureSetName, Segment } from '../domain/features/index.ts';
import { labelBars } from '../domain/labels/index.ts';
import type { BarLabels, LabelDefinition } from '../domain/labels/index.ts';
import { parseVenueName } from '../domain/market/index.ts';
import { type LabelledRows, MINUTE_BARS } from './labelled-rows.ts';
import { requireLogVolume } from './log-volume-check.ts';
import { readMarker } from './truth.ts';
import type { SyntheticOrigin } from './truth.ts';
import { readBars, readLabels, symbolFolder, writeLabels } from '../platform/storage/index.ts';

export interface SymbolPlace {
  readonly dataDir: string;
  readonly venue: string;
  readonly symbol: string;
}

export interface LabelResult {
  readonly venue: string;
  readonly symbol: string;
  readonly label: string;
  readonly rows: number;
  readonly labelled: number;
  /** Shares of SELL, NEUTRAL, BUY among the labelled rows. */
  readonly shares: { readonly SELL: number; readonly NEUTRAL: number; readonly BUY: number };
  readonly out: string;
}

/**
 * Labels all bars of a symbol and writes them beside the bars. A label hangs on the returns alone, which every feature set
 * shares: the same labels serve them all.
 */
export async function labelSymbol(place: SymbolPlace, definition: LabelDefinition): Promise<LabelResult> {
  parseVenueName(place.venue);
  const bars = await readBars(place);
  const labels = labelBars(bars.minuteMs, column(bars, LOG_RETURN_FEATURE), definition);
  const out = await writeLabels({ ...place, minuteMs: bars.minuteMs, labels });
  const counts = [0, 0, 0];
  for (const label of labels.label) if (label !== NO_LABEL) counts[label]! += 1;
  const labelled = counts.reduce((a, b) => a + b, 0);
  const share = (k: number): number => (labelled === 0 ? 0 : counts[k]! / labelled);
  return {
    venue: place.venue,
    symbol: place.symbol,
    label: definition.name,
    rows: bars.rows,
    labelled,
    shares: { SELL: share(0), NEUTRAL: share(1), BUY: share(2) },
    out,
  };
}

export interface LabelledBars extends LabelledRows {
  readonly labels: BarLabels;
  /** Where the bars were simulated; null for recorded ones. */
  readonly synthetic: SyntheticOrigin | null;
}

/** What a model is shown. */
export interface ModelInput {
  /** Bars a window. */
  readonly sequenceLength: number;
  readonly featureSet: FeatureSetName;
}

/**
 * Reads bars and the labels that `tidemark label` wrote for them.
 * @throws DataError when the bars lack the feature set or were counted otherwise, the labels were made for other bars,
 * or no row has both a label and a full window
 */
export async function readLabelledBars(
  place: SymbolPlace,
  definition: LabelDefinition,
  { sequenceLength, featureSet }: ModelInput,
): Promise<LabelledBars> {
  await requireLogVolume(place, featureSet);
  const bars = await readBars({ ...place, featureSet });
  const stored = await readLabels({ ...place, definition });
  if (stored.minuteMs.length !== bars.rows || stored.minuteMs.some((ms, row) => ms !== bars.minuteMs[row])) {
    throw new DataError(
      `labels ${definition.name} of ${place.symbol} were made for other bars (${stored.minuteMs.length} rows, now ${bars.rows}): run \`tidemark label\` again`,
      { code: 'LABELS_STALE', context: { symbol: place.symbol, label: definition.name } },
    );
  }
  const { labels } = stored;
  const segments = usableSegments(bars);
  const ends = windowEnds(bars.rows, segments, sequenceLength);
  const rows = Int32Array.from({ length: bars.rows }, (_, row) => row).filter(
    (row) => ends[row] === 1 && labels.label[row] !== NO_LABEL,
  );
  if (rows.length === 0) {
    throw new DataError(
      `no bar of ${place.venue} ${place.symbol} has both a label (${definition.lookaheadMinutes} minutes ahead) and ${sequenceLength} usable bars up to it; the longest stretch without a gap is ${longest(segments)} bars: shorten --sequence-length or ingest more`,
      { code: 'NO_LABELLED_WINDOWS', context: { symbol: place.symbol, rows: bars.rows } },
    );
  }
  return {
    unit: MINUTE_BARS,
    bars,
    labels,
    segments,
    rows,
    synthetic: await readMarker(symbolFolder('bars', place)),
    spans: {
      timeMs: Float64Array.from(rows, (row) => bars.minuteMs[row]!),
      labelEndMs: Float64Array.from(rows, (row) => labels.labelEndMs[row]!),
    },
  };
}

/** `[rows]` one feature of all bars. */
function column(bars: BarTable, feature: number): Float64Array {
  const width = bars.featureNames.length;
  return Float64Array.from({ length: bars.rows }, (_, row) => bars.features[row * width + feature]!);
}

const longest = (segments: readonly Segment[]): number =>
  segments.reduce((most, { start, end }) => Math.max(most, end - start), 0);
