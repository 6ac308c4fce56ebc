/** Labelled bars without a market: random returns, and features of which the first tells something of the next one. */
import { MINUTE_MS, Random } from '../../domain/core/index.ts';
import { LOG_RETURN_FEATURE, QUANTGOD_9 } from '../../domain/features/index.ts';
import { labelBars, labelDefinition } from '../../domain/labels/index.ts';
import { type Config, parseConfig } from '../config.ts';
import type { LabelledBars } from '../labelled-bars.ts';
import { MINUTE_BARS } from '../labelled-rows.ts';

export const LOOKAHEAD = 2;

export function fixtureBars(rows: number): LabelledBars {
  const random = Random.fromSeed(3);
  const width = QUANTGOD_9.length;
  const features = Float64Array.from({ length: rows * width }, () => random.normal());
  for (let row = 1; row < rows; row++) {
    features[row * width + LOG_RETURN_FEATURE] = 0.01 * (features[(row - 1) * width]! + random.normal());
  }
  const minuteMs = Float64Array.from({ length: rows }, (_, row) => row * MINUTE_MS);
  const returns = minuteMs.map((_, row) => features[row * width + LOG_RETURN_FEATURE]!);
  const labels = labelBars(minuteMs, returns, labelDefinition(-0.01, 0.01, LOOKAHEAD));
  const labelled = Int32Array.from({ length: rows - LOOKAHEAD - 8 }, (_, i) => i + 8);
  return {
    unit: MINUTE_BARS,
    bars: { rows, minuteMs, featureNames: QUANTGOD_9, features, close: new Float64Array(rows).fill(1) },
    labels,
    segments: [{ start: 0, end: rows }],
    rows: labelled,
    synthetic: null,
    spans: {
      timeMs: Float64Array.from(labelled, (row) => minuteMs[row]!),
      labelEndMs: Float64Array.from(labelled, (row) => labels.labelEndMs[row]!),
    },
  };
}

export const fixtureConfig = (dataDir: string): Config =>
  parseConfig({
    dataDir,
    threads: 1,
    base: {
      sequenceLength: 8,
      channels: 3,
      hidden: 4,
      layers: 1,
      labelledSteps: 8,
      batchSize: 8,
      epochs: 2,
      learningRate: 1e-2,
    },
    validation: { folds: 3, testShare: 0.2 },
  });
