/** What every command shares: its context, its exit code, and how a failure is told. */
import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { ConfigError, DataError, TransientError } from '../../domain/core/index.ts';
import { CODE_VERSION } from '../../pipeline/index.ts';
import type { Config } from '../../pipeline/index.ts';
import { explainDiskError, RunStore } from '../../platform/storage/index.ts';
import { addConfigFlags, effectiveConfig } from './config-flags.ts';
import type { FlagGroup } from './flag-groups.ts';
import { createOutput } from './output.ts';
import type { Output } from './output.ts';

export const EXIT = { done: 0, failed: 1, usage: 2, refused: 3, interrupted: 130 } as const;

export interface Invocation {
  readonly config: Config;
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly runId: string;
  /** Opens the run store on first use. */
  readonly store: () => RunStore;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface CommandPlan {
  readonly groups?: readonly FlagGroup[];
  readonly example: string;
  /** Whether the run is written into the run store; commands that only look are not. Default true. */
  readonly recorded?: boolean;
  /** Exit code of a run that ended without an error; default 0. */
  readonly exitCode?: () => number;
  readonly run: (invocation: Invocation, args: readonly string[]) => Promise<unknown>;
}

/** @throws ConfigError for each of the flags that was given: `reason` is why it is of no use here */
export function refuseFlags(options: Invocation['options'], names: readonly string[], reason: string): void {
  const given = names.filter((name) => options[name] !== undefined);
  if (given.length === 0) return;
  throw new ConfigError(given.map((name) => ({ path: `--${name}`, message: reason })));
}

const interrupt = new AbortController();
process.once('SIGINT', () => {
  process.stderr.write('\nstopping cleanly; press Ctrl-C again to stop at once\n');
  interrupt.abort(new InterruptedError());
  process.once('SIGINT', () => process.exit(EXIT.interrupted));
});
process.once('SIGTERM', () => interrupt.abort(new InterruptedError()));
// `tidemark … | head`: nobody reads on, so there is nothing more to do.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exitCode = EXIT.interrupted;
  interrupt.abort(new InterruptedError());
});

class InterruptedError extends Error {
  override readonly message = 'interrupted';
}

/** Gives a command its flags, its example and its action. */
export function define(command: Command, plan: CommandPlan): void {
  const groups = plan.groups ?? [];
  addConfigFlags(command, groups);
  command.addHelpText('after', `\nExample:\n  ${plan.example}`);
  command.action(async (...received: unknown[]) => {
    const options = command.opts<Record<string, unknown>>();
    const args = received.filter((argument): argument is string => typeof argument === 'string');
    process.exitCode = await perform(command, plan, { options, args });
  });
}

async function perform(
  command: Command,
  plan: CommandPlan,
  {
    options,
    args,
  }: { readonly options: Readonly<Record<string, unknown>>; readonly args: readonly string[] },
): Promise<number> {
  const output = createOutput(options['json'] === true);
  try {
    const config = effectiveConfig(options, plan.groups ?? []);
    const name = commandPath(command);
    const startedAt = new Date().toISOString();
    const runId = `${name.replaceAll(' ', '-')}-${startedAt.slice(0, 19).replace(/\D/g, '')}-${randomBytes(2).toString('hex')}`;
    const store = lazy(() => new RunStore(config.dataDir));
    const finish = (status: 'done' | 'failed' | 'interrupted', result: unknown): void =>
      store.peek()?.finish(runId, { status, at: new Date().toISOString(), result });
    try {
      if (plan.recorded !== false)
        store.get().start({ id: runId, command: name, startedAt, config, codeVersion: CODE_VERSION });
      const result = await plan.run(
        { config, output, signal: interrupt.signal, runId, store: store.get, options },
        args,
      );
      interrupt.signal.throwIfAborted();
      finish('done', result ?? null);
      output.result(result);
      return plan.exitCode?.() ?? EXIT.done;
    } catch (error) {
      try {
        finish(interrupt.signal.aborted ? 'interrupted' : 'failed', { error: String(error) });
      } catch {
        // A disk too full to note a failure must not hide it.
      }
      throw explainDiskError(error, config.dataDir);
    } finally {
      store.peek()?.close();
    }
  } catch (error) {
    return tell(error, output);
  }
}

/** Tells a failure on stderr, and with `--json` as the one object on stdout; returns the exit code. */
function tell(error: unknown, output: Output): number {
  const [exitCode, text] = describe(error);
  process.stderr.write(`${text}\n`);
  output.result({ error: text, code: codeOf(error), exitCode });
  return exitCode;
}

function describe(error: unknown): readonly [number, string] {
  if (interrupt.signal.aborted)
    return [EXIT.interrupted, 'interrupted: nothing half-written is left; the same command starts again'];
  if (error instanceof ConfigError)
    return [EXIT.usage, `wrong usage or configuration:\n${indent(error.message)}`];
  if (error instanceof DataError) return [EXIT.refused, `input data refused:\n${indent(error.message)}`];
  if (error instanceof TransientError) return [EXIT.failed, `failed for now: ${error.message}`];
  // Anything else is a bug of ours: the stack is what a report about it needs.
  return [EXIT.failed, `failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
}

function lazy<T>(create: () => T): { readonly get: () => T; readonly peek: () => T | undefined } {
  let value: T | undefined;
  return { get: () => (value ??= create()), peek: () => value };
}

const indent = (text: string): string => text.replace(/^/gm, '  ');

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNEXPECTED';

function commandPath(command: Command): string {
  const names: string[] = [];
  for (let at = command; at.parent !== null; at = at.parent) names.unshift(at.name());
  return names.join(' ');
}
