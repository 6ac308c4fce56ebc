/**
 * A checkpoint as one piece of bytes: 8 bytes of magic, version and header length (32 bits each), the header (JSON),
 * the arrays (32-bit floats) in the header's order, and a SHA-256 of all that. Little-endian.
 */
import { createHash } from 'node:crypto';
import { DataError } from '../../../domain/core/index.ts';
import type { Checkpoint, NumberedEpoch, TrainingIdentity } from './checkpoint.ts';
import type { EpochReport } from './trainer.ts';
import type { TrainingConfig } from './training-config.ts';

const MAGIC = 'TIDECKPT';
const VERSION = 2;
const PREFIX_BYTES = 16;
const DIGEST_BYTES = 32;

interface Header<Config, Epoch> {
  readonly identity: TrainingIdentity<Config>;
  readonly steps: number;
  readonly dropout: readonly number[];
  readonly order: readonly number[];
  readonly epochs: readonly Epoch[];
  readonly bestEpoch: number;
  readonly microBatchSize: number;
  /** Names and lengths of the step's vectors; after them come the parameters and buffers of the best epoch. */
  readonly vectors: readonly (readonly [string, number])[];
}

/** The same checkpoint always gives the same bytes. */
export function encodeCheckpoint<Config, Epoch extends NumberedEpoch>(
  checkpoint: Checkpoint<Config, Epoch>,
): Uint8Array<ArrayBuffer> {
  const { identity, step, order, epochs, best, microBatchSize } = checkpoint;
  const vectors = Object.entries(step.vectors);
  const arrays = [...vectors.map(([, array]) => array), best.weights.parameters, best.weights.buffers];
  const header: Header<Config, Epoch> = {
    identity,
    steps: step.steps,
    dropout: step.dropout,
    order,
    epochs,
    bestEpoch: best.report.epoch,
    microBatchSize,
    vectors: vectors.map(([name, array]) => [name, array.length]),
  };
  // JSON writes a NaN (not available) as null and all other numbers exactly.
  const headerBytes = new TextEncoder().encode(JSON.stringify(header));
  const arrayBytes = arrays.reduce((sum, array) => sum + array.byteLength, 0);
  const bytes = new Uint8Array(PREFIX_BYTES + headerBytes.length + arrayBytes + DIGEST_BYTES);
  bytes.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(bytes.buffer);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, headerBytes.length, true);
  bytes.set(headerBytes, PREFIX_BYTES);
  let at = PREFIX_BYTES + headerBytes.length;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  bytes.set(digestOf(bytes.subarray(0, at)), at);
  return bytes;
}

/**
 * Of the kind of training whose folder the bytes are from.
 * @throws {DataError} when the bytes are no checkpoint, one of another version, or damaged
 */
export function decodeCheckpoint<Config = TrainingConfig, Epoch extends NumberedEpoch = EpochReport>(
  bytes: Uint8Array,
): Checkpoint<Config, Epoch> {
  if (new TextDecoder('latin1').decode(bytes.subarray(0, MAGIC.length)) !== MAGIC) {
    throw new DataError('checkpoint: the bytes are no checkpoint of a training', {
      code: 'CHECKPOINT_UNREADABLE',
    });
  }
  const body = bytes.subarray(0, Math.max(0, bytes.length - DIGEST_BYTES));
  if (body.length < PREFIX_BYTES || !digestOf(body).equals(bytes.subarray(body.length))) {
    throw new DataError(
      'checkpoint: the bytes are damaged or cut off; use an earlier checkpoint or train anew',
      {
        code: 'CHECKPOINT_DAMAGED',
        context: { bytes: bytes.length },
      },
    );
  }
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const version = view.getUint32(8, true);
  if (version !== VERSION) {
    throw new DataError(`checkpoint: it has version ${version}, this program reads ${VERSION}`, {
      code: 'CHECKPOINT_VERSION',
    });
  }
  const arraysFrom = PREFIX_BYTES + view.getUint32(12, true);
  const text = new TextDecoder().decode(body.subarray(PREFIX_BYTES, arraysFrom));
  const header = JSON.parse(text, (_, value: unknown) => (value === null ? Number.NaN : value)) as Header<
    Config,
    Epoch
  >;
  return assemble(header, body.subarray(arraysFrom));
}

function assemble<Config, Epoch extends NumberedEpoch>(
  header: Header<Config, Epoch>,
  data: Uint8Array,
): Checkpoint<Config, Epoch> {
  const { identity, steps, dropout, order, epochs, bestEpoch, microBatchSize } = header;
  let at = 0;
  const take = (length: number): Float32Array => {
    // Copied: floats must begin at a multiple of four. A Buffer's `slice` would not copy.
    const bytes = new Uint8Array(data.subarray(at, (at += Float32Array.BYTES_PER_ELEMENT * length)));
    return new Float32Array(bytes.buffer);
  };
  const vectors = Object.fromEntries(header.vectors.map(([name, length]) => [name, take(length)]));
  const { parameters, buffers } = vectors;
  const weights = { parameters: take(parameters!.length), buffers: take(buffers!.length) };
  const best = { report: epochs[bestEpoch - 1]!, weights };
  return { identity, step: { vectors, steps, dropout }, order, epochs, best, microBatchSize };
}

function digestOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
