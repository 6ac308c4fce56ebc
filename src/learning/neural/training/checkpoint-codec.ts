/**
 * A checkpoint as one piece of bytes: 8 bytes of magic, version and header length (32 bits each), the header (JSON),
 * the arrays (32-bit floats) in the order of {@link arraysOf}, and a SHA-256 of all that. Little-endian.
 */
import { createHash } from 'node:crypto';
import { DataError } from '../../../domain/core/index.ts';
import type { Checkpoint, TrainingIdentity } from './checkpoint.ts';
import type { EpochReport } from './trainer.ts';

const MAGIC = 'TIDECKPT';
const VERSION = 1;
const PREFIX_BYTES = 16;
const DIGEST_BYTES = 32;

interface Header {
  readonly identity: TrainingIdentity;
  readonly steps: number;
  readonly dropout: readonly number[];
  readonly order: readonly number[];
  readonly epochs: readonly EpochReport[];
  readonly bestEpoch: number;
  readonly seconds: number;
  /** Lengths of the arrays. */
  readonly lengths: readonly number[];
}

function arraysOf({ step, best }: Checkpoint): readonly Float32Array[] {
  const { parameters, firstMoments, secondMoments, buffers } = step;
  return [parameters, firstMoments, secondMoments, buffers, best.weights.parameters, best.weights.buffers];
}

/** The same checkpoint always gives the same bytes. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  const { identity, step, order, epochs, best, seconds } = checkpoint;
  const arrays = arraysOf(checkpoint);
  const header: Header = {
    identity,
    steps: step.steps,
    dropout: step.dropout,
    order,
    epochs,
    bestEpoch: best.report.epoch,
    seconds,
    lengths: arrays.map((array) => array.length),
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

/** @throws {DataError} when the bytes are no checkpoint, one of another version, or damaged */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
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
  const header = JSON.parse(text, (_, value: unknown) => (value === null ? Number.NaN : value)) as Header;
  return assemble(header, body.subarray(arraysFrom));
}

function assemble(header: Header, data: Uint8Array): Checkpoint {
  const { identity, steps, dropout, order, epochs, bestEpoch, seconds, lengths } = header;
  let at = 0;
  // Copied: floats must begin at a multiple of four.
  const [parameters, firstMoments, secondMoments, buffers, bestParameters, bestBuffers] = lengths.map(
    (length) => new Float32Array(data.slice(at, (at += 4 * length)).buffer),
  );
  return {
    identity,
    step: {
      parameters: parameters!,
      firstMoments: firstMoments!,
      secondMoments: secondMoments!,
      buffers: buffers!,
      steps,
      dropout,
    },
    order,
    epochs,
    best: {
      report: epochs[bestEpoch - 1]!,
      weights: { parameters: bestParameters!, buffers: bestBuffers! },
    },
    seconds,
  };
}

function digestOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
