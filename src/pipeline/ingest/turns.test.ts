import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as settle } from 'node:timers/promises';
import { Turns } from './turns.ts';

describe('Turns', () => {
  it('lets those who want the same wait for each other, in order, and nobody else', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const enter = async (name: string, keys: readonly string[]): Promise<() => void> => {
      const release = await turns.take(keys);
      log.push(name);
      return release;
    };
    const first = await enter('first', ['a', 'b']);
    const second = enter('second', ['b', 'c']);
    const third = enter('third', ['c']);
    const other = await enter('other', ['d']);
    await settle();
    assert.deepEqual(log, ['first', 'other']);
    first();
    (await second)();
    (await third)();
    other();
    assert.deepEqual(log, ['first', 'other', 'second', 'third']);
    (await enter('again', ['a', 'b', 'c', 'd']))();
    assert.equal(log.at(-1), 'again');
  });
});
