import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fuzzDecoders } from './decoder-fuzz.ts';

describe('DepthScanner', () => {
  it('disagrees with the reference decoder on none of a million mutated lines', (t) => {
    const { taken, refused, missed } = fuzzDecoders({ lines: 1_000_000, seed: 2 });
    t.diagnostic(`${taken} lines taken, ${refused} refused, ${missed} of them readable`);
    assert.equal(taken + refused, 1_000_000);
    assert.ok(taken > 250_000 && refused > 250_000);
  });
});
