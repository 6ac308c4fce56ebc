import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../domain/core/index.ts';
import { permutedLabels, shiftedLabels } from './null-labels.ts';
import { chanceMacroF1, nullTests } from './nulls.ts';
import { studentBound, studentUpperTail } from './student.ts';

const LOOKAHEAD = 10;
const ROWS = 2400;
/** Labels that last for a while, as overlapping ones do. */
const labels = (() => {
  const random = Random.fromSeed(2);
  const values = new Int8Array(ROWS);
  for (let row = 0; row < ROWS; row++) {
    values[row] = row > 0 && random.uniform() < 0.92 ? values[row - 1]! : random.integer(3);
  }
  return values;
})();
const repeats = (values: Int8Array): number =>
  values.reduce((sum, x, i) => sum + (x === values[i - 1] ? 1 : 0), 0);
const countsOf = (values: Int8Array): readonly number[] =>
  [0, 1, 2].map((k) => values.filter((x) => x === k).length);

describe('null labels', () => {
  it('keep their counts and their autocorrelation, and change their places', () => {
    const random = Random.fromSeed(3);
    const drawn = [
      permutedLabels(labels, LOOKAHEAD, random),
      shiftedLabels(labels, LOOKAHEAD, { random, draw: 0, draws: 2 }),
    ];
    for (const values of drawn) {
      assert.deepEqual(countsOf(values), countsOf(labels));
      assert.ok(Math.abs(repeats(values) - repeats(labels)) < ROWS / 40);
      const same = values.filter((x, i) => x === labels[i]).length / ROWS;
      assert.ok(same < 0.5, `${same}`);
    }
  });

  it('shift by at least a quarter, each draw by its own', () => {
    const shifts = [0, 1, 2, 3].map((draw) => {
      const marked = new Int8Array(ROWS);
      marked[0] = 1;
      const random = Random.fromSeed(4);
      return ROWS - shiftedLabels(marked, LOOKAHEAD, { random, draw, draws: 4 }).indexOf(1);
    });
    assert.deepEqual(
      shifts.toSorted((a, b) => a - b),
      shifts,
    );
    assert.equal(new Set(shifts).size, 4);
    assert.ok(shifts[0]! >= ROWS / 4 && shifts[3]! <= (3 * ROWS) / 4);
  });

  it('refuse rows that are too few', () => {
    assert.throws(
      () => permutedLabels(labels.slice(0, 50), LOOKAHEAD, Random.fromSeed(1)),
      /too few for null labels/,
    );
  });
});

describe('chanceMacroF1', () => {
  it('is the score of decisions that are independent of the truth, by hand', () => {
    const independent = Int32Array.of(20, 20, 10, 20, 20, 10, 20, 20, 10);
    assert.ok(Math.abs(chanceMacroF1(independent) - (40 / 110 + 40 / 110 + 20 / 80) / 3) < 1e-12);
    const perfect = Int32Array.of(50, 0, 0, 0, 50, 0, 0, 0, 50);
    assert.ok(Math.abs(chanceMacroF1(perfect) - 1 / 3) < 1e-12);
  });
});

describe('nullTests', () => {
  const plan = { draws: 6, seed: 1, signal: new AbortController().signal };
  const random = Random.fromSeed(5);
  const noise = Float64Array.from({ length: ROWS * 2 }, () => random.normal());
  const learned = Int32Array.from({ length: 1600 }, (_, i) => i);
  const judged = Int32Array.from({ length: ROWS - 1620 }, (_, i) => 1620 + i);
  const at = (table: Float64Array, width: number, places: Int32Array): Float64Array =>
    Float64Array.from(
      { length: places.length * width },
      (_, i) => table[places[Math.floor(i / width)]! * width + (i % width)]!,
    );
  const boosting = {
    objective: 'multi:softprob',
    classes: 3,
    rounds: 12,
    maxDepth: 4,
    minChildWeight: 2,
  } as const;

  it('land on chance when the split is honest', async () => {
    const input = { featureNames: ['a', 'b'], learned: at(noise, 2, learned), judged: at(noise, 2, judged) };
    const tests = await nullTests(
      { labels, learned, judged, lookaheadRows: LOOKAHEAD },
      [
        { name: 'boosting', ...input, learner: boosting },
        { name: 'logistic', ...input, learner: 'logistic' },
      ],
      plan,
    );
    assert.deepEqual(
      tests.map(({ name }) => name),
      [
        'permuted labels, boosting',
        'permuted labels, logistic',
        'shifted labels, boosting',
        'shifted labels, logistic',
      ],
    );
    for (const test of tests) {
      assert.equal(test.failed, false, test.name);
      assert.ok(test.interval[0] <= test.difference && test.difference <= test.interval[1]);
      assert.ok(Math.abs(test.macroF1 - test.chance - test.difference) < 1e-12);
    }
  });

  it('fail by name when what is judged lies between what was learned', async () => {
    // Unpurged: neighbours share their label, and the place in time says whose neighbour a row is.
    const even = Int32Array.from({ length: ROWS / 2 }, (_, i) => 2 * i);
    const odd = even.map((i) => i + 1);
    const time = Float64Array.from({ length: ROWS }, (_, i) => i);
    const tests = await nullTests(
      { labels, learned: even, judged: odd, lookaheadRows: LOOKAHEAD },
      [
        {
          name: 'boosting',
          featureNames: ['time'],
          learned: at(time, 1, even),
          judged: at(time, 1, odd),
          learner: { ...boosting, maxDepth: 8 },
        },
      ],
      plan,
    );
    assert.deepEqual(
      tests.map(({ failed }) => failed),
      [true, true],
    );
  });
});

describe('Student’s t', () => {
  it('agrees with the tables', () => {
    // Two-sided 95 % points of 1, 2, 4, 7 and 30 degrees of freedom.
    for (const [degrees, bound] of [
      [1, 12.7062],
      [2, 4.3027],
      [4, 2.7764],
      [7, 2.3646],
      [30, 2.0423],
    ] as const) {
      assert.ok(Math.abs(studentBound(0.95, degrees) - bound) < 1e-4, `${degrees}`);
      assert.ok(Math.abs(studentUpperTail(bound, degrees) - 0.025) < 1e-5);
      assert.ok(Math.abs(studentUpperTail(-bound, degrees) - 0.975) < 1e-5);
    }
  });
});
