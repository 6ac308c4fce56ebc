/** Every fault of the table in `docs/guides/faults.md`, through `ingestL2`; the table is made of the same rows. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { DataError, MINUTE_MS } from '../src/domain/core/index.ts';
import type { BarTable } from '../src/domain/features/index.ts';
import { ingestL2 } from '../src/pipeline/index.ts';
import { readBars, readJson, symbolFolder } from '../src/platform/storage/index.ts';
import { faultTable } from './fixtures/fault-table.ts';
import { GOOD_LINES, START_MS } from './fixtures/good-stream.ts';
import type { IngestFault } from './fixtures/ingest-fault.ts';
import { INGEST_FAULTS, RUN_FAULTS } from './fixtures/ingest-faults.ts';

const PLACE = { venue: 'bybit-linear', symbol: 'SIMUSDT' } as const;

const Manifest = z.object({
  counts: z.object({ gaps: z.int(), quarantined: z.int(), ignored: z.int() }),
  quarantined: z.array(z.object({ line: z.int(), reason: z.string() })),
  incomplete: z.array(z.object({ minuteMs: z.int() })),
});

describe('faults of ingest', () => {
  let folder = '';
  let good: BarTable;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-faults-'));
    const { dataDir } = await ingest('good', { input: () => Buffer.from(GOOD_LINES.join('\n')) });
    good = await readBars({ ...PLACE, dataDir });
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  /** Ingests into a folder of its own. Returns what was refused, if anything was. */
  async function ingest(
    name: string,
    { input, options = {} }: Pick<IngestFault, 'input' | 'options'>,
  ): Promise<{ readonly dataDir: string; readonly refusal: unknown }> {
    const root = path.join(folder, name);
    await mkdir(root, { recursive: true });
    const file = path.join(root, 'input');
    await writeFile(file, input());
    const dataDir = path.join(root, 'data');
    const refusal: unknown = await ingestL2({
      ...PLACE,
      ...options,
      inputs: [file],
      dataDir,
      codeVersion: '0.0.0-test',
      clock: () => 0,
    }).then(
      () => null,
      (error: unknown) => error,
    );
    return { dataDir, refusal };
  }

  for (const [number, row] of INGEST_FAULTS.entries()) {
    it(row.fault, async () => {
      const { dataDir, refusal } = await ingest(`${number}`, row);
      if (row.exitCode === 0) assert.equal(refusal, null);
      // The command line exits with 3 for a DataError, and for nothing else.
      else assert.ok(refusal instanceof DataError, String(refusal));
      const said = refusal instanceof DataError ? refusal.message : null;
      if (said !== null && row.says !== undefined) assert.match(said, row.says);

      const stored = row.complete.length + row.incomplete.length > 0;
      const root = path.dirname(dataDir);
      const files = (await readdir(root, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile() && entry.name !== 'input')
        .map((entry) => path.join(entry.parentPath, entry.name));
      assert.ok(
        files.every((file) =>
          /[\\/]data[\\/].*(?:date=2025-01-01\.parquet|ingest-2025-01-01\.json)$/.test(file),
        ),
        `nothing half-written, nothing beside it: ${files.join(' ')}`,
      );
      assert.equal(files.length > 0, stored);
      if (!stored) return;

      const bars = await readBars({ ...PLACE, dataDir });
      assertBars(bars, good, row);
      const manifest = await readJson(
        path.join(symbolFolder('bars', { ...PLACE, dataDir }), 'ingest-2025-01-01.json'),
        Manifest,
      );
      assert.deepEqual(
        manifest.incomplete.map(({ minuteMs }) => (minuteMs - START_MS) / MINUTE_MS),
        row.incomplete,
      );
      const { gaps, quarantined, ignored } = manifest.counts;
      assert.deepEqual([gaps, quarantined, ignored], [row.gaps ?? 0, row.quarantined ?? 0, row.ignored ?? 0]);
      if (said === null && row.says !== undefined) assert.match(manifest.quarantined[0]!.reason, row.says);
    });
  }

  it('are described as they are tested', async () => {
    const page = await readFile(path.join(import.meta.dirname, '../docs/guides/faults.md'), 'utf8');
    const cells = (text: string): string => text.replaceAll(/ *\| */g, '|').replaceAll(/-{3,}/g, '---');
    for (const table of [faultTable(INGEST_FAULTS), faultTable(Object.values(RUN_FAULTS))]) {
      assert.ok(cells(page).includes(cells(table)), `put this into docs/guides/faults.md:\n\n${table}`);
    }
  });
});

/** Complete bars are to the bit what they are without the fault, but for a return that hangs on an incomplete one. */
function assertBars(bars: BarTable, good: BarTable, { complete, incomplete }: IngestFault): void {
  const minutes = [...bars.minuteMs].map((ms) => (ms - START_MS) / MINUTE_MS);
  assert.deepEqual(
    minutes,
    [...complete, ...incomplete].toSorted((a, b) => a - b),
  );
  const width = bars.featureNames.length;
  const rowOf = (table: BarTable, minute: number): Float64Array => {
    const at = table.minuteMs.indexOf(START_MS + minute * MINUTE_MS) * width;
    return table.features.slice(at, at + width);
  };
  for (const minute of complete) {
    const hasPrevious = complete.includes(minute - 1);
    const expected = rowOf(good, minute).map((value, i) =>
      !hasPrevious && HANGS_ON_PREVIOUS.has(bars.featureNames[i]!) ? Number.NaN : value,
    );
    assert.deepEqual(rowOf(bars, minute), expected, `minute ${minute}`);
  }
  for (const minute of incomplete) assert.ok(rowOf(bars, minute).every(Number.isNaN), `minute ${minute}`);
}

const HANGS_ON_PREVIOUS: ReadonlySet<string> = new Set(['upper_wick', 'lower_wick', 'log_ret_close']);
