/** How good a network is while it learns, judged as it will be used: exported, on exact windows. */
import { DataError } from '../../../domain/core/index.ts';
import { confusionMatrix, macroF1 } from '../../../domain/math/index.ts';
import { WindowScorer } from '../serving/window-scorer.ts';
import { type SequenceDataset, learnableRows, markedRows } from './dataset.ts';
import { type NetworkLayout, type SequenceNetwork, type Weights, encodeServingModel } from './network.ts';

export interface ValidationScore {
  /** Weighted cross-entropy. */
  readonly loss: number;
  /** Of the most probable classes. */
  readonly macroF1: number;
}

interface ValidationOptions {
  readonly network: SequenceNetwork;
  readonly layout: NetworkLayout;
  readonly dataset: SequenceDataset;
  readonly rows: Int32Array;
  readonly config: {
    readonly classWeights: readonly number[];
    readonly validationWindows: number;
    readonly threads: number;
  };
}

export class Validation {
  readonly #options: ValidationOptions;
  readonly #rows: Int32Array;

  private constructor(options: ValidationOptions, rows: Int32Array) {
    this.#options = options;
    this.#rows = rows;
  }

  /** @throws {DataError} when none of the rows has a label and a full window */
  static of(options: ValidationOptions): Validation {
    const { dataset, network, rows, config } = options;
    const usable = markedRows(learnableRows(dataset, rows, network.sequenceLength));
    if (usable.length === 0) {
      throw new DataError(
        `validation: none of ${rows.length} rows has a label and ${network.sequenceLength} contiguous bars`,
        { code: 'VALIDATION_NO_ROWS' },
      );
    }
    const count = Math.min(usable.length, config.validationWindows);
    const spread = Int32Array.from(
      { length: count },
      (_, i) => usable[Math.floor((i * usable.length) / count)]!,
    );
    return new Validation(options, spread);
  }

  get labels(): number {
    return this.#rows.length;
  }

  async score(weights: Weights): Promise<ValidationScore> {
    const { network, layout, dataset, config } = this.#options;
    const { classes } = network;
    const scorer = await WindowScorer.create(encodeServingModel(network, layout, weights), network, {
      threads: config.threads,
    });
    const probabilities = await scorer.scoreRows(dataset.features, this.#rows);
    await scorer.release();
    const labels = Int8Array.from(this.#rows, (row) => dataset.labels[row]!);
    const decisions = new Int8Array(labels.length);
    let lossSum = 0;
    let weightSum = 0;
    for (let i = 0; i < labels.length; i++) {
      const row = probabilities.subarray(i * classes, (i + 1) * classes);
      decisions[i] = row.indexOf(Math.max(...row));
      const weight = config.classWeights[labels[i]!]!;
      lossSum -= weight * Math.log(Math.max(row[labels[i]!]!, SMALLEST_PROBABILITY));
      weightSum += weight;
    }
    return {
      loss: lossSum / weightSum,
      macroF1: macroF1(confusionMatrix(labels, decisions, classes), classes),
    };
  }
}

/** The smallest normal 32-bit number: what is below it has been flushed to zero. */
const SMALLEST_PROBABILITY = 2 ** -126;
