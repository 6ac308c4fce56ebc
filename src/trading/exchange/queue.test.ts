import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QueuePosition } from './queue.ts';

describe('QueuePosition', () => {
  it('risk-averse: cancellations happen behind the order, until they cannot', () => {
    const queue = new QueuePosition(10);
    const model = { kind: 'risk-averse' } as const;
    queue.onLevel(14, model);
    queue.onLevel(11, model);
    assert.equal(queue.ahead, 10);
    queue.onLevel(7, model);
    assert.equal(queue.ahead, 7);
    assert.equal(queue.onTrade(5), 0);
    assert.equal(queue.onTrade(5), 3);
    assert.equal(queue.ahead, 0);
  });

  it('power: a decrease is shared between what is ahead and what is behind', () => {
    const queue = new QueuePosition(10);
    const model = { kind: 'power', exponent: 2 } as const;
    queue.onLevel(15, model);
    // 10 ahead, 5 behind: 5² of 10² + 5² lies behind, so that 4 / 5 of the 5 that left were ahead.
    queue.onLevel(10, model);
    assert.equal(queue.ahead, 6);
    // 6 ahead, 4 behind: 16 of 52 behind.
    queue.onLevel(9, model);
    assert.ok(Math.abs(queue.ahead - (6 - 36 / 52)) < 1e-12);
  });

  it('power: what trades explain is not counted again, and nothing lies behind where nothing is', () => {
    const queue = new QueuePosition(10);
    const model = { kind: 'power', exponent: 1 } as const;
    queue.onTrade(4);
    queue.onLevel(6, model);
    assert.equal(queue.ahead, 6);
    queue.onLevel(5, model);
    assert.equal(queue.ahead, 5);
    queue.onLevel(0, model);
    assert.equal(queue.ahead, 0);
    queue.onLevel(8, model);
    assert.equal(queue.ahead, 0);
  });
});
