/** `models import`: weights that another program has trained become a model artifact that says so. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../domain/core/index.ts';
import { FEATURE_SETS } from '../domain/features/index.ts';
import { type NameRule, importTcnLstm, rulesOf } from '../learning/models/index.ts';
import { saveModel } from '../platform/storage/index.ts';
import { type RunRequest, modelReference } from './artifacts.ts';
import { resolveLabel } from './config.ts';
import { CODE_VERSION } from './version.ts';

export interface ImportModelRequest extends RunRequest {
  readonly name: string;
  /** A safetensors file. */
  readonly weights: string;
  /** A JSON file with more rules for the tensors' names. */
  readonly map?: string | undefined;
}

export interface ImportModelResult {
  readonly model: string;
  readonly parameters: number;
  readonly weightsSha256: string;
  readonly out: string;
}

const NOTE =
  'Imported: on what these weights were trained, and what their label means, is known only from whoever made them. ' +
  'No figure of this program has judged them.';

/**
 * Label and feature set are those of the configuration: what the caller says of the weights.
 * @throws ConfigError when a file cannot be read, DataError when the weights are not those of the configured network
 */
export async function importModel(request: ImportModelRequest): Promise<ImportModelResult> {
  const { config, runId, createdAt, name, weights, map } = request;
  const safetensors = await readInput(weights, '--weights');
  const { sequenceLength, channels, hidden, layers, dropout } = config.base;
  const featureNames = [...FEATURE_SETS[config.features].columns];
  const imported = importTcnLstm({
    safetensors,
    model: { sequenceLength, channels, hidden, layers, dropout },
    featureNames,
    rules: map === undefined ? [] : await readRules(map),
  });
  const sha256 = createHash('sha256').update(safetensors).digest('hex');
  const stored = await saveModel(
    config.dataDir,
    {
      name,
      kind: 'base',
      runId,
      createdAt,
      codeVersion: CODE_VERSION,
      seed: config.seed,
      featureSet: config.features,
      featureNames,
      sequenceLength,
      label: { ...resolveLabel(config.label) },
      data: null,
      provenance: { kind: 'imported', file: path.basename(weights), sha256, note: NOTE },
      config,
      metrics: {},
    },
    { 'model.onnx': imported.onnx },
  );
  return {
    model: modelReference(stored),
    parameters: imported.parameters,
    weightsSha256: sha256,
    out: stored.folder,
  };
}

const RulesSchema = z.record(z.string(), z.string().nullable());

async function readRules(file: string): Promise<readonly NameRule[]> {
  const text = (await readInput(file, '--map')).toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError([{ path: '--map', message: `${file} is no JSON: ${String(cause)}` }], { cause });
  }
  const result = RulesSchema.safeParse(value);
  if (result.success) return rulesOf(result.data);
  throw new ConfigError([
    {
      path: '--map',
      message: `${file} must be an object of expressions and names, such as {"fc1\\\\.(\\\\w+)": "head.0.$1", "auxiliary\\\\..*": null}`,
    },
  ]);
}

async function readInput(file: string, flag: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new ConfigError([{ path: flag, message: `cannot read ${file}: ${String(cause)}` }], { cause });
  }
}
