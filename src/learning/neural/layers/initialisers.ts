import type { Initialiser } from './scope.ts';

/** Uniform in ±1/√fanIn: PyTorch's default for linear and convolution weights and biases, and (by size) for LSTM. */
export function uniformByFanIn(fanIn: number): Initialiser {
  const bound = 1 / Math.sqrt(fanIn);
  return (target, random) => {
    for (let i = 0; i < target.length; i++) target[i] = (2 * random.uniform() - 1) * bound;
  };
}

export function filledWith(value: number): Initialiser {
  return (target) => {
    target.fill(value);
  };
}
