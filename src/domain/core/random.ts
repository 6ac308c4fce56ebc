/**
 * Seeded randomness for everything that draws: weights, dropout, shuffles, simulation, bootstrap.
 * Generator: xoroshiro128+ from `pure-rand`; the same seed gives the same draws on every machine.
 */
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';

const TWO_POW_32 = 4_294_967_296;
const TWO_POW_53 = 9_007_199_254_740_992;

/**
 * 128 bits of state from a seed, so that neighbouring seeds start far apart: four steps of SplitMix32, which the
 * generator's authors advise (Blackman & Vigna 2021, "Scrambled linear pseudorandom number generators", section 5).
 */
function scramble(seed: number): readonly number[] {
  let counter = seed | 0;
  return Array.from({ length: 4 }, () => {
    counter = (counter + 0x9e3779b9) | 0;
    let bits = counter;
    bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return bits ^ (bits >>> 15);
  });
}

export class Random {
  readonly #generator: JumpableRandomGenerator;
  #spareNormal = Number.NaN;

  private constructor(generator: JumpableRandomGenerator) {
    this.#generator = generator;
  }

  static fromSeed(seed: number): Random {
    return new Random(xoroshiro128plusFromState(scramble(seed)));
  }

  /** Restores a generator from {@link Random.state}; the next draws are those that would have come. */
  static fromState(state: readonly number[]): Random {
    const random = new Random(xoroshiro128plusFromState(state.slice(0, -1)));
    random.#spareNormal = state.at(-1) ?? Number.NaN;
    return random;
  }

  /** An independent stream named `label`, a pure function of this seed and the label (FNV-1a). */
  static fromLabel(seed: number, label: string): Random {
    let hash = 2_166_136_261 ^ (seed | 0);
    for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 16_777_619);
    return Random.fromSeed(hash);
  }

  state(): readonly number[] {
    return [...this.#generator.getState(), this.#spareNormal];
  }

  uint32(): number {
    return this.#generator.next() >>> 0;
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67_108_864 + low) / TWO_POW_53;
  }

  /** Uniform integer in [0, bound). The bias is below bound / 2^53. */
  integer(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** Standard normal, polar method (Marsaglia & Bray 1964). */
  normal(): number {
    if (!Number.isNaN(this.#spareNormal)) {
      const spare = this.#spareNormal;
      this.#spareNormal = Number.NaN;
      return spare;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const scale = Math.sqrt((-2 * Math.log(s)) / s);
        this.#spareNormal = v * scale;
        return u * scale;
      }
    }
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -Math.log(1 - this.uniform());
  }

  /** Fisher–Yates in place. */
  shuffle(items: Int32Array | number[]): void {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const held = items[i]!;
      items[i] = items[j]!;
      items[j] = held;
    }
  }

  /**
   * Fills `target` with 0 or `1 / keep`, each kept with probability `keep` (inverted dropout).
   * One draw of 32 bits an element.
   */
  fillDropoutMask(target: Float32Array, keep: number): void {
    const threshold = keep * TWO_POW_32;
    const scale = 1 / keep;
    const generator = this.#generator;
    for (let i = 0; i < target.length; i++) target[i] = generator.next() >>> 0 < threshold ? scale : 0;
  }
}
