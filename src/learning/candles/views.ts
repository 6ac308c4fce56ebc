/**
 * What the contrastive and the masked task do to a window before the encoder sees it. All in units of scaled features,
 * all drawn from the generator that is given.
 */
import type { Random } from '../../domain/core/index.ts';
import type { AugmentationConfig } from './macro-config.ts';

/**
 * One view of a window `[T × F]` (SimCLR's augmentations for time series: Chen et al. 2020; Um et al. 2017), in order:
 *
 * 1. **crop**: a segment of `steps` rows that begins anywhere in the window; two crops of one window are "segments of
 *    the same day";
 * 2. **scaling**: every feature times exp(s·n), one normal n a feature, s = `scaling`;
 * 3. **jitter**: every value plus j·n, j = `jitter`;
 * 4. **time mask**: one span of `timeMask` of the segment's rows set to 0, the mean.
 */
export function drawView(
  window: Float32Array,
  { width, steps, ...config }: AugmentationConfig & { readonly width: number; readonly steps: number },
  random: Random,
): Float32Array {
  const start = random.integer(window.length / width - steps + 1);
  const view = window.slice(start * width, (start + steps) * width);
  const factors = Float64Array.from({ length: width }, () => Math.exp(config.scaling * random.normal()));
  for (let i = 0; i < view.length; i++) {
    view[i] = view[i]! * factors[i % width]! + config.jitter * random.normal();
  }
  const masked = Math.round(config.timeMask * steps);
  const from = random.integer(steps - masked + 1);
  return view.fill(0, from * width, (from + masked) * width);
}

/**
 * `[steps]` 1 where a step of the encoder is hidden: spans of `span` steps until at least `share` of all are, and at
 * least one is left.
 */
export function drawHidden(
  steps: number,
  { share, span }: { readonly share: number; readonly span: number },
  random: Random,
): Uint8Array {
  const hidden = new Uint8Array(steps);
  const wanted = Math.min(steps - 1, Math.max(1, Math.round(share * steps)));
  const starts = Array.from({ length: steps }, (_, step) => step);
  random.shuffle(starts);
  let count = 0;
  for (const start of starts) {
    for (let step = start; step < Math.min(start + span, steps) && count < wanted; step++) {
      if (hidden[step] === 1) continue;
      hidden[step] = 1;
      count++;
    }
    if (count === wanted) break;
  }
  return hidden;
}
