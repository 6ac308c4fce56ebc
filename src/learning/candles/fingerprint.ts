/** What a training of candle models learns from, as one hash: with other data its checkpoints do not go on. */
import { createHash } from 'node:crypto';
import type { MicroDataset } from './micro-data.ts';
import type { FeatureScale, WindowSet } from './windows.ts';

type Numbers = Float64Array | Int32Array;

/** SHA-256 of windows, values and scales. */
export function fingerprintOfWindows(sets: readonly WindowSet[]): string {
  return fingerprint(
    sets.map(({ featureNames, scales }) => ({ featureNames, scales: scales.map(scaleOf) })),
    sets.flatMap(({ features, ends }) => [features, ends]),
  );
}

/** SHA-256 of features, labels, contexts and the rows that are learned and judged. */
export function fingerprintOfDataset(dataset: MicroDataset, rows: readonly Int32Array[]): string {
  const { featureNames, segments, contexts, horizonCandles } = dataset;
  const frame = {
    featureNames,
    segments,
    horizonCandles,
    contexts: contexts.map((context) => [scaleOf(context), Array.from(context.embedding ?? [])]),
  };
  return fingerprint(frame, [dataset.features, dataset.contextOf, dataset.labels, ...rows]);
}

const scaleOf = ({ centre, scale }: FeatureScale) => ({
  centre: Array.from(centre),
  scale: Array.from(scale),
});

function fingerprint(frame: object, arrays: readonly Numbers[]): string {
  const hash = createHash('sha256').update(JSON.stringify([frame, arrays.map(({ length }) => length)]));
  for (const { buffer, byteOffset, byteLength } of arrays) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}
