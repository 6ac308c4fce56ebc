/** Windows of candle features as MacroNet takes them. */
import { DataError } from '../../domain/core/index.ts';
import { copyToFloat32 } from '../neural/index.ts';
import { FEATURE_LIMIT } from './encoder.ts';

/** How raw features are scaled: `(x − centre) / scale`. A `CandleScaler` of `domain/candles` is one. */
export interface FeatureScale {
  /** `[features]` */
  readonly centre: ArrayLike<number>;
  /** `[features]`, above 0. */
  readonly scale: ArrayLike<number>;
}

export interface WindowSet {
  readonly featureNames: readonly string[];
  /** `[rows × features]`, row-major, raw; several symbols one after the other. */
  readonly features: Float64Array;
  /** Last row of each window. The caller sees to it that no window crosses a gap or another symbol. */
  readonly ends: Int32Array;
  /** One for each window: its symbol's, with statistics of a period that ends no later than the window. */
  readonly scales: readonly FeatureScale[];
}

/**
 * @throws {DataError} when a window begins before the first row, lacks a scale of the features' width, or holds a value
 *   that is not finite
 */
export function checkWindows(windows: WindowSet, length: number): void {
  const { featureNames, features, ends, scales } = windows;
  const width = featureNames.length;
  if (scales.length !== ends.length) {
    refuse('WINDOW_SCALES', `${ends.length} windows have ${scales.length} scales: give one each`, {});
  }
  for (const [window, end] of ends.entries()) {
    if (end < length - 1 || (end + 1) * width > features.length) {
      refuse('WINDOW_ROWS', `window ${window} cannot end with row ${end}: it needs ${length} rows`, {
        window,
        end,
      });
    }
    const { centre, scale } = scales[window]!;
    for (let k = 0; k < width; k++) {
      if (!(Number.isFinite(centre[k]) && scale[k]! > 0 && Number.isFinite(scale[k]))) {
        refuse(
          'WINDOW_SCALES',
          `window ${window}: ${featureNames[k]} has centre ${centre[k]}, scale ${scale[k]}`,
          {
            window,
          },
        );
      }
    }
    const from = (end + 1 - length) * width;
    const bad = features.subarray(from, (end + 1) * width).findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      const row = end + 1 - length + Math.floor(bad / width);
      refuse(
        'WINDOW_NOT_FINITE',
        `window ${window}: ${featureNames[bad % width]} of row ${row} is ${features[from + bad]}; leave the window out`,
        { window, row },
      );
    }
  }
}

function refuse(code: string, message: string, context: Record<string, number>): never {
  throw new DataError(`candle windows: ${message}`, { code, context });
}

/** Writes rows `start … start + steps − 1`, scaled and cut off in 32 bits as a network does it, to `target`. */
export function writeScaled(
  features: Float64Array,
  { start, steps }: { readonly start: number; readonly steps: number },
  { centre, scale }: FeatureScale,
  target: Float32Array,
): void {
  const width = centre.length;
  copyToFloat32(features, start * width, (start + steps) * width, target, 0);
  for (let i = 0; i < steps * width; i++) {
    const centred = Math.fround(target[i]! - Math.fround(centre[i % width]!));
    const value = Math.fround(centred / Math.fround(scale[i % width]!));
    target[i] = Math.min(FEATURE_LIMIT, Math.max(-FEATURE_LIMIT, value));
  }
}

/** Copies `sequence [T × F]` into column `column` of the time-major `target [T, B, F]`. */
export function intoColumn(
  sequence: Float32Array,
  target: { readonly shape: readonly number[]; readonly data: Float32Array },
  column: number,
): void {
  const [steps, batch, width] = target.shape as readonly [number, number, number];
  for (let step = 0; step < steps; step++) {
    const from = step * width;
    target.data.set(sequence.subarray(from, from + width), (step * batch + column) * width);
  }
}

/** `[windows × length·features]` what the network sees of each window: the targets of `reconstructionLoss`. */
export function scaledWindows({ features, ends, scales }: WindowSet, length: number): Float64Array {
  const width = scales[0]?.centre.length ?? 0;
  const targets = new Float64Array(ends.length * length * width);
  const window = new Float32Array(length * width);
  for (const [i, end] of ends.entries()) {
    writeScaled(features, { start: end + 1 - length, steps: length }, scales[i]!, window);
    targets.set(window, i * length * width);
  }
  return targets;
}
