/**
 * A download on its way: `.name.part` holds the bytes, `.name.part.json` says which version of which source they belong
 * to. The file gets its name when it is whole, checked and on the disk; until then nothing looks like it.
 *
 * Beside a whole file, `.name.json` keeps the same record, so that a later run can ask whether it is still current.
 */
import { open, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { invariant } from '../../../domain/core/index.ts';
import { diskFull } from './disk-error.ts';
import { rangeValidator, REMOTE_VERSION, type RemoteVersion, type WholeVersion } from './remote-version.ts';

const RECORD = z.strictObject({
  format: z.literal(1),
  /** Identity of the source; a record of another source is not ours. */
  source: z.string(),
  version: REMOTE_VERSION,
});

export class PartFile {
  readonly path: string;
  readonly #target: string;
  readonly #source: string;
  #version: RemoteVersion | null = null;
  #sizeBytes = 0;

  private constructor(target: string, source: string) {
    this.#target = target;
    this.#source = source;
    this.path = hidden(target, '.part');
  }

  /** Finds what an earlier run has left of the download of `source` to `target`, if it can be continued. */
  static async open(target: string, source: string): Promise<PartFile> {
    const part = new PartFile(target, source);
    const version = await readRecord(part.#recordPath, source);
    const sizeBytes = await fileSize(part.path);
    if (version !== null && sizeBytes !== null) {
      part.#version = version;
      part.#sizeBytes = sizeBytes;
    }
    return part;
  }

  /** Of which the bytes are a beginning; null before the first. */
  get version(): RemoteVersion | null {
    return this.#version;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get isComplete(): boolean {
    return this.#version !== null && this.#version.sizeBytes === this.#sizeBytes;
  }

  /** Value of `If-Range` that continues this part, or null when it cannot be continued. */
  get validator(): string | null {
    return this.#version === null || this.#sizeBytes === 0 ? null : rangeValidator(this.#version);
  }

  /** Starts over with an empty part of `version`. */
  async begin(version: RemoteVersion): Promise<void> {
    // The old record goes first and the new one comes last: a crash in between leaves bytes that nobody continues.
    await rm(this.#recordPath, { force: true });
    await writeFile(this.path, '');
    this.#version = version;
    this.#sizeBytes = 0;
    await this.#refuseFullDisk();
    await writeRecord(this.#recordPath, this.#source, version);
  }

  /** Appends what arrives; what was written before an error stays and counts. */
  async append(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const file = await open(this.path, 'a');
    try {
      for await (const chunk of chunks) {
        await file.writeFile(chunk);
        this.#sizeBytes += chunk.length;
      }
    } finally {
      await file.close();
    }
  }

  async discard(): Promise<void> {
    await rm(this.#recordPath, { force: true });
    await rm(this.path, { force: true });
    this.#version = null;
    this.#sizeBytes = 0;
  }

  /** Leaves on disk only what a later run can continue. */
  async abandon(): Promise<void> {
    if (this.validator === null) await this.discard();
  }

  /** Everything has arrived of a file whose length nobody told. */
  end(): void {
    if (this.#version !== null) this.#version = { ...this.#version, sizeBytes: this.#sizeBytes };
  }

  /** Gives the file its name. */
  async finish(): Promise<WholeVersion> {
    invariant(this.#version !== null && this.isComplete, 'only a complete part gets its name');
    const version = { ...this.#version, sizeBytes: this.#sizeBytes };
    await placeWhole({ from: this.path, target: this.#target, source: this.#source, version });
    await rm(this.#recordPath, { force: true });
    return version;
  }

  get #recordPath(): string {
    return `${this.path}.json`;
  }

  async #refuseFullDisk(): Promise<void> {
    const needed = this.#version?.sizeBytes ?? 0;
    const folder = path.dirname(this.#target);
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < needed) {
      await this.discard();
      throw diskFull(folder, `${needed} bytes needed, ${bavail * bsize} free`);
    }
  }
}

interface Placement {
  readonly from: string;
  readonly target: string;
  readonly source: string;
  readonly version: WholeVersion;
}

/** Moves a whole and checked file to its name, durably, with its record beside it. */
export async function placeWhole({ from, target, source, version }: Placement): Promise<void> {
  // A record without its file is harmless; a file with the record of another version would be believed.
  await rm(recordOf(target), { force: true });
  await synced(from, 'r+');
  await rename(from, target);
  if (process.platform !== 'win32') await synced(path.dirname(target), 'r');
  await writeRecord(recordOf(target), source, version);
}

/** The version of the whole file at `target`; null when there is none, or none of this source. */
export async function wholeVersion(target: string, source: string): Promise<WholeVersion | null> {
  const version = await readRecord(recordOf(target), source);
  const sizeBytes = await fileSize(target);
  return version !== null && sizeBytes !== null && version.sizeBytes === sizeBytes
    ? { ...version, sizeBytes }
    : null;
}

export async function removeWhole(target: string): Promise<void> {
  await rm(recordOf(target), { force: true });
  await rm(target, { force: true });
}

/** A name beside `target` that listings of input files pass over. */
export function hidden(target: string, suffix: string): string {
  return path.join(path.dirname(target), `.${path.basename(target)}${suffix}`);
}

function recordOf(target: string): string {
  return hidden(target, '.json');
}

async function writeRecord(file: string, source: string, version: RemoteVersion): Promise<void> {
  await writeFile(file, `${JSON.stringify({ format: 1, source, version })}\n`);
}

/** Null when there is no readable record of `source`; a torn one does not parse. */
async function readRecord(file: string, source: string): Promise<RemoteVersion | null> {
  try {
    const record = RECORD.parse(JSON.parse(await readFile(file, 'utf8')));
    return record.source === source ? record.version : null;
  } catch {
    return null;
  }
}

async function fileSize(file: string): Promise<number | null> {
  const entry = await stat(file).catch(() => null);
  return entry?.isFile() === true ? entry.size : null;
}

async function synced(file: string, flags: 'r' | 'r+'): Promise<void> {
  const handle = await open(file, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
