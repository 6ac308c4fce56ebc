/** The ingest manifests beside the bars, as far as a quality check needs them. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { DataError } from '../../domain/core/index.ts';
import { readJson } from '../../platform/storage/index.ts';
import { SYNTHETIC_MARKER } from '../truth.ts';
import type { FindingLog } from './findings.ts';

const GapSchema = z.object({
  file: z.string(),
  line: z.number(),
  exchangeTimeMs: z.number(),
  expected: z.number(),
  got: z.number(),
  rebuiltTimeMs: z.number().nullable(),
});

const ManifestSchema = z.object({
  codeVersion: z.string(),
  parameters: z.object({ tickSize: z.string(), lotSize: z.string(), logVolume: z.string() }),
  synthetic: z.object({ truth: z.string() }).nullable(),
  inputs: z.array(z.object({ file: z.string(), sha256: z.string() })),
  days: z.array(
    z.object({
      day: z.string(),
      bars: z.int(),
      keptRows: z.int(),
      sha256: z.string(),
      /** Not in manifests of earlier versions. */
      stationarySha256: z.string().optional(),
    }),
  ),
  counts: z.object({
    messages: z.number(),
    bars: z.number(),
    gaps: z.number(),
    crossed: z.number(),
    quarantined: z.number(),
    checkedSnapshots: z.number(),
    disagreements: z.number(),
  }),
  gaps: z.array(GapSchema),
  quarantined: z.array(z.object({ file: z.string(), line: z.number(), reason: z.string() })),
  damaged: z.array(z.object({ path: z.string(), reason: z.string() })),
  incomplete: z.array(z.object({ minuteMs: z.number(), reasons: z.array(z.string()) })),
});

export type GapInInput = z.infer<typeof GapSchema>;

export interface StoredManifest extends z.infer<typeof ManifestSchema> {
  /** Name of the manifest's file. */
  readonly name: string;
}

export interface BarFolder {
  readonly manifests: readonly StoredManifest[];
  readonly isSynthetic: boolean;
}

const MANIFEST_FILE = /^ingest-.*\.json$/;
const DAY_FILE = /^date=\d{4}-\d{2}-\d{2}\.parquet$/;

/** Reads every manifest in the folder of the bars; one that cannot be read is a finding. */
export async function readBarFolder(folder: string, log: FindingLog): Promise<BarFolder> {
  const entries = (await readdir(folder)).toSorted();
  const manifests: StoredManifest[] = [];
  for (const name of entries) {
    if (MANIFEST_FILE.test(name)) {
      try {
        manifests.push({ ...(await readJson(path.join(folder, name), ManifestSchema)), name });
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        log.add('manifest-unreadable', { file: name, detail: error.message.replaceAll('\n', '; ') });
      }
    } else if (!DAY_FILE.test(name) && name !== SYNTHETIC_MARKER) log.add('folder-stray', { file: name });
  }
  if (manifests.length === 0) log.add('manifest-none', { detail: folder });
  const isSynthetic =
    entries.includes(SYNTHETIC_MARKER) || manifests.some((manifest) => manifest.synthetic !== null);
  return { manifests, isSynthetic };
}

/** What the manifests say about their inputs. */
export function checkManifests(manifests: readonly StoredManifest[], log: FindingLog): void {
  for (const { name, counts, damaged, quarantined } of manifests) {
    for (const { reason } of damaged) log.add('input-damaged', { file: name, detail: reason });
    if (counts.quarantined > 0) {
      const first = quarantined[0];
      log.add(
        'lines-quarantined',
        {
          file: name,
          detail:
            first === undefined ? 'no line named' : `first: ${first.file}:${first.line}: ${first.reason}`,
        },
        counts.quarantined,
      );
    }
    if (counts.disagreements > 0) {
      log.add(
        'snapshot-disagrees',
        { file: name, detail: `${counts.disagreements} of ${counts.checkedSnapshots} snapshots differ` },
        counts.disagreements,
      );
    }
  }
  if (manifests.length > 0 && manifests.every(({ counts }) => counts.checkedSnapshots === 0)) {
    log.add('snapshot-none', {});
  }
}

interface DayFileFacts {
  readonly file: string;
  readonly day: string;
  readonly rows: number;
  /** Computes the hash when it is needed. */
  readonly sha256: () => Promise<string>;
}

/**
 * A day file against the manifests that name its day. Which of them wrote last is not recorded, so the file agrees when
 * it agrees with one of them.
 */
export async function checkDayAgainstManifests(
  { file, day, rows, sha256 }: DayFileFacts,
  manifests: readonly StoredManifest[],
  log: FindingLog,
): Promise<void> {
  const entries = manifests.flatMap((manifest) => manifest.days.filter((entry) => entry.day === day));
  if (entries.length === 0) {
    if (manifests.length > 0) log.add('day-without-manifest', { file });
    return;
  }
  // Rows of the run and rows kept may be of the same minutes.
  const fits = entries.some(
    ({ bars, keptRows }) => rows >= Math.max(bars, keptRows) && rows <= bars + keptRows,
  );
  if (!fits) {
    const [{ bars, keptRows }] = entries as [(typeof entries)[number]];
    log.add('rows-mismatch', {
      file,
      detail: `${rows} rows, recorded ${bars}${keptRows > 0 ? ` and ${keptRows} kept` : ''}`,
    });
  }
  await checkHash(
    { file, sha256 },
    entries.map((entry) => entry.sha256),
    log,
  );
}

/** A feature file against the manifests that name its day. */
export async function checkFeaturesAgainstManifests(
  facts: Omit<DayFileFacts, 'rows'>,
  manifests: readonly StoredManifest[],
  log: FindingLog,
): Promise<void> {
  const entries = manifests.flatMap(({ days }) => days.filter(({ day }) => day === facts.day));
  if (entries.length > 0)
    await checkHash(
      facts,
      entries.flatMap((entry) => entry.stationarySha256 ?? []),
      log,
    );
}

async function checkHash(
  { file, sha256 }: Pick<DayFileFacts, 'file' | 'sha256'>,
  recorded: readonly string[],
  log: FindingLog,
): Promise<void> {
  if (recorded.length === 0) log.add('hash-none', { file });
  else if (!recorded.includes(await sha256()))
    log.add('hash-mismatch', { file, detail: `recorded ${recorded[0]!.slice(0, 16)}…` });
}
