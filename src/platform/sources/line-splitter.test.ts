import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LineSplitter } from './line-splitter.ts';

/** The lines of the chunks, each of which is overwritten when it has been read. */
function split(chunks: readonly string[]): readonly string[] {
  const splitter = new LineSplitter();
  const lines: string[] = [];
  const read = (): void => {
    while (splitter.next()) {
      const { bytes, start, end } = splitter;
      lines.push(splitter.isTooLong ? '(too long)' : bytes.toString('utf8', start, end));
      assert.ok(bytes[end] === 10 || end === bytes.length);
    }
  };
  for (const text of chunks) {
    const chunk = Buffer.from(text);
    splitter.push(chunk);
    read();
    chunk.fill(120);
  }
  splitter.finish();
  read();
  return lines;
}

describe('LineSplitter', () => {
  it('finds the same lines however the text is cut into chunks', () => {
    const chunk = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 12 });
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 12 }), (chunks) => {
        const lines = chunks.join('').split('\n');
        if (lines.at(-1) === '') lines.pop();
        assert.deepEqual(split(chunks), lines);
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives the last line without a newline', () => {
    assert.deepEqual(split(['one\ntw', 'o\nthr', 'ee']), ['one', 'two', 'three']);
  });

  it('passes over lines beyond all measure, and keeps nothing of them', () => {
    const megabytes = Array.from({ length: 20 }, () => 'a'.repeat(1 << 20));
    const tooLong = '(too long)';
    assert.deepEqual(split(['one\ntw', ...megabytes, 'o\nthree']), ['one', tooLong, 'three']);
    assert.deepEqual(split([...megabytes, '\n', ...megabytes]), [tooLong, tooLong]);
  });
});
