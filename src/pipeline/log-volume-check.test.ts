import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { symbolFolder, writeJsonAtomic } from '../platform/storage/index.ts';
import { requireLogVolume } from './log-volume-check.ts';

describe('requireLogVolume', () => {
  let dataDir = '';
  before(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'tidemark-log-volume-'));
  });
  after(async () => {
    await rm(dataDir, { recursive: true });
  });
  const at = (symbol: string) => ({ dataDir, venue: 'bybit-linear', symbol });
  const ingested = async (symbol: string, day: string, logVolume: string): Promise<void> =>
    await writeJsonAtomic(path.join(symbolFolder('bars', at(symbol)), `ingest-${day}.json`), {
      format: 3,
      parameters: { logVolume },
    });

  it('takes bars that counted what the set counts, or bars of which nothing is known', async () => {
    await ingested('SAMPLES', '2025-01-01', 'samples');
    await requireLogVolume(at('SAMPLES'), 'quantgod-9-samples');
    await requireLogVolume(at('SAMPLES'), 'stationary');
    await requireLogVolume(at('UNKNOWN'), 'quantgod-9');
  });

  it('refuses others, naming the set that would fit and the flag that would help', async () => {
    await ingested('MIXED', '2025-01-01', 'messages');
    await ingested('MIXED', '2025-01-02', 'samples');
    await assert.rejects(requireLogVolume(at('MIXED'), 'quantgod-9'), {
      name: 'DataError',
      code: 'LOG_VOLUME_OTHER',
      message:
        /^the feature set quantgod-9 counts messages.*`--log-volume samples` \(1 manifests, first .*ingest-2025-01-02\.json\): train with `--features quantgod-9-samples`, or ingest all of them again with `--log-volume messages`$/,
    });
    await assert.rejects(requireLogVolume(at('MIXED'), 'quantgod-9-samples'), {
      message: /train with `--features quantgod-9`, or/,
    });
  });
});
