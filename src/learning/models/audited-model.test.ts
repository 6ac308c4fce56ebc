import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CLASS_COUNT, Random } from '../../domain/core/index.ts';
import { META_FEATURES, QUANTGOD_9 } from '../../domain/features/index.ts';
import { boostingToXgboostJson, trainBoosting } from '../boosting/index.ts';
import { describeNetwork, encodeServingModel, initialWeights, noScaling } from '../neural/index.ts';
import { AuditedModel } from './audited-model.ts';
import { baseModelMetadata } from './base-model.ts';
import { tcnLstmNetwork } from './tcn-lstm.ts';

const WIDTH = QUANTGOD_9.length;

function untrainedBase(): Uint8Array {
  const model = { sequenceLength: 8, channels: 3, hidden: 4, layers: 1, dropout: 0 };
  const network = tcnLstmNetwork(model, WIDTH, CLASS_COUNT);
  const layout = describeNetwork(network);
  const weights = initialWeights(layout, noScaling(WIDTH), Random.fromSeed(1));
  const metadata = baseModelMetadata({ featureNames: QUANTGOD_9, sequenceLength: 8, model });
  return encodeServingModel(network, layout, weights, metadata);
}

async function auditorOn(featureNames: readonly string[], classes = CLASS_COUNT): Promise<string> {
  const random = Random.fromSeed(2);
  const features = Float64Array.from({ length: 60 * featureNames.length }, () => random.normal());
  const labels = Int8Array.from({ length: 60 }, (_, row) => row % classes);
  const parameters = { rounds: 2, classes };
  return boostingToXgboostJson(await trainBoosting({ features, featureNames, labels, parameters, seed: 1 }));
}

describe('AuditedModel', () => {
  const onnx = untrainedBase();

  it('judges what its base model says, the same for one window as for a row of a table', async () => {
    const model = await AuditedModel.load({ onnx, auditorJson: await auditorOn(META_FEATURES) });
    const random = Random.fromSeed(4);
    const table = Float64Array.from({ length: 12 * WIDTH }, () => random.normal());
    const { base, audited } = await model.scoreRows(table, Int32Array.of(7, 11));
    const alone = await model.scoreWindow(table.slice(4 * WIDTH));
    await model.release();
    assert.deepEqual([base.slice(3), audited.slice(3)], [alone.base, alone.audited]);
  });

  it('refuses an auditor whose features are in another order, or that gives other classes', async () => {
    const swapped = [META_FEATURES[1], META_FEATURES[0], ...META_FEATURES.slice(2)];
    for (const auditorJson of [await auditorOn(swapped), await auditorOn(META_FEATURES, 2)]) {
      await assert.rejects(AuditedModel.load({ onnx, auditorJson }), {
        name: 'DataError',
        code: 'AUDITOR_FEATURES',
        message: /it must take prob_sell, prob_neutral, .* and give 3/,
      });
    }
  });
});
