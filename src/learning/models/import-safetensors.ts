/**
 * The safetensors file format: eight bytes with the length of a JSON header, the header, and the tensors' bytes, all
 * little-endian. Source: github.com/huggingface/safetensors, "Format".
 */
import { DataError } from '../../domain/core/index.ts';

export interface StoredTensor {
  /** As the file names it: F32, F64, F16, BF16, I64, … */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly bytes: Uint8Array;
}

const LENGTH_BYTES = 8;

/** The format's own limit; a length beyond it is no header of this format. */
const MOST_HEADER_BYTES = 100_000_000;

/**
 * The tensors of a file, by name; their bytes are views into `file`.
 * @throws {DataError} when the bytes are no safetensors file, or not a whole one
 */
export function readSafetensors(file: Uint8Array): ReadonlyMap<string, StoredTensor> {
  const { header, data } = takeApart(file);
  const tensors = new Map<string, StoredTensor>();
  let covered = 0;
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, from, to } = entryOf(name, entry);
    if (to > data.length) {
      throw refused(
        `tensor ${name} ends at byte ${to} of the data, but there are only ${data.length}: the file is truncated, copy it again`,
      );
    }
    tensors.set(name, { dtype, shape, bytes: data.subarray(from, to) });
    covered += to - from;
  }
  if (covered !== data.length) {
    throw refused(`the tensors fill ${covered} bytes, the file holds ${data.length}: it is damaged`);
  }
  return tensors;
}

/**
 * The numbers of a tensor as they are.
 * @throws {DataError} when they are neither float32 nor float64, too many or too few for the shape, or not finite
 */
export function floatsOf(name: string, { dtype, shape, bytes }: StoredTensor): Float32Array | Float64Array {
  const width = dtype === 'F32' ? 4 : dtype === 'F64' ? 8 : undefined;
  if (width === undefined) {
    throw refused(
      `tensor ${name} is of type ${dtype}; it must be F32 or F64: save it with \`tensor.float()\``,
    );
  }
  const count = shape.reduce((size, dim) => size * dim, 1);
  if (bytes.length !== count * width) {
    throw refused(`tensor ${name} [${shape.join(', ')}] of ${dtype} has ${bytes.length} bytes`);
  }
  const { buffer } = new Uint8Array(bytes);
  const values = width === 4 ? new Float32Array(buffer) : new Float64Array(buffer);
  const broken = values.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) throw refused(`tensor ${name} holds ${values[broken]} at element ${broken}`);
  return values;
}

function takeApart(file: Uint8Array): { readonly header: object; readonly data: Uint8Array } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = file.length < LENGTH_BYTES ? Number.NaN : Number(view.getBigUint64(0, true));
  if (!(length <= MOST_HEADER_BYTES)) throw refused('it does not begin with the length of a header');
  const end = LENGTH_BYTES + length;
  if (end > file.length) {
    throw refused(`its header ends at byte ${end}, but it has only ${file.length}: it is truncated`);
  }
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(LENGTH_BYTES, end)));
  } catch (cause) {
    throw refused('its header is no JSON', cause);
  }
  if (!isObject(header)) throw refused('its header is no JSON object');
  return { header, data: file.subarray(end) };
}

function entryOf(name: string, entry: unknown) {
  const { dtype, shape, data_offsets: offsets } = isObject(entry) ? entry : {};
  const isWhole = typeof dtype === 'string' && isCounts(shape) && isCounts(offsets) && offsets.length === 2;
  if (!isWhole || offsets[0]! > offsets[1]!) {
    throw refused(`its header does not say type, shape and place of tensor ${name}`);
  }
  return { dtype, shape, from: offsets[0]!, to: offsets[1]! };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCounts = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);

const refused = (message: string, cause?: unknown): DataError =>
  new DataError(`safetensors: ${message}`, { code: 'SAFETENSORS', cause });
