/** What a model's manifest says, the same for every kind of model. */
import { createHash } from 'node:crypto';
import type { LabelDefinition } from '../domain/labels/index.ts';
import type { ModelManifest } from '../platform/storage/index.ts';
import type { Config } from './config.ts';
import type { LabelledBars } from './labelled-bars.ts';
import { CODE_VERSION } from './version.ts';

export { modelHash, modelReference } from '../platform/storage/index.ts';

/** What identifies a run and lets it be stopped. */
export interface RunRequest {
  readonly config: Config;
  readonly runId: string;
  readonly createdAt: string;
  readonly signal: AbortSignal;
}

interface ManifestFacts {
  readonly kind: ModelManifest['kind'];
  readonly name: string;
  readonly venue: string;
  readonly symbol: string;
  readonly definition: LabelDefinition;
  readonly data: LabelledBars;
  /** Positions in `data.rows` that anything in the model was fitted on, ascending. */
  readonly usedRows: Int32Array;
  /** Other symbols that it learned from. */
  readonly companions?: readonly {
    readonly symbol: string;
    readonly data: LabelledBars;
    readonly usedRows: Int32Array;
  }[];
  readonly metrics: Readonly<Record<string, unknown>>;
}

export function manifestDraft(
  { config, runId, createdAt }: RunRequest,
  { kind, name, venue, symbol, definition, data, usedRows, companions = [], metrics }: ManifestFacts,
): Omit<ModelManifest, 'format' | 'version' | 'files'> {
  const { timeMs, labelEndMs } = data.spans;
  const first = data.rows[usedRows[0]!]! - config.base.sequenceLength + 1;
  return {
    name,
    kind,
    runId,
    createdAt,
    codeVersion: CODE_VERSION,
    seed: config.seed,
    featureSet: config.features,
    featureNames: [...data.bars.featureNames],
    sequenceLength: config.base.sequenceLength,
    label: { ...definition },
    data: {
      venue,
      symbol,
      fromMs: data.bars.minuteMs[first] ?? timeMs[0]!,
      toMs: labelEndMs[usedRows.at(-1)!]!,
      rows: usedRows.length,
      sha256: historyHash(data, usedRows),
      synthetic: data.synthetic !== null,
      ...(companions.length === 0 ? {} : { companions: companions.map(companionFacts) }),
    },
    config,
    metrics,
  };
}

const companionFacts = (companion: NonNullable<ManifestFacts['companions']>[number]) => ({
  symbol: companion.symbol,
  rows: companion.usedRows.length,
  sha256: historyHash(companion.data, companion.usedRows),
});

/** Of all bars and labels up to the last one that the rows' labels reach: the same history gives the same hash. */
export function historyHash(data: LabelledBars, usedRows: Int32Array): string {
  const { bars, labels, spans } = data;
  const endMs = spans.labelEndMs[usedRows.at(-1)!]!;
  const end = bars.minuteMs.findIndex((minuteMs) => minuteMs >= endMs);
  const rows = end < 0 ? bars.rows : end;
  const lastLabel = data.rows[usedRows.at(-1)!]! + 1;
  return createHash('sha256')
    .update(bars.featureNames.join())
    .update(bars.minuteMs.subarray(0, rows))
    .update(bars.features.subarray(0, rows * bars.featureNames.length))
    .update(labels.label.subarray(0, lastLabel))
    .digest('hex');
}
