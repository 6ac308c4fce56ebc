import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../domain/core/index.ts';
import { drawHidden, drawView } from './views.ts';

const NOTHING = { segmentShare: 1, jitter: 0, scaling: 0, timeMask: 0, width: 2 };

describe('drawView', () => {
  const window = Float32Array.from({ length: 40 }, (_, i) => i + 1);

  it('cuts a segment out of the window, anywhere', () => {
    const random = Random.fromSeed(1);
    const starts = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const view = drawView(window, { ...NOTHING, steps: 12 }, random);
      starts.add(view[0]!);
      assert.deepEqual([...view], [...window.subarray(view[0]! - 1, view[0]! + 23)]);
    }
    assert.equal(starts.size, 9);
    assert.deepEqual(window[0], 1);
  });

  it('scales a feature by one factor, sets one span to the mean, and adds noise', () => {
    const random = Random.fromSeed(2);
    const scaled = drawView(window, { ...NOTHING, steps: 20, scaling: 0.5 }, random);
    const factors = [scaled[0]! / window[0]!, scaled[1]! / window[1]!];
    assert.ok(Math.abs(factors[0]! - factors[1]!) > 1e-3);
    scaled.forEach((value, i) => assert.ok(Math.abs(value / window[i]! - factors[i % 2]!) < 1e-5));
    const masked = drawView(window, { ...NOTHING, steps: 20, timeMask: 0.25 }, random);
    const zeros = [...masked.keys()].filter((i) => masked[i] === 0);
    assert.equal(zeros.length, 10);
    assert.equal(zeros.at(-1)! - zeros[0]!, 9);
    const noisy = drawView(window, { ...NOTHING, steps: 20, jitter: 0.1 }, random);
    const squares = noisy.reduce((sum, value, i) => sum + (value - window[i]!) ** 2, 0);
    assert.ok(Math.abs(Math.sqrt(squares / 40) - 0.1) < 0.04);
  });
});

describe('drawHidden', () => {
  it('hides the share that is asked for, and never all', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 60 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer(),
        (steps, share, span, seed) => {
          const hidden = drawHidden(steps, { share, span }, Random.fromSeed(seed));
          const count = hidden.reduce((sum, mark) => sum + mark, 0);
          assert.equal(count, Math.min(steps - 1, Math.max(1, Math.round(share * steps))));
        },
      ),
    );
  });

  it('hides neighbouring steps together', () => {
    const hidden = drawHidden(100, { share: 0.04, span: 4 }, Random.fromSeed(3));
    const first = hidden.indexOf(1);
    assert.ok(first > 95 || hidden.subarray(first, first + 4).every((mark) => mark === 1));
  });
});
