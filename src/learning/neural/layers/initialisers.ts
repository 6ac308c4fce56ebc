/** How weights start: PyTorch's defaults, layer by layer. */
import type { Initialiser } from './scope.ts';

function uniformWithin(bound: number): Initialiser {
  return (target, random) => {
    for (let i = 0; i < target.length; i++) target[i] = (2 * random.uniform() - 1) * bound;
  };
}

/**
 * Uniform in ±1/√fanIn: weights and biases of linear layers and convolutions (fanIn = in·kernel), and of LSTM and GRU
 * with the hidden size as fanIn.
 */
export function uniformByFanIn(fanIn: number): Initialiser {
  return uniformWithin(1 / Math.sqrt(fanIn));
}

/** Uniform in ±√(6 / (fanIn + fanOut)) (Glorot & Bengio 2010): the joint projection of attention. */
export function xavierUniform(fanIn: number, fanOut: number): Initialiser {
  return uniformWithin(Math.sqrt(6 / (fanIn + fanOut)));
}

/** Scale 1 and shift 0 of normalisation, zero biases of attention. */
export function filledWith(value: number): Initialiser {
  return (target) => {
    target.fill(value);
  };
}
