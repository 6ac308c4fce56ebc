/** Same seed, same bytes; the test period, chance and a changed history teach a model nothing. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CLASS_COUNT, NO_LABEL, Random } from '../src/domain/core/index.ts';
import { confusionMatrix, macroF1 } from '../src/domain/math/index.ts';
import { developmentSplit, evaluate, labelSymbol, resolveLabel } from '../src/pipeline/index.ts';
import type { AuditOutcome, Config, Evaluation, LabelledBars } from '../src/pipeline/index.ts';
import { RunStore } from '../src/platform/storage/index.ts';
import {
  buildRoad,
  firstDifference,
  ingestInto,
  placeIn,
  readData,
  relabelledCopy,
  removeFolder,
  type Road,
  runOf,
  temporaryFolder,
  tinyConfig,
  trainAndAudit,
  withAudited,
} from './fixtures/road.ts';

/** sha256 of each file, as the manifest has them. */
const hashesOf = ({ stored }: AuditOutcome) => ({
  network: stored.manifest.files['model.onnx']!.sha256,
  auditor: stored.manifest.files['auditor.json']!.sha256,
});

describe('what a model may depend on', () => {
  let folder = '';
  let road: Road;
  before(async () => {
    folder = await temporaryFolder();
    road = await buildRoad(folder, 2);
  });
  after(async () => {
    await removeFolder(folder);
  });

  /** A copy of the road's data in which the labels are others. */
  async function relabelled(
    name: string,
    change: (label: Int8Array, data: LabelledBars) => Int8Array,
  ): Promise<Config> {
    return await relabelledCopy(road.config, path.join(folder, name), change);
  }

  it('the same seed twice gives the same bytes of network and auditor; another seed gives another model', async () => {
    const again = await trainAndAudit(road.config, 'again');
    assert.deepEqual(hashesOf(again), hashesOf(road.audited));
    const other = await trainAndAudit(tinyConfig(road.config.dataDir, { seed: 2 }), 'other');
    const { bars, rows } = await readData(road.config);
    // The seed is written into the model file, so that different bytes prove little: the weights must differ.
    const score = async ({ stored }: AuditOutcome) =>
      await withAudited(stored, async (model) => await model.scoreRows(bars.features, rows));
    const [first, second] = [await score(road.audited), await score(other)];
    assert.notEqual(firstDifference(first.base, second.base), null);
    assert.notEqual(hashesOf(other).auditor, hashesOf(road.audited).auditor);
  });

  it('whatever happened in the test period, the audited model is the same to the byte', async () => {
    const config = await relabelled('other-test', (label, data) => {
      const { before: development } = developmentSplit(data, road.config);
      const firstUnknown = data.rows[development.at(-1)!]! + 1;
      return label.map((k, row) => (row < firstUnknown || k === NO_LABEL ? k : (k + 1) % CLASS_COUNT));
    });
    assert.deepEqual(hashesOf(await trainAndAudit(config, 'blind')), hashesOf(road.audited));
  });

  /**
   * Share of permutations of the test labels under which the model's decisions score better than in truth, ties by
   * half: about uniform on [0, 1] for a model that knows nothing, whatever mix of classes it happens to say.
   */
  async function chanceOf(
    config: Config,
    model: string,
  ): Promise<{ readonly chance: number; readonly evaluation: Evaluation }> {
    const store = new RunStore(config.dataDir);
    const { series, evaluation } = await evaluate({ ...runOf(config), model, store });
    store.close();
    const { labels, bars } = await readData(config);
    const rowOf = new Map(Array.from(bars.minuteMs, (minuteMs, row) => [minuteMs, row]));
    const truth = series.minuteMs.map((minuteMs) => labels.label[rowOf.get(minuteMs)!]!);
    const score = (): number => macroF1(confusionMatrix(truth, series.decisions, CLASS_COUNT), CLASS_COUNT);
    const reached = score();
    assert.equal(reached, evaluation.scores[0]!.macroF1);
    const random = Random.fromSeed(1);
    let better = 0;
    for (let i = 0; i < 1_000; i++) {
      random.shuffle(truth);
      const other = score();
      better += other > reached ? 1 : other === reached ? 0.5 : 0;
    }
    return { chance: better / 1_000, evaluation };
  }

  it('learns nothing from permuted labels, and something from the true ones', async () => {
    const config = await relabelled('permuted', (label) => {
      const rows = Array.from(label.keys()).filter((row) => label[row] !== NO_LABEL);
      const values = rows.map((row) => label[row]!);
      Random.fromSeed(7).shuffle(values);
      rows.forEach((row, i) => (label[row] = values[i]!));
      return label;
    });
    await trainAndAudit(config, 'null');
    const nothing = await chanceOf(config, 'null');
    assert.ok(
      nothing.chance > 0.01 && nothing.chance < 0.99,
      `a model of nothing scores like chance, not at ${nothing.chance}`,
    );
    const { scores } = nothing.evaluation;
    const [audited] = scores;
    const prior = scores.find(({ id }) => id === 'prior');
    assert.ok(audited!.logLoss > prior!.logLoss - 0.01, 'nothing is known beyond the prior');
    // The same question can tell a model that knows something: otherwise the answer above would mean nothing.
    const something = await chanceOf(road.config, road.model);
    assert.ok(something.chance < 0.01, `the planted signal is found: ${something.chance}`);
  });

  it('is refused on another history than it was audited on', async () => {
    const config = tinyConfig(path.join(folder, 'grown'));
    const [first, second] = road.market.archives;
    const label = async () => await labelSymbol(placeIn(config.dataDir), resolveLabel(config.label));
    await ingestInto(config.dataDir, [first!]);
    await label();
    await trainAndAudit(config, 'tiny');
    await ingestInto(config.dataDir, [second!]);
    const store = new RunStore(config.dataDir);
    const judge = async () => await evaluate({ ...runOf(config), model: 'tiny', store });
    await assert.rejects(judge, { code: 'LABELS_STALE', message: /run `tidemark label` again/ });
    await label();
    await assert.rejects(judge, { code: 'HISTORY_CHANGED', message: /run `tidemark audit` again/ });
    store.close();
  });
});
