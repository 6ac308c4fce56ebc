import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { z } from 'zod';
import { runPeer } from './peer.ts';

const SCRIPT = 'ingest_peer.py';

/** The peers' Python is stood in for by shell scripts: no test needs the peers. */
describe('runPeer', () => {
  const installed = process.env['TIDEMARK_PEERS'];
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-peer-'));
    await mkdir(path.join(folder, 'bin'));
    process.env['TIDEMARK_PEERS'] = folder;
  });
  beforeEach(() => rm(path.join(folder, 'bin', 'python'), { force: true }));
  after(async () => {
    if (installed === undefined) delete process.env['TIDEMARK_PEERS'];
    else process.env['TIDEMARK_PEERS'] = installed;
    await rm(folder, { recursive: true });
  });

  const stand = (body: string): Promise<void> =>
    writeFile(path.join(folder, 'bin', 'python'), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  const answer = (): Promise<{ readonly args: string } | null> =>
    runPeer(SCRIPT, ['--symbol', 'X'], {
      schema: z.object({ args: z.string() }),
      signal: AbortSignal.timeout(30_000),
    });

  it('gives what the script prints, run with the arguments', async () => {
    await stand(`printf '{"args":"%s %s %s"}' "$(basename "$1")" "$2" "$3"`);
    assert.deepEqual(await answer(), { args: `${SCRIPT} --symbol X` });
  });

  it('gives null where the peers, or a package of theirs, are not installed', async () => {
    assert.equal(await answer(), null);
    await stand(`echo "ModuleNotFoundError: No module named 'pandas'" >&2; exit 1`);
    assert.equal(await answer(), null);
  });

  it('does not take a failure for an absence', async () => {
    await stand('echo "MemoryError" >&2; exit 1');
    await assert.rejects(answer(), /MemoryError/);
    await stand(`echo '{"other":1}'`);
    await assert.rejects(answer(), { name: 'ZodError' });
  });
});
