/**
 * Writes a zip file with one deflated member, of any size below 4 GiB, chunk by chunk: hidden name, sync, rename.
 * The bytes depend on the content alone (fixed date, fixed level), so equal content gives equal files.
 * Own code rather than yazl because that computes checksums in JavaScript on the thread that produces the data and
 * stamps local time: 81 against 129 MB/s for order-book archives.
 * Source: PKWARE APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12, 4.3.16.
 */
import { once } from 'node:events';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { crc32, createDeflateRaw, type DeflateRaw } from 'node:zlib';
import { invariant } from '../../domain/core/index.ts';

const LOCAL_HEADER_BYTES = 30;
const CENTRAL_HEADER_BYTES = 46;
const END_RECORD_BYTES = 22;
const VERSION = 20;
const VERSION_MADE_ON_UNIX = 0x0300 | VERSION;
const UTF8_NAME = 0x0800;
const DEFLATED = 8;
/** 1980-01-01 00:00, the earliest date that the format knows. */
const FIXED_TIME = 0;
const FIXED_DATE = 0x21;
const READABLE_FILE_MODE = 0o100644;
const LARGEST_FIELD = 0xffff_ffff;
const DEFLATE_CHUNK_BYTES = 1 << 18;
/** Lets the producer run ahead of the thread that deflates. */
const QUEUE_BYTES = 1 << 22;

export interface ZipWriterOptions {
  /** Deflate level, 1 (fast) to 9 (small). */
  readonly level: number;
}

export class ZipWriter {
  readonly #file: string;
  readonly #stagingFile: string;
  readonly #handle: FileHandle;
  readonly #name: Buffer;
  readonly #deflate: DeflateRaw;
  readonly #written: Promise<void>;
  #crc = 0;
  #bytesIn = 0;

  private constructor(file: string, stagingFile: string, handle: FileHandle, name: Buffer, level: number) {
    this.#file = file;
    this.#stagingFile = stagingFile;
    this.#handle = handle;
    this.#name = name;
    this.#deflate = createDeflateRaw({
      level,
      chunkSize: DEFLATE_CHUNK_BYTES,
      memLevel: 9,
      highWaterMark: QUEUE_BYTES,
    });
    const start = LOCAL_HEADER_BYTES + name.length;
    this.#written = pipeline(this.#deflate, handle.createWriteStream({ start, autoClose: false }));
    // A failure is reported by the next `write` or `finish`, which await this promise.
    this.#written.catch(() => {});
  }

  /**
   * Opens a zip that appears as `file` only when {@link finish} is done.
   * @param memberName name of the one member, such as `2025-01-01_BTCUSDT_ob500.data`
   */
  static async create(file: string, memberName: string, options: ZipWriterOptions): Promise<ZipWriter> {
    await mkdir(path.dirname(file), { recursive: true });
    const stagingFile = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.tmp`);
    const handle = await open(stagingFile, 'w');
    return new ZipWriter(file, stagingFile, handle, Buffer.from(memberName), options.level);
  }

  /** Appends to the member. The buffer must not change afterwards. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#crc = crc32(bytes, this.#crc);
    this.#bytesIn += bytes.length;
    if (!this.#deflate.write(bytes)) await Promise.race([once(this.#deflate, 'drain'), this.#written]);
  }

  /** Completes the zip under its final name. */
  async finish(): Promise<{ readonly bytesIn: number; readonly bytesOut: number }> {
    this.#deflate.end();
    await this.#written;
    const { size } = await this.#handle.stat();
    const compressed = size - LOCAL_HEADER_BYTES - this.#name.length;
    invariant(Math.max(this.#bytesIn, compressed) <= LARGEST_FIELD, 'a zip member above 4 GiB', {
      file: this.#file,
      bytes: this.#bytesIn,
    });
    const end = LOCAL_HEADER_BYTES + this.#name.length + compressed;
    const tail = Buffer.concat([this.#centralHeader(compressed), this.#name, this.#endRecord(end)]);
    await this.#handle.write(tail, 0, tail.length, end);
    const head = Buffer.concat([this.#localHeader(compressed), this.#name]);
    await this.#handle.write(head, 0, head.length, 0);
    await this.#handle.sync();
    await this.#handle.close();
    await rename(this.#stagingFile, this.#file);
    return { bytesIn: this.#bytesIn, bytesOut: end + tail.length };
  }

  /** Gives up: nothing is left behind. */
  async discard(): Promise<void> {
    this.#deflate.destroy();
    await this.#written.catch(() => {});
    await this.#handle.close();
    await rm(this.#stagingFile, { force: true });
  }

  #localHeader(compressed: number): Buffer {
    const header = Buffer.alloc(LOCAL_HEADER_BYTES);
    header.writeUInt32LE(0x04034b50, 0);
    this.#sharedFields(header, 4, compressed);
    return header;
  }

  #centralHeader(compressed: number): Buffer {
    const header = Buffer.alloc(CENTRAL_HEADER_BYTES);
    header.writeUInt32LE(0x02014b50, 0);
    header.writeUInt16LE(VERSION_MADE_ON_UNIX, 4);
    this.#sharedFields(header, 6, compressed);
    header.writeUInt32LE(READABLE_FILE_MODE * 0x1_0000, 38);
    return header;
  }

  /** The fields that both headers hold in the same order: version, flags, method, date, checksum, sizes, name. */
  #sharedFields(header: Buffer, at: number, compressed: number): void {
    header.writeUInt16LE(VERSION, at);
    header.writeUInt16LE(UTF8_NAME, at + 2);
    header.writeUInt16LE(DEFLATED, at + 4);
    header.writeUInt16LE(FIXED_TIME, at + 6);
    header.writeUInt16LE(FIXED_DATE, at + 8);
    header.writeUInt32LE(this.#crc, at + 10);
    header.writeUInt32LE(compressed, at + 14);
    header.writeUInt32LE(this.#bytesIn, at + 18);
    header.writeUInt16LE(this.#name.length, at + 22);
  }

  #endRecord(centralOffset: number): Buffer {
    const record = Buffer.alloc(END_RECORD_BYTES);
    record.writeUInt32LE(0x06054b50, 0);
    record.writeUInt16LE(1, 8);
    record.writeUInt16LE(1, 10);
    record.writeUInt32LE(CENTRAL_HEADER_BYTES + this.#name.length, 12);
    record.writeUInt32LE(centralOffset, 16);
    return record;
  }
}
