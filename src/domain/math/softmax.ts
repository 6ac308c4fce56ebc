/** Turns `count` logits from `offset` on into probabilities, in place; the largest is subtracted first. */
export function softmaxInPlace(values: Float64Array, offset: number, count: number): void {
  const end = offset + count;
  let largest = -Infinity;
  for (let i = offset; i < end; i++) largest = Math.max(largest, values[i]!);
  let sum = 0;
  for (let i = offset; i < end; i++) {
    const exponential = Math.exp(values[i]! - largest);
    values[i] = exponential;
    sum += exponential;
  }
  for (let i = offset; i < end; i++) values[i]! /= sum;
}
