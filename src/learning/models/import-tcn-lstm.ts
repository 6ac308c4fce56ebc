/** Weights from elsewhere → base model: the same network, so the same outputs. */
import { CLASS_COUNT, DataError } from '../../domain/core/index.ts';
import {
  type Layout,
  SCALER_DEVIATION,
  type Weights,
  describeNetwork,
  encodeServingModel,
} from '../neural/index.ts';
import { baseModelMetadata } from './base-model.ts';
import { type NameRule, renamed } from './import-names.ts';
import { type StoredTensor, floatsOf, readSafetensors } from './import-safetensors.ts';
import { type TcnLstmConfig, requireValidConfig } from './tcn-lstm-config.ts';
import { tcnLstmNetwork } from './tcn-lstm.ts';

export interface ImportTcnLstmOptions {
  /** A safetensors file with every weight, running statistic, and the scaler's mean and deviation. */
  readonly safetensors: Uint8Array;
  readonly model: TcnLstmConfig;
  /** In the order of the model's input. */
  readonly featureNames: readonly string[];
  /** For names that are not known; see `renamed`. */
  readonly rules?: readonly NameRule[];
}

export interface ImportedTcnLstm {
  /** The model file: raw features in, probabilities out. */
  readonly onnx: Uint8Array<ArrayBuffer>;
  readonly parameters: number;
}

/**
 * @throws {ConfigError} with every mistake in the configuration
 * @throws {DataError} when the file is damaged, or its tensors are not those of the network: all differences at once
 */
export function importTcnLstm(options: ImportTcnLstmOptions): ImportedTcnLstm {
  const { safetensors, model, featureNames, rules = [] } = options;
  requireValidConfig(model);
  const network = tcnLstmNetwork(model, featureNames.length, CLASS_COUNT);
  const layout = describeNetwork(network);
  const tensors = renamed(readSafetensors(safetensors), rules);
  requireTensors(tensors, [...layout.parameters.slots, ...layout.buffers.slots]);
  const weights: Weights = {
    parameters: collect(tensors, layout.parameters),
    buffers: collect(tensors, layout.buffers),
  };
  requirePositive(weights.buffers, layout.buffers);
  const metadata = baseModelMetadata({ featureNames, sequenceLength: model.sequenceLength, model });
  return {
    onnx: encodeServingModel(network, layout, weights, metadata),
    parameters: layout.parameters.size,
  };
}

/** @throws {DataError} naming every tensor that is missing, that nobody asks for, or that has another shape */
function requireTensors(tensors: ReadonlyMap<string, StoredTensor>, slots: Layout['slots']): void {
  const missing = slots.filter(({ name }) => !tensors.has(name)).map(({ name }) => name);
  const wanted = new Set(slots.map(({ name }) => name));
  const extra = [...tensors.keys()].filter((name) => !wanted.has(name));
  const others = slots.flatMap(({ name, shape }) => {
    const stored = tensors.get(name)?.shape;
    return stored === undefined || stored.join() === shape.join()
      ? []
      : [`${name} is [${stored.join(', ')}], the configuration asks for [${shape.join(', ')}]`];
  });
  const problems = [
    ...(missing.length === 0 ? [] : [`missing: ${missing.join(', ')}`]),
    ...(extra.length === 0 ? [] : [`not part of the network: ${extra.join(', ')}`]),
    ...others,
  ];
  if (problems.length === 0) return;
  throw new DataError(
    `weights: they are not those of the configured network\n${problems.join('\n')}\n` +
      'set --channels, --hidden and --layers to those of the checkpoint; give other names by --map',
    { code: 'IMPORT_WEIGHTS' },
  );
}

function collect(tensors: ReadonlyMap<string, StoredTensor>, { slots, size }: Layout): Float32Array {
  const values = new Float32Array(size);
  for (const { name, offset } of slots) values.set(floatsOf(name, tensors.get(name)!), offset);
  return values;
}

/** What is divided by, or under a root. */
function requirePositive(buffers: Float32Array, { slots }: Layout): void {
  for (const { name, offset, size } of slots) {
    const isDivisor = name === SCALER_DEVIATION;
    if (!isDivisor && !name.endsWith('.running_var')) continue;
    const at = buffers
      .subarray(offset, offset + size)
      .findIndex((value) => !(isDivisor ? value > 0 && value < Infinity : value >= 0));
    if (at >= 0) {
      throw new DataError(
        `weights: ${name} is ${buffers[offset + at]} at element ${at}, it must be above 0`,
        {
          code: 'IMPORT_WEIGHTS',
        },
      );
    }
  }
}
