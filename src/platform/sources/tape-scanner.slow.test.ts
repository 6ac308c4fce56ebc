import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fuzzTape } from './tape-fuzz.ts';

describe('TapeScanner', () => {
  it('disagrees with the reference decoder on none of a million mutated lines', (t) => {
    const { taken, trades, refused } = fuzzTape({ lines: 1_000_000, seed: 2 });
    t.diagnostic(`${taken} lines taken, ${trades} trades read, ${refused} lines refused`);
    assert.equal(taken + refused, 1_000_000);
    assert.ok(taken > 250_000 && trades > 50_000 && refused > 250_000);
  });
});
