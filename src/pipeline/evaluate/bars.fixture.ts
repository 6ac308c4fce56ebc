/** Bars of a random walk with labels, without any file. */
import { MINUTE_MS, NO_LABEL, Random } from '../../domain/core/index.ts';
import { LOG_RETURN_FEATURE, QUANTGOD_9 } from '../../domain/features/index.ts';
import type { BarTable } from '../../domain/features/index.ts';
import { labelBars, labelDefinition } from '../../domain/labels/index.ts';
import type { LabelledBars } from '../labelled-bars.ts';
import { MINUTE_BARS } from '../labelled-rows.ts';

export const FIXTURE_LABEL = labelDefinition(-0.002, 0.002, 10);

/** `rows` contiguous minutes; every feature but the return is noise. */
export function walk(rows: number, seed = 1): BarTable {
  const random = Random.fromSeed(seed);
  const width = QUANTGOD_9.length;
  const close = new Float64Array(rows);
  const features = Float64Array.from({ length: rows * width }, () => random.normal());
  for (let row = 0; row < rows; row++) {
    close[row] = row === 0 ? 100 : close[row - 1]! * Math.exp(0.001 * random.normal());
    features[row * width + LOG_RETURN_FEATURE] = row === 0 ? 0 : Math.log(close[row]! / close[row - 1]!);
  }
  return {
    rows,
    minuteMs: Float64Array.from({ length: rows }, (_, row) => row * MINUTE_MS),
    featureNames: QUANTGOD_9,
    features,
    close,
  };
}

export function labelledWalk(rows: number, sequenceLength = 20, seed = 1): LabelledBars {
  const bars = walk(rows, seed);
  const width = bars.featureNames.length;
  const returns = Float64Array.from(
    { length: rows },
    (_, row) => bars.features[row * width + LOG_RETURN_FEATURE]!,
  );
  const labels = labelBars(bars.minuteMs, returns, FIXTURE_LABEL);
  const usable = Int32Array.from({ length: rows }, (_, row) => row).filter(
    (row) => row >= sequenceLength - 1 && labels.label[row] !== NO_LABEL,
  );
  return {
    unit: MINUTE_BARS,
    bars,
    labels,
    segments: [{ start: 0, end: rows }],
    rows: usable,
    spans: {
      timeMs: Float64Array.from(usable, (row) => bars.minuteMs[row]!),
      labelEndMs: Float64Array.from(usable, (row) => labels.labelEndMs[row]!),
    },
    synthetic: null,
  };
}
