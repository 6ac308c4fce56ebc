import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DataError } from '../../domain/core/index.ts';
import { readGolden } from './golden/golden.ts';
import { floatsOf, readSafetensors } from './import-safetensors.ts';

/** Written by the safetensors package for Python; see bench/peers/import_golden.py. */
const GOLDEN = readGolden('import.safetensors');

/** A file with this header and data. */
function fileOf(header: unknown, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

const entry = (dtype: string, shape: readonly number[], from: number, to: number) => ({
  dtype,
  shape,
  data_offsets: [from, to],
});

const refusal = (file: Uint8Array, said: RegExp): void => {
  assert.throws(
    () => readSafetensors(file),
    (error: unknown) => {
      assert.ok(error instanceof DataError, String(error));
      assert.match(error.message, said);
      return true;
    },
  );
};

describe('safetensors', () => {
  it('reads names, types, shapes and numbers that another program has written', () => {
    const tensors = readSafetensors(GOLDEN);
    const { dtype, shape } = tensors.get('tcn.0.causal_conv.conv.weight')!;
    assert.deepEqual([dtype, shape], ['F32', [4, 9, 3]]);
    assert.equal(tensors.get('tcn.0.bn.num_batches_tracked')!.dtype, 'I64');
    const scale = floatsOf('scaler.scale', tensors.get('scaler.scale')!);
    assert.ok(scale instanceof Float64Array && scale.length === 9);
    // Rounded to four decimals by the script.
    assert.ok(scale.every((value) => value > 0 && Math.abs(value * 1e4 - Math.round(value * 1e4)) < 1e-9));
  });

  it('reads tensors that do not lie on a border of their type, scalars and empty ones', () => {
    const data = new Uint8Array(9);
    new DataView(data.buffer).setFloat32(1, 1.5, true);
    new DataView(data.buffer).setFloat32(5, -2, true);
    const header = { a: entry('U8', [], 0, 1), b: entry('F32', [2, 1], 1, 9), c: entry('F32', [0], 9, 9) };
    const tensors = readSafetensors(fileOf({ __metadata__: { format: 'pt' }, ...header }, data));
    assert.deepEqual([...floatsOf('b', tensors.get('b')!)], [1.5, -2]);
    assert.equal(floatsOf('c', tensors.get('c')!).length, 0);
    assert.deepEqual([...tensors.keys()], ['a', 'b', 'c']);
  });

  it('refuses a file that is cut off anywhere', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: GOLDEN.length - 1 }), (length) => {
        refusal(GOLDEN.subarray(0, length), /truncated|length of a header/);
      }),
    );
    refusal(GOLDEN.subarray(0, GOLDEN.length - 1), /ends at byte \d+ of the data, but there are only/);
  });

  it('refuses what is no header, and says what is wrong with it', () => {
    refusal(Buffer.from('PK\u0003\u0004 a zip file, as torch.save writes it'), /length of a header/);
    refusal(fileOf('{"a":'), /no JSON/);
    refusal(fileOf(Buffer.from([0xff, 0xfe]).toString('latin1')), /no JSON/);
    refusal(fileOf([1]), /no JSON object/);
    refusal(fileOf({ a: null }), /tensor a/);
    refusal(fileOf({ a: { ...entry('F32', [1], 0, 4), shape: [-1] } }), /tensor a/);
    refusal(fileOf({ a: { dtype: 'F32', shape: [1], data_offsets: [0] } }), /tensor a/);
    refusal(fileOf({ a: entry('F32', [1], 4, 0) }, new Uint8Array(4)), /tensor a/);
  });

  it('refuses holes, overlaps and bytes that belong to nothing', () => {
    const two = (from: number) => ({ a: entry('F32', [1], 0, 4), b: entry('F32', [1], from, from + 4) });
    refusal(fileOf(two(8), new Uint8Array(12)), /fill 8 bytes, the file holds 12/);
    refusal(fileOf(two(0), new Uint8Array(4)), /fill 8 bytes, the file holds 4/);
    refusal(fileOf(two(4), new Uint8Array(9)), /fill 8 bytes, the file holds 9/);
  });

  it('refuses other types, a size that is not the shape’s, and numbers that are none', () => {
    const tensor = { dtype: 'F32', shape: [1], bytes: new Uint8Array(4) };
    assert.throws(() => floatsOf('w', { ...tensor, dtype: 'BF16' }), /w is of type BF16.*tensor\.float\(\)/);
    assert.throws(() => floatsOf('w', { ...tensor, shape: [2] }), /w \[2\] of F32 has 4 bytes/);
    const bytes = new Uint8Array(Float32Array.of(Number.NaN).buffer);
    assert.throws(() => floatsOf('w', { ...tensor, bytes }), /w holds NaN at element 0/);
  });
});
