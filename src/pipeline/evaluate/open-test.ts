/** Opening a model's test period: its recipe and history are checked, and the opening is recorded (decision 0009). */
import { ConfigError, DataError } from '../../domain/core/index.ts';
import { featureSetOfModel } from '../../domain/features/index.ts';
import { loadModel, trainingDataOf } from '../../platform/storage/index.ts';
import type { RunStore, StoredModel } from '../../platform/storage/index.ts';
import { historyHash, modelHash, modelReference } from '../artifacts.ts';
import type { RunRequest } from '../artifacts.ts';
import { type AuditPlan, planAudit } from '../audit/audit-plan.ts';
import { parseConfig } from '../config.ts';
import type { Config } from '../config.ts';
import { readLabelledBars } from '../labelled-bars.ts';
import type { LabelledBars } from '../labelled-bars.ts';
import { timesAt } from './test-rows.ts';
import type { JudgedRows } from './test-rows.ts';

export interface EvaluateRequest extends RunRequest {
  /** `name` or `name@version` of an audited model or a MicroNet. */
  readonly model: string;
  /** One of those that the model was trained on; default the first. */
  readonly symbol?: string | undefined;
  readonly store: RunStore;
}

export interface OpenedTest {
  /** The configuration in force: the model's recipe with this run's places and ways to judge. */
  readonly config: Config;
  readonly data: LabelledBars;
  readonly plan: AuditPlan;
  readonly rows: JudgedRows;
  /** First and last minute that is judged. */
  readonly period: { readonly fromMs: number; readonly toMs: number };
  /** Other models that were judged on an overlapping period before. */
  readonly earlierOpenings: number;
}

/** @throws ConfigError for a model without an auditor */
export async function loadAudited({ config, model }: EvaluateRequest): Promise<StoredModel> {
  const stored = await loadModel(config.dataDir, model);
  requireAudited(stored);
  return stored;
}

/** @throws DataError when the bars or labels are not those that the model was audited on */
export async function openTest(request: EvaluateRequest, stored: StoredModel): Promise<OpenedTest> {
  const { manifest } = stored;
  const config = configOf(request, stored);
  const { venue, symbol } = trainingDataOf(manifest);
  const data = await readLabelledBars({ dataDir: config.dataDir, venue, symbol }, manifest.label, {
    sequenceLength: config.base.sequenceLength,
    featureSet: config.features,
  });
  const plan = planAudit(data, config);
  const { before: development, after: test } = plan.development;
  refuseChangedHistory(stored, data, development);
  const minuteMs = timesAt(data, test);
  const period = { fromMs: minuteMs[0]!, toMs: minuteMs.at(-1)! };
  const earlierOpenings = request.store.openTest(
    { runId: request.runId, modelSha256: modelHash(stored.files), venue, symbol, ...period },
    request.createdAt,
  );
  return { config, data, plan, rows: { data, development, test }, period, earlierOpenings };
}

function requireAudited(stored: StoredModel): void {
  const { manifest } = stored;
  if (manifest.kind === 'audited') return;
  throw new ConfigError([
    {
      path: '--model',
      message: `${modelReference(stored)} is a base model without an auditor: run \`tidemark audit --model ${manifest.name}\` first`,
    },
  ]);
}

/** The model's recipe; where and how to judge it are this run's. */
function configOf({ config }: EvaluateRequest, { manifest, folder }: StoredModel): Config {
  const recipe = parseConfig(manifest.config, (field) => `${folder}/manifest.json: config.${field}`);
  const { dataDir, threads, evaluation, backtest } = config;
  return { ...recipe, dataDir, threads, features: featureSetOfModel(manifest).name, evaluation, backtest };
}

/** A model is judged on what followed its training; other bars or labels than it was made from would blur that. */
function refuseChangedHistory({ manifest }: StoredModel, data: LabelledBars, development: Int32Array): void {
  const { rows, sha256, symbol } = trainingDataOf(manifest);
  if (rows === development.length && sha256 === historyHash(data, development)) return;
  const change =
    rows === development.length
      ? 'its bars or labels are others'
      : `its development part had ${rows} rows, now it has ${development.length}`;
  throw new DataError(
    `the history of ${symbol} changed since ${manifest.name}@${manifest.version} was audited: ${change}; run \`tidemark audit\` again`,
    { code: 'HISTORY_CHANGED', context: { model: manifest.name, version: manifest.version } },
  );
}
