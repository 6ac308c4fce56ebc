/**
 * Files → batches of market events, in order of time. A line that cannot be understood is put aside and counted, a file
 * that turns out to be damaged ends where the damage begins; both are reported, and what is good beside them is kept.
 */
import { DataError, invariant } from '../../domain/core/index.ts';
import type { MarketEvent } from '../../domain/market/index.ts';
import { CONTENT_CHANGED } from './content-changed.ts';
import { readChunks } from './content.ts';
import type { LineDecoder } from './line-decoder.ts';
import { type LineFrame, readFrame } from './line-frame.ts';
import { LineSplitter, MAX_LINE_BYTES } from './line-splitter.ts';
import type { DamagedFile } from './survey.ts';

/** The events of one chunk of one file, to be read to the end before the next batch is asked for. */
export interface EventBatch {
  readonly file: string;
  /** Line (from 1) of the last event. */
  readonly line: number;
  /** Position of the last event's instrument among those that the decoder wants. */
  readonly instrument: number;
  /**
   * The next event, good until the call after; null when the batch has ended.
   * @throws DataError that concerns `instrument` alone, which cannot be helped: `OFF_STEP` when line after line does not
   * lie on its grid (a few are put aside), `SNAPSHOT_AMBIGUOUS` when a snapshot may be another's; the batch can still be read on for others
   */
  readonly next: () => MarketEvent | null;
}

export interface QuarantinedLine {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

export interface SourceReport {
  readonly lines: number;
  /** Decoded bytes, and bytes of the files themselves. */
  readonly textBytes: number;
  readonly diskBytes: number;
  readonly quarantined: number;
  /** The first hundred of them. */
  readonly quarantinedLines: readonly QuarantinedLine[];
  readonly damaged: readonly DamagedFile[];
  readonly symbolsSeen: ReadonlyMap<string, number>;
}

export interface MarketSourceOptions {
  /** In order of time; see `surveyInputs`. */
  readonly files: readonly string[];
  readonly decoder: LineDecoder;
  /** Most bytes that one compressed file may unpack to; default 64 GiB. */
  readonly maxUnzippedBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const MAX_QUARANTINED_KEPT = 100;

/** Lines of a file off an instrument's grid; with more of them the grid is wrong and not the lines. */
const MAX_OFF_STEP = 100;

export class MarketSource implements AsyncIterable<EventBatch> {
  readonly #options: MarketSourceOptions;
  readonly #damaged: DamagedFile[] = [];
  readonly #quarantinedLines: QuarantinedLine[] = [];
  #quarantined = 0;
  #lines = 0;
  #textBytes = 0;
  #diskBytes = 0;

  constructor(options: MarketSourceOptions) {
    this.#options = options;
  }

  /** What has been read so far. */
  get report(): SourceReport {
    return {
      lines: this.#lines,
      textBytes: this.#textBytes,
      diskBytes: this.#diskBytes,
      quarantined: this.#quarantined,
      quarantinedLines: this.#quarantinedLines,
      damaged: this.#damaged,
      symbolsSeen: this.#options.decoder.symbolsSeen,
    };
  }

  /** @throws the signal's reason when aborted; DataError `CONTENT_CHANGED` naming a file that must not be used */
  async *[Symbol.asyncIterator](): AsyncGenerator<EventBatch> {
    for (const file of this.#options.files) yield* this.#readFile(file);
  }

  async *#readFile(file: string): AsyncGenerator<EventBatch> {
    const reader = new FileReader(file, this.#options.decoder, (line, reason) =>
      this.#quarantine({ file, line, reason }),
    );
    this.#options.decoder.enterFile?.(file);
    const { maxUnzippedBytes } = this.#options;
    try {
      for await (const chunk of readChunks(file, (bytes) => (this.#diskBytes += bytes), maxUnzippedBytes)) {
        this.#options.signal?.throwIfAborted();
        this.#textBytes += chunk.length;
        reader.splitter.push(chunk);
        yield reader;
        invariant(reader.next() === null, 'a batch is read to its end');
      }
      reader.splitter.finish();
      yield reader;
    } catch (error) {
      if (!(error instanceof DataError) || error.code === CONTENT_CHANGED) throw error;
      this.#damaged.push({ path: file, reason: error.message });
    }
    for (const { message } of reader.firstOffStep.values()) {
      this.#damaged.push({ path: file, reason: message });
    }
    this.#lines += reader.line;
  }

  #quarantine(line: QuarantinedLine): void {
    this.#quarantined++;
    if (this.#quarantinedLines.length < MAX_QUARANTINED_KEPT) this.#quarantinedLines.push(line);
  }
}

/** The lines of one file on their way to becoming events. */
class FileReader implements EventBatch {
  readonly file: string;
  readonly splitter = new LineSplitter();
  line = 0;
  /** The first line off the grid of each instrument, with the flag that may help. */
  readonly firstOffStep = new Map<number, DataError>();
  #offSteps = 0;
  readonly #decoder: LineDecoder;
  readonly #onQuarantine: (line: number, reason: string) => void;
  readonly #frame: LineFrame = {
    kind: 'unknown',
    jsonStart: 0,
    receivedTimeMs: Number.NaN,
    symbol: null,
  };

  constructor(file: string, decoder: LineDecoder, onQuarantine: (line: number, reason: string) => void) {
    this.file = file;
    this.#decoder = decoder;
    this.#onQuarantine = onQuarantine;
  }

  get instrument(): number {
    return this.#decoder.instrument;
  }

  next(): MarketEvent | null {
    const { splitter } = this;
    while (splitter.next()) {
      this.line++;
      if (splitter.isTooLong) this.#onQuarantine(this.line, `longer than ${MAX_LINE_BYTES >> 20} MiB`);
      const event = splitter.start < splitter.end ? this.#event(splitter) : null;
      if (event !== null) return event;
    }
    return null;
  }

  #event({ bytes, start, end }: LineSplitter): MarketEvent | null {
    const frame = this.#frame;
    readFrame(bytes, start, end, frame);
    if (frame.kind === 'header') return null;
    if (frame.kind === 'unknown') {
      const head = bytes.toString('latin1', start, Math.min(end, start + 40));
      this.#onQuarantine(this.line, `not a line of messages: "${head}…"`);
      return null;
    }
    try {
      return this.#decoder.decode(bytes, frame.jsonStart, end, frame);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      if (error.code === 'OFF_STEP') this.#offStep(error);
      else if (error.code !== 'LINE_MALFORMED') throw this.#located(error);
      this.#onQuarantine(this.line, error.message);
      return null;
    }
  }

  #offStep(error: DataError): void {
    const first = this.firstOffStep.get(this.instrument) ?? this.#located(error);
    this.firstOffStep.set(this.instrument, first);
    if (++this.#offSteps > MAX_OFF_STEP) throw first;
  }

  #located(error: DataError): DataError {
    return new DataError(`${this.file}:${this.line}: ${error.message}`, {
      code: error.code,
      context: { ...error.context, file: this.file, line: this.line },
      cause: error,
    });
  }
}
