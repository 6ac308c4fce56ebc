/** Runs the programs that we are measured against; `bench/peers/setup` installs them. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { z } from 'zod';

const TIMEOUT_MS = 600_000;

/**
 * What a script of `bench/peers` prints, run on the peers' own Python; null when they, or a package that the script needs,
 * are not installed.
 */
export async function runPeer<T>(
  script: string,
  args: readonly string[],
  { schema, signal }: { readonly schema: z.ZodType<T>; readonly signal: AbortSignal },
): Promise<T | null> {
  const python = path.join(
    process.env['TIDEMARK_PEERS'] ?? path.join(homedir(), '.cache', 'tidemark-peers'),
    'bin',
    'python',
  );
  const file = path.resolve(import.meta.dirname, '../../../bench/peers', script);
  if (!existsSync(python) || !existsSync(file)) return null;
  try {
    const { stdout } = await promisify(execFile)(python, [file, ...args], { timeout: TIMEOUT_MS, signal });
    return schema.parse(JSON.parse(stdout));
  } catch (error) {
    if (error instanceof Error && error.message.includes('ModuleNotFoundError')) return null;
    throw error;
  }
}
