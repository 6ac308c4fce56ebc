/** One ONNX Runtime session: named tensors in, named tensors out. */
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { InvariantError, DataError } from '../../../domain/core/index.ts';
import { sameShape, shapeText } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';

export type NamedTensors = Readonly<Record<string, Tensor>>;

export interface SessionOptions {
  /** Threads within one operation. Results repeat bit for bit for the same number. */
  readonly threads?: number;
  /** Skips most graph optimisation, for graphs that run only a few times. */
  readonly quickStart?: boolean;
  /** Writes ONNX Runtime's profile to a file with this prefix when the session is released. */
  readonly profilePrefix?: string;
}

export class Session {
  readonly #session: InferenceSession;

  readonly #profiled: boolean;

  private constructor(session: InferenceSession, profiled: boolean) {
    this.#session = session;
    this.#profiled = profiled;
  }

  /** @throws {DataError} when the bytes are not a model that ONNX Runtime can run */
  static async create(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
    const { threads = 1, quickStart = false, profilePrefix } = options;
    try {
      const session = await InferenceSession.create(model, {
        executionProviders: ['cpu'],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        graphOptimizationLevel: quickStart ? 'basic' : 'all',
        logSeverityLevel: 3,
        // One planned block a run, kept beside the memory of the run before: twice the memory, for no speed.
        enableMemPattern: false,
        ...(profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: profilePrefix }),
        // Gradients of long loops fade into denormal numbers, on which a CPU is ten times slower. The first session
        // of a process decides for its thread, so every session asks for it.
        extra: { session: { set_denormal_as_zero: '1' } },
      });
      return new Session(session, profilePrefix !== undefined);
    } catch (cause) {
      throw new DataError(`ONNX Runtime refuses the model: ${messageOf(cause)}`, {
        code: 'MODEL_UNREADABLE',
        cause,
      });
    }
  }

  get inputNames(): readonly string[] {
    return this.#session.inputNames;
  }

  get outputNames(): readonly string[] {
    return this.#session.outputNames;
  }

  /**
   * Runs the model. Outputs named in `into` are written into those tensors' memory; `outputs` names those that are
   * allocated; without either, all are.
   * @throws {InvariantError} when an input is missing, or has another shape than the model's
   */
  async run(
    feeds: NamedTensors,
    into: NamedTensors = {},
    outputs?: readonly string[],
  ): Promise<NamedTensors> {
    for (const name of this.#session.inputNames) {
      if (feeds[name] === undefined) {
        throw new InvariantError(`session: input ${name} is missing`, { code: 'SESSION_INPUT' });
      }
    }
    const fetches: Record<string, OrtTensor | null> = {};
    for (const [name, tensor] of Object.entries(into)) fetches[name] = toOrt(tensor);
    const wanted = outputs ?? (Object.keys(into).length > 0 ? [] : this.#session.outputNames);
    for (const name of wanted) fetches[name] = null;
    let results: InferenceSession.OnnxValueMapType;
    try {
      results = await this.#session.run(
        Object.fromEntries(this.#session.inputNames.map((name) => [name, toOrt(feeds[name]!)])),
        fetches,
      );
    } catch (cause) {
      const shapes = this.#session.inputNames.map((name) => `${name} ${shapeText(feeds[name]!.shape)}`);
      throw new InvariantError(`session: ${messageOf(cause)} (inputs: ${shapes.join(', ')})`, {
        code: 'SESSION_RUN',
        cause,
      });
    }
    return Object.fromEntries(
      Object.entries(results).map(([name, result]) => {
        const tensor = fromOrt(name, result);
        const expected = into[name];
        if (expected !== undefined && !sameShape(expected.shape, tensor.shape)) {
          throw new InvariantError(`session: output ${name} is ${shapeText(tensor.shape)}`, {
            code: 'SESSION_OUTPUT',
          });
        }
        return [name, expected ?? tensor];
      }),
    );
  }

  /** Frees the session's memory; it cannot run afterwards. */
  async release(): Promise<void> {
    if (this.#profiled) this.#session.endProfiling();
    await this.#session.release();
  }
}

function toOrt(tensor: Tensor): OrtTensor {
  switch (tensor.type) {
    case 'float32':
      return new OrtTensor('float32', tensor.data, tensor.shape);
    case 'int32':
      return new OrtTensor('int32', tensor.data, tensor.shape);
    case 'int64':
      return new OrtTensor('int64', tensor.data, tensor.shape);
    case 'bool':
      return new OrtTensor('bool', tensor.data, tensor.shape);
  }
}

function fromOrt(name: string, tensor: OrtTensor): Tensor {
  const { data, dims: shape } = tensor;
  if (data instanceof Float32Array) return { type: 'float32', shape, data };
  if (data instanceof Int32Array) return { type: 'int32', shape, data };
  if (data instanceof BigInt64Array) return { type: 'int64', shape, data };
  if (data instanceof Uint8Array) return { type: 'bool', shape, data };
  throw new InvariantError(`session: output ${name} has the unsupported type ${tensor.type}`, {
    code: 'SESSION_OUTPUT',
  });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
