/** Probabilities of windows of raw features by an exported model. */
import { invariant } from '../../../domain/core/index.ts';
import { copyToFloat32, floatTensor } from '../graph/tensor.ts';
import { Session, type SessionOptions } from '../runtime/session.ts';

/** Windows in one run: larger ones are no faster, and need more memory. */
export const SCORING_BATCH_SIZE = 64;

/**
 * A window alone runs together with a copy of itself: for a single row ONNX Runtime may choose another matrix
 * kernel, which rounds differently. From two rows on, a row's result does not depend on the rows beside it, and so
 * what is scored live equals what is scored in history to the bit.
 */
const LEAST_BATCH_SIZE = 2;

export interface WindowShape {
  readonly sequenceLength: number;
  readonly features: number;
  readonly classes: number;
}

export class WindowScorer {
  readonly #session: Session;
  readonly #shape: WindowShape;

  private constructor(session: Session, shape: WindowShape) {
    this.#session = session;
    this.#shape = shape;
  }

  static async create(
    model: Uint8Array,
    shape: WindowShape,
    options: SessionOptions = {},
  ): Promise<WindowScorer> {
    return new WindowScorer(await Session.create(model, options), shape);
  }

  /**
   * `[rows.length × classes]`, row-major: for each row the probabilities by the window that ends with it (and
   * includes it). `features` is `[· × features]`.
   * @throws {InvariantError} when a window would begin before the first row or end after the last
   * @throws {DataError} when a value in a window is not finite
   */
  async scoreRows(features: Float64Array, rows: Int32Array): Promise<Float64Array> {
    const { sequenceLength, features: width, classes } = this.#shape;
    for (const row of rows) {
      invariant(
        row >= sequenceLength - 1 && (row + 1) * width <= features.length,
        `scoreRows: row ${row} does not end a window of ${sequenceLength} rows`,
      );
    }
    const probabilities = new Float64Array(rows.length * classes);
    const windowSize = sequenceLength * width;
    let window = floatTensor([0, sequenceLength, width]);
    for (let from = 0; from < rows.length; from += SCORING_BATCH_SIZE) {
      const count = Math.min(SCORING_BATCH_SIZE, rows.length - from);
      const size = Math.max(count, LEAST_BATCH_SIZE);
      // One for all batches but the last: a year of bars would leave gigabytes for the collector.
      if (window.shape[0] !== size) window = floatTensor([size, sequenceLength, width]);
      for (let i = 0; i < size; i++) {
        const end = (rows[from + Math.min(i, count - 1)]! + 1) * width;
        copyToFloat32(features, end - windowSize, end, window.data, i * windowSize);
      }
      const outputs = await this.#session.run({ window }, {}, ['probabilities']);
      const { data } = outputs['probabilities']!;
      for (let i = 0; i < count * classes; i++) probabilities[from * classes + i] = Number(data[i]);
    }
    return probabilities;
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}
