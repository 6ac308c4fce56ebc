import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../domain/core/index.ts';
import { encodeOutOfFold, OUT_OF_FOLD_FILE, readOutOfFold } from './out-of-fold-file.ts';

const rows = (count: number) => {
  const random = Random.fromSeed(1);
  return {
    positions: Int32Array.from({ length: count }, (_, i) => 500 + i),
    probabilities: Float64Array.from({ length: count * 3 }, () => random.uniform()),
  };
};

describe('out-of-fold file', () => {
  it('comes back to the bit, also from the middle of a larger buffer', () => {
    const written = rows(40);
    const bytes = encodeOutOfFold(written);
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    assert.deepEqual(
      readOutOfFold({ files: { [OUT_OF_FOLD_FILE]: larger.subarray(3) }, folder: 'm' }),
      written,
    );
  });

  it('keeps a bounded number of rows, evenly spread, each with its own probabilities', () => {
    const written = rows(50_000);
    const read = readOutOfFold({ files: { [OUT_OF_FOLD_FILE]: encodeOutOfFold(written) }, folder: 'm' })!;
    assert.equal(read.positions.length, 20_000);
    assert.equal(read.positions[0], 500);
    const i = 12_345;
    const at = read.positions[i]! - 500;
    assert.deepEqual(
      read.probabilities.slice(i * 3, i * 3 + 3),
      written.probabilities.slice(at * 3, at * 3 + 3),
    );
  });

  it('is absent from older artifacts, and refused when torn', () => {
    assert.equal(readOutOfFold({ files: {}, folder: 'm' }), null);
    assert.throws(
      () => readOutOfFold({ files: { [OUT_OF_FOLD_FILE]: new Uint8Array(33) }, folder: 'm' }),
      /m\/out-of-fold\.bin: 33 bytes are not whole rows; run `tidemark audit` again/,
    );
  });
});
