import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../../domain/core/index.ts';
import { type BatchSource, assembleBatch, mostBlocks, planBlocks, shuffledBatches } from './blocks.ts';
import { checkedFeatures, learnableRows } from './dataset.ts';

/** Feature 0 of a row is its number, so that a batch says which rows it shows. */
function sourceOf(options: {
  lengths: readonly number[];
  chosen: readonly boolean[];
  sequenceLength: number;
  labelledSteps: number;
}): BatchSource {
  const { lengths, chosen, sequenceLength, labelledSteps } = options;
  const segments: { start: number; end: number }[] = [];
  let rows = 0;
  for (const length of lengths) {
    segments.push({ start: rows, end: rows + length });
    rows += length + 1;
  }
  const dataset = {
    featureNames: ['row'],
    rows,
    features: Float64Array.from({ length: rows }, (_, row) => row),
    labels: Int8Array.from({ length: rows }, (_, row) => row % 3),
    segments,
  };
  const asked = Int32Array.from(dataset.labels.keys()).filter((row) => chosen[row % chosen.length]!);
  const learnable = learnableRows(dataset, asked, sequenceLength);
  return {
    dataset,
    features: checkedFeatures(dataset, 3),
    learnable,
    segments,
    sequenceLength,
    labelledSteps,
  };
}

const SOURCES = fc
  .record({
    lengths: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
    chosen: fc.array(fc.boolean(), { minLength: 1, maxLength: 50 }),
    sequenceLength: fc.integer({ min: 1, max: 12 }),
    labelledSteps: fc.integer({ min: 1, max: 12 }),
  })
  .map(sourceOf);

describe('blocks of an epoch', () => {
  it('teach every learnable label exactly once, from a full window of its segment and without later bars', () => {
    fc.assert(
      fc.property(SOURCES, fc.integer(), (source, seed) => {
        const { dataset, learnable, sequenceLength, labelledSteps } = source;
        const taught = new Uint8Array(dataset.rows);
        for (const block of planBlocks(source, Random.fromSeed(seed))) {
          const { input, labels } = assembleBatch(source, [block]);
          assert.equal(input.data.length, sequenceLength - 1 + labelledSteps);
          const segment = dataset.segments.find(({ start, end }) => start <= block.start && block.end <= end);
          assert.ok(segment !== undefined, 'a block crosses a border');
          let lastLabelled = -1;
          for (let step = 0; step < labelledSteps; step++) {
            if (labels.data[step] === -1) continue;
            lastLabelled = sequenceLength - 1 + step;
            const row = input.data[lastLabelled]!;
            taught[row]! += 1;
            assert.equal(labels.data[step], dataset.labels[row]);
            for (let back = 0; back < sequenceLength; back++) {
              assert.equal(input.data[lastLabelled - back], row - back, 'a window has a hole');
            }
          }
          assert.equal(
            Math.max(...input.data),
            input.data[lastLabelled],
            'a bar after the last label is shown',
          );
        }
        assert.deepEqual(taught, learnable);
      }),
    );
  });

  it('are exact windows when one step is labelled', () => {
    const source = sourceOf({ lengths: [9], chosen: [true], sequenceLength: 4, labelledSteps: 1 });
    const blocks = planBlocks(source, Random.fromSeed(1));
    assert.deepEqual(
      blocks.map(({ start, end }) => [start, end]),
      [
        [0, 4],
        [1, 5],
        [2, 6],
        [3, 7],
        [4, 8],
        [5, 9],
      ],
    );
  });

  it('are never more than foretold, and for some seed as many', () => {
    const counts = (end: number, labelledSteps: number) => {
      const plan = { segments: [{ start: 3, end }], sequenceLength: 4, labelledSteps };
      const learnable = new Uint8Array(end).fill(1);
      const planned = Array.from(
        { length: 20 },
        (_, seed) => planBlocks({ ...plan, learnable }, Random.fromSeed(seed)).length,
      );
      return [mostBlocks(plan), Math.max(...planned)];
    };
    for (const end of [4, 6, 7, 8, 10, 15, 16, 17]) {
      for (const labelledSteps of [1, 2, 5]) {
        const [most, planned] = counts(end, labelledSteps);
        assert.equal(planned, most, `${end}, ${labelledSteps}`);
      }
    }
  });

  it('come in batches of nearly equal size, each block once', () => {
    const blocks = Array.from({ length: 13 }, (_, i) => ({ start: i, end: i + 1, labelsFrom: i }));
    const batches = shuffledBatches(blocks, 5, Random.fromSeed(1));
    assert.deepEqual(
      batches.map((batch) => batch.length),
      [4, 4, 5],
    );
    assert.deepEqual(new Set(batches.flat()), new Set(blocks));
  });
});

describe('a dataset', () => {
  const good = {
    featureNames: ['a', 'b'],
    rows: 3,
    features: Float64Array.of(1, 2, 3, 4, 5, 6),
    labels: Int8Array.of(0, 1, -1),
    segments: [{ start: 0, end: 3 }],
  };

  it('is refused with the row and the feature that are wrong', () => {
    const refuses = (change: Partial<typeof good>, message: RegExp) => {
      assert.throws(() => checkedFeatures({ ...good, ...change }, 3), message);
    };
    refuses({ labels: Int8Array.of(0, 1) }, /2 labels for 3 rows/);
    refuses({ labels: Int8Array.of(0, 3, 1) }, /row 1 has label 3, classes are 0 to 2/);
    refuses({ features: new Float64Array(5) }, /5 feature values are not 3 rows of 2/);
    refuses({ features: Float64Array.of(1, 2, 3, Number.NaN, 5, 6) }, /row 1: b is NaN/);
    refuses({ segments: [{ start: 0, end: 4 }] }, /segment 0 to 4/);
    refuses(
      {
        segments: [
          { start: 0, end: 2 },
          { start: 1, end: 3 },
        ],
      },
      /segment 1 to 3 overlaps/,
    );
    assert.throws(() => learnableRows(good, Int32Array.of(3), 1), /no row 3 among 3/);
  });

  it('may hold anything outside of its segments', () => {
    const features = Float64Array.of(1, 2, Number.NaN, Number.NaN, 5, 6);
    const segments = [
      { start: 0, end: 1 },
      { start: 2, end: 3 },
    ];
    assert.deepEqual([...checkedFeatures({ ...good, features, segments }, 3)], [1, 2, 0, 0, 5, 6]);
  });
});
