import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { binFeatures, binMemory } from './bins.ts';
import { Crew } from './crew.ts';
import { accumulate, GROUP_HISTOGRAM, packGroup } from './histogram.ts';
import { bestSplit, boundedWeight, CANDIDATE_LENGTH, leafWeight, searchGroup, UNBOUNDED } from './split.ts';

const NONE = { alpha: 0, lambda: 0, gamma: 0, minChildWeight: 0 };

const rowArbitrary = fc.record({
  x: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 6 }) },
    { weight: 1, arbitrary: fc.constant(Number.NaN) },
  ),
  y: fc.integer({ min: 0, max: 3 }),
  g: fc.integer({ min: -8, max: 8 }),
  h: fc.integer({ min: 1, max: 4 }),
});
type Row = { readonly x: number; readonly y: number; readonly g: number; readonly h: number };

function searchOf(rows: readonly Row[], regularisation: typeof NONE, monotone?: Int8Array) {
  const values = Float32Array.from([...rows.map(({ x }) => x), ...rows.map(({ y }) => y)]);
  const binned = binFeatures(binMemory(rows.length, 2), values, 255, Crew.alone());
  const gradients = Float32Array.from(rows.flatMap(({ g, h }) => [g, h]));
  const histogram = new Float64Array(GROUP_HISTOGRAM);
  const packed = new Int32Array(rows.length);
  packGroup(binned.codes, packed);
  const range = { rows: Int32Array.from(rows, (_, i) => i), from: 0, to: rows.length };
  accumulate(histogram, packed, gradients, range);
  const node = { sums: sumsOf(rows), bounds: UNBOUNDED };
  const found = new Float64Array(CANDIDATE_LENGTH);
  const search = { columns: Int32Array.of(0, 1), binned, regularisation, monotone };
  searchGroup(histogram, node, search, { found, at: 0 });
  return { binned, split: bestSplit({ found, at: 0, groups: 1 }, node.sums, regularisation.gamma) };
}

function sumsOf(rows: readonly Row[]): { gradient: number; hessian: number } {
  return { gradient: rows.reduce((s, r) => s + r.g, 0), hessian: rows.reduce((s, r) => s + r.h, 0) };
}

/** `T(G)² / (H + λ)`, straight from the paper. */
function scoreOf(rows: readonly Row[], { alpha, lambda }: typeof NONE): number {
  const { gradient, hessian } = sumsOf(rows);
  return Math.max(Math.abs(gradient) - alpha, 0) ** 2 / (hessian + lambda);
}

describe('bestSplit', () => {
  it('finds the gain of the best division that exists, by trying all of them', () => {
    const regularisations = fc.record({
      alpha: fc.constantFrom(0, 1.5),
      lambda: fc.constantFrom(0, 1),
      gamma: fc.constantFrom(0, 3),
      minChildWeight: fc.constantFrom(0, 5),
    });
    fc.assert(
      fc.property(
        fc.array(rowArbitrary, { minLength: 1, maxLength: 25 }),
        regularisations,
        (rows, regularisation) => {
          let best = 0;
          for (const key of ['x', 'y'] as const) {
            for (const cut of [1, 2, 3, 4, 5, 6, 7]) {
              for (const missingLeft of [false, true]) {
                const goesLeft = (row: Row): boolean =>
                  Number.isNaN(row[key]) ? missingLeft : row[key] < cut;
                const [left, right] = [rows.filter(goesLeft), rows.filter((row) => !goesLeft(row))];
                const least = Math.min(sumsOf(left).hessian, sumsOf(right).hessian);
                if (left.length === 0 || right.length === 0 || least < regularisation.minChildWeight)
                  continue;
                const gain =
                  scoreOf(left, regularisation) +
                  scoreOf(right, regularisation) -
                  scoreOf(rows, regularisation);
                best = Math.max(best, gain);
              }
            }
          }
          const { split, binned } = searchOf(rows, regularisation);
          if (best < 1e-5 || best < regularisation.gamma - 1e-5) assert.equal(split, undefined);
          else if (best > regularisation.gamma + 1e-5) {
            assert.ok(Math.abs(split!.gain - best) < 1e-4, `${split!.gain} against ${best}`);
            // The rows that the split sends left carry the sums it claims.
            const key = split!.column === 0 ? 'x' : 'y';
            const threshold = binned.cuts[split!.column]![split!.bin]!;
            const left = rows.filter((row) =>
              Number.isNaN(row[key]) ? split!.missingLeft : row[key] < threshold,
            );
            assert.deepEqual(sumsOf(left), split!.left);
          }
        },
      ),
    );
  });

  it('sends missing values right where the node has none', () => {
    const rows = [0, 0, 1, 1].map((x) => ({ x, y: 0, g: x === 0 ? 1 : -1, h: 1 }));
    assert.equal(searchOf(rows, NONE).split?.missingLeft, false);
  });
});

describe('bestSplit under monotone constraints', () => {
  const bound = Int8Array.of(1, 0);

  it('is the free one where both directions are free or the constraint does not bind', () => {
    fc.assert(
      fc.property(fc.array(rowArbitrary, { minLength: 2, maxLength: 25 }), (rows) => {
        const regularisation = { ...NONE, lambda: 1 };
        const { split: free } = searchOf(rows, regularisation);
        const { split } = searchOf(rows, regularisation, bound);
        if (free === undefined) assert.equal(split, undefined);
        else {
          const rise = leafWeight(free.right, regularisation) - leafWeight(free.left, regularisation);
          if (free.column === 1 || rise > 1e-6) assert.ok(Math.abs(free.gain - split!.gain) < 1e-4);
          if (split?.column === 0) {
            const [left, right] = [split.left, split.right].map((side) =>
              boundedWeight(side, regularisation, UNBOUNDED),
            );
            assert.ok(left! <= right!, `${left} falls to ${right}`);
          }
        }
      }),
    );
  });

  it('keeps outputs within bounds', () => {
    const weight = boundedWeight({ gradient: -6, hessian: 2 }, NONE, { lower: -1, upper: 2 });
    assert.equal(weight, 2);
  });
});

describe('leafWeight', () => {
  it('is −T(G) / (H + λ), and 0 below the least weight', () => {
    const regularisation = { alpha: 1, lambda: 2, gamma: 0, minChildWeight: 1 };
    assert.equal(leafWeight({ gradient: 5, hessian: 2 }, regularisation), -1);
    assert.equal(leafWeight({ gradient: -5, hessian: 2 }, regularisation), 1);
    assert.ok(Math.abs(leafWeight({ gradient: 0.5, hessian: 2 }, regularisation)) === 0);
    assert.equal(leafWeight({ gradient: 5, hessian: 0.5 }, regularisation), 0);
  });
});
