/** How far an ingest is, whatever the order in which its units report. */
import type { IngestUnit, UnitProgress } from './unit.ts';

export interface IngestProgress {
  /** Bytes of the input files, taken in and in all; 0 in all while that is not known. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly messages: number;
  readonly bars: number;
  readonly file: string;
}

/** Adds up what units report. */
export class ProgressTally {
  readonly #latest = new Map<number, UnitProgress>();
  readonly #bytesTotal: number;
  readonly #onProgress: ((progress: IngestProgress) => void) | undefined;

  constructor(units: readonly IngestUnit[], onProgress: ((progress: IngestProgress) => void) | undefined) {
    this.#bytesTotal = units.reduce(
      (sum, { files }) => sum + files.reduce((bytes, f) => bytes + f.sizeBytes, 0),
      0,
    );
    this.#onProgress = onProgress;
  }

  update(unit: number, progress: UnitProgress): void {
    this.#latest.set(unit, progress);
    const all = [...this.#latest.values()];
    this.#onProgress?.({
      bytesDone: all.reduce((sum, p) => sum + p.bytesDone, 0),
      bytesTotal: this.#bytesTotal,
      messages: all.reduce((sum, p) => sum + p.messages, 0),
      bars: all.reduce((sum, p) => sum + p.bars, 0),
      file: progress.file,
    });
  }
}
