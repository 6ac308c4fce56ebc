/** Weights from PyTorch give PyTorch's outputs. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, DataError } from '../../domain/core/index.ts';
import { QUANTGOD_9 } from '../../domain/features/index.ts';
import { ANSWERS, GOLDEN_IMPORT, WINDOWS, distanceFromPyTorch, readGolden } from './golden/golden.ts';
import { BaseModel, describeBaseModel, importTcnLstm, rulesOf } from './index.ts';
import type { ImportTcnLstmOptions } from './index.ts';

/** The golden file with another header. */
function withHeader(change: (header: Record<string, { shape: number[] }>) => void): Uint8Array {
  const file = readGolden('import.safetensors');
  const end = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, end)) as Record<string, { shape: number[] }>;
  change(header);
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, file.subarray(end)]);
}

function rename(header: Record<string, { shape: number[] }>, from: string, to: string): void {
  header[to] = header[from]!;
  delete header[from];
}

function refusal(options: Partial<ImportTcnLstmOptions>, ...said: readonly RegExp[]): void {
  assert.throws(
    () => importTcnLstm({ ...GOLDEN_IMPORT, ...options }),
    (error: unknown) => {
      assert.ok(error instanceof DataError, String(error));
      for (const pattern of said) assert.match(error.message, pattern);
      return true;
    },
  );
}

async function answersOf(options: ImportTcnLstmOptions): Promise<Float64Array> {
  const loaded = await BaseModel.load(importTcnLstm(options).onnx, { featureNames: QUANTGOD_9 });
  const { sequenceLength } = options.model;
  const rows = Int32Array.from({ length: WINDOWS }, (_, i) => (i + 1) * sequenceLength - 1);
  const answers = await loaded.scoreRows(Float64Array.from(ANSWERS.windows), rows);
  await loaded.release();
  return answers;
}

describe('import of a PyTorch checkpoint', () => {
  it('gives the probabilities that PyTorch gives, within 1e-6', async (t) => {
    const answers = await answersOf(GOLDEN_IMPORT);
    const distance = distanceFromPyTorch(answers);
    assert.ok(distance <= 1e-6, `${distance} away`);
    t.diagnostic(`largest distance ${distance.toExponential(1)}`);
  });

  it('says what it is, and not how it was trained', () => {
    const { onnx, parameters } = importTcnLstm(GOLDEN_IMPORT);
    const { featureNames, sequenceLength, training, best } = describeBaseModel(onnx);
    assert.deepEqual(featureNames, QUANTGOD_9);
    assert.deepEqual(
      [sequenceLength, training, best],
      [GOLDEN_IMPORT.model.sequenceLength, undefined, undefined],
    );
    // Blocks (9·3+1)·4 + 8 + (9+1)·4 and 3 × ((4·3+1)·4 + 8), LSTM 4·8·(4+8+2) + 4·8·(8+8+2), head (8+1)·4 + (4+1)·3.
    assert.equal(parameters, 112 + 8 + 40 + 3 * 60 + 448 + 576 + 36 + 15);
  });

  it('takes the names of wrappers, and others by rules', async () => {
    const safetensors = withHeader((header) => {
      for (const name of Object.keys(header)) {
        if (!name.startsWith('scaler')) rename(header, name, `module._orig_mod.${name}`);
      }
      rename(header, 'scaler.mean', 'preprocessing/mu');
      rename(header, 'module._orig_mod.classifier.0.weight', 'fc1.weight');
    });
    refusal({ safetensors }, /missing: .*head\.0\.weight/, /not part .*fc1\.weight, preprocessing|mu/);
    const rules = rulesOf({ 'preprocessing/mu': 'scaler.mean', 'fc1\\.(\\w+)': 'head.0.$1' });
    assert.deepEqual(
      await answersOf({ ...GOLDEN_IMPORT, safetensors, rules }),
      await answersOf(GOLDEN_IMPORT),
    );
  });

  it('lists all that is missing and all that is too much, unless a rule leaves it out', async () => {
    const safetensors = withHeader((header) => {
      rename(header, 'scaler.mean', 'tcn.0.bn.mean_of_means');
      rename(header, 'lstm.bias_hh_l1', 'lstm.bias_hh_l7');
    });
    refusal(
      { safetensors },
      /missing: lstm\.bias_hh_l1, scaler\.mean$/m,
      /not part of the network: tcn\.0\.norm\.mean_of_means, lstm\.bias_hh_l7$/m,
    );
    const extra = withHeader((header) => {
      header['auxiliary.bias'] = { ...header['scaler.mean']!, shape: [0] };
      Object.assign(header['auxiliary.bias'], { data_offsets: [0, 0] });
    });
    refusal({ safetensors: extra }, /not part of the network: auxiliary\.bias/);
    const rules = rulesOf({ 'auxiliary\\..*': null });
    assert.deepEqual(
      await answersOf({ ...GOLDEN_IMPORT, safetensors: extra, rules }),
      await answersOf(GOLDEN_IMPORT),
    );
  });

  it('names a tensor of another shape, with both shapes', () => {
    const wide = { ...GOLDEN_IMPORT.model, channels: 6 };
    refusal({ model: wide }, /tcn\.0\.conv\.weight is \[4, 9, 3\], the configuration asks for \[6, 9, 3\]/);
    const turned = withHeader((header) => {
      header['classifier.3.weight']!.shape = [4, 3];
    });
    refusal({ safetensors: turned }, /head\.1\.weight is \[4, 3\], the configuration asks for \[3, 4\]/);
  });

  it('refuses a deviation of zero, two tensors of one name, and an expression that is none', () => {
    const file = readGolden('import.safetensors');
    const end = 8 + Number(file.readBigUInt64LE(0));
    const header = JSON.parse(file.toString('utf8', 8, end)) as Record<string, { data_offsets: number[] }>;
    file.writeDoubleLE(0, end + header['scaler.scale']!.data_offsets[0]! + 16);
    refusal({ safetensors: file }, /scaler\.deviation is 0 at element 2/);
    const rules = rulesOf({ 'scaler\\..*': 'scaler.mean' });
    refusal({ rules }, /scaler\.mean and scaler\.scale are both taken for scaler\.mean/);
    assert.throws(
      () => rulesOf({ '(': 'x', '[': 'y' }),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.equal(error.problems.length, 2);
        return true;
      },
    );
  });
});
