import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Ladder } from './ladder.ts';

/** A move of the touch, then sizes for some depths behind it, then a cut. */
const messageArbitrary = fc.record({
  move: fc.integer({ min: -30, max: 30 }),
  sizes: fc.array(fc.tuple(fc.nat(40), fc.nat(3)), { maxLength: 12 }),
  levels: fc.integer({ min: 1, max: 25 }),
});

const levelsOf = (ladder: Ladder): Map<number, number> => {
  const levels = new Map<number, number>();
  ladder.forEachLevel((coordinate, lots) => levels.set(coordinate, lots));
  return levels;
};

describe('Ladder', () => {
  it('reports exactly the changes that turn the last book into this one, best first', () => {
    // Negative coordinates are bids; 65,500 and more wrap around the ring.
    const start = fc.constantFrom(-20_000, 0, 65_500);
    fc.assert(
      fc.property(start, fc.array(messageArbitrary, { maxLength: 30 }), (best, messages) => {
        const ladder = new Ladder(best);
        for (const { move, sizes, levels } of messages) {
          const model = levelsOf(ladder);
          const before = new Map(model);
          ladder.beginMessage();
          const previous = ladder.best;
          ladder.moveBest(previous + move);
          for (let k = ladder.best; k < previous; k++) ladder.set(k, 1 + (Math.abs(k) % 5));
          for (const [depth, lots] of sizes)
            ladder.set(Math.min(ladder.best + depth, ladder.worst + 1), lots);
          ladder.trim(levels);
          const changes: [number, number][] = [];
          ladder.forEachChange((coordinate, lots) => changes.push([coordinate, lots]));
          assert.deepEqual(
            changes.map(([k]) => k),
            changes.map(([k]) => k).toSorted((a, b) => a - b),
          );
          for (const [coordinate, lots] of changes) {
            assert.notEqual(before.get(coordinate) ?? 0, lots, 'a change that is none');
            if (lots === 0) model.delete(coordinate);
            else model.set(coordinate, lots);
          }
          const now = levelsOf(ladder);
          assert.deepEqual(new Map([...model].toSorted(([a], [b]) => a - b)), now);
          assert.equal(ladder.levels, now.size);
          assert.ok(now.size <= levels);
          for (const coordinate of now.keys())
            assert.ok(coordinate >= ladder.best && coordinate <= ladder.worst);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('refuses a move beyond its ring', () => {
    const ladder = new Ladder(0);
    ladder.beginMessage();
    assert.throws(() => ladder.moveBest(70_000), { name: 'InvariantError', message: /moved too far/ });
  });
});
