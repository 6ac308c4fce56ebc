/** Damage in recordings that reach across midnight: a day that is written cannot be taken back. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { gzipSync } from 'node:zlib';
import { DataError, MINUTE_MS } from '../src/domain/core/index.ts';
import { ingestL2 } from '../src/pipeline/index.ts';
import { listDays, readBars, readJson } from '../src/platform/storage/index.ts';
import { GOOD_LINES, START_MS } from './fixtures/good-stream.ts';

const PLACE = { venue: 'bybit-linear', symbol: 'SIMUSDT' } as const;
const MIDNIGHT_MS = Date.UTC(2025, 0, 2);
/** Messages of the two minutes before midnight; three follow. */
const BEFORE = 240;

/** The good stream as a recorder writes it, received when it was sent; two of its minutes lie before midnight. */
const RECORDED: readonly string[] = GOOD_LINES.map((line) => {
  const message = JSON.parse(line) as { ts: number };
  const ts = message.ts - START_MS - 2 * MINUTE_MS + MIDNIGHT_MS;
  return `${ts}000000 ${JSON.stringify({ ...message, ts })}`;
});

const Manifest = z.object({
  days: z.array(z.object({ day: z.string() })),
  counts: z.object({ bars: z.int() }),
  incomplete: z.array(z.object({ minuteMs: z.int() })),
  damaged: z.array(z.object({ path: z.string(), reason: z.string() })),
});

describe('damage in recordings of several days', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-fault-days-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  /** Ingests files of these contents; returns what was refused. */
  async function refusalOf(name: string, contents: readonly Buffer[]): Promise<DataError> {
    const inputs = contents.map((_, i) => path.join(folder, `${name}-${i}`));
    for (const [i, content] of contents.entries()) await writeFile(inputs[i]!, content);
    const options = { ...PLACE, inputs, dataDir: dataDirOf(name), codeVersion: '0.0.0-test', clock: () => 0 };
    const refusal: unknown = await ingestL2(options).catch((error: unknown) => error);
    assert.ok(refusal instanceof DataError, String(refusal));
    return refusal;
  }
  const dataDirOf = (name: string): string => path.join(folder, `data-${name}`);
  const manifestNamed = async (message: string) =>
    await readJson(/see (\S+\.json)/.exec(message)![1]!, Manifest);

  const text = (lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\n')}\n`);
  const wrongChecksum = (lines: readonly string[]): Buffer => {
    const packed = gzipSync(text(lines));
    packed[packed.length - 8]! ^= 1;
    return packed;
  };

  it('holds checksums against the file before it writes the first of its days', async () => {
    // Long enough for most of it to come out before the decoder sees the checksum.
    const long = RECORDED.map((line) => `${line.slice(0, -1)}${' '.repeat(18 << 10)}}`);
    const { message } = await refusalOf('crc', [wrongChecksum(long)]);
    assert.match(message, /crc-0: the gzip stream is damaged .* nothing of the file is kept/);
    assert.deepEqual(await listDays({ ...PLACE, dataDir: dataDirOf('crc') }), []);
  });

  it('leaves a damaged file out, and the ones beside it in', async () => {
    const parts = [RECORDED.slice(0, 130), RECORDED.slice(130, 250), RECORDED.slice(250)];
    const contents = parts.map((lines, i) => (i === 1 ? wrongChecksum(lines) : text(lines)));
    const { message } = await refusalOf('among', contents);
    assert.match(message, /among-1: the gzip stream is damaged [^]*\nKept: \d bars/);
    const { damaged } = await manifestNamed(message);
    assert.deepEqual(
      damaged.map((file) => path.basename(file.path)),
      ['among-1'],
    );
    const bars = await readBars({ ...PLACE, dataDir: dataDirOf('among') });
    const complete = [...bars.minuteMs].filter((_, row) => !Number.isNaN(bars.features[row * 9]!));
    assert.deepEqual(complete, [MIDNIGHT_MS - 2 * MINUTE_MS]);
  });

  it('keeps the days before the one in which time runs backwards, and tells of them', async () => {
    // Once more from the third minute: by then the first day is written.
    const lines = [...RECORDED.slice(0, BEFORE + 240), ...RECORDED.slice(BEFORE)];
    const { message } = await refusalOf('back', [text(lines)]);
    assert.match(message, /back-0:481: time goes back from 2025-01-02T00:01Z to 2025-01-02T00:00Z/);
    assert.match(message, /Kept: 2 bars/);
    const { days, counts, incomplete, damaged } = await manifestNamed(message);
    assert.deepEqual(
      days.map(({ day }) => day),
      ['2025-01-01'],
    );
    assert.deepEqual([counts.bars, incomplete.length, damaged.length], [2, 0, 1]);
    assert.deepEqual(await listDays({ ...PLACE, dataDir: dataDirOf('back') }), ['2025-01-01']);
  });
});
