/**
 * What a list of inputs means, as data, before anything is fetched: local files, folders and globs, http(s) addresses,
 * `rclone:remote:path[/glob]`. Plans may be joined, filtered and reordered before they are handed to `fetchInputs`.
 */
import { glob, stat } from 'node:fs/promises';
import path from 'node:path';
import { type ConfigProblem, ConfigError, DataError } from '../../../domain/core/index.ts';
import { listInputFiles } from '../input-files.ts';
import { Rclone, type RcloneFile } from './rclone.ts';
import { RemoteUrl } from './remote-url.ts';

interface PlannedBase {
  /** What this input is called in messages and manifests: stable from run to run, and free of secrets. */
  readonly origin: string;
  /** Found in a folder rather than asked for by name: it may be a stranger there. */
  readonly fromFolder: boolean;
}

export type PlannedInput =
  | (PlannedBase & { readonly kind: 'local'; readonly path: string; readonly sizeBytes: number })
  | (PlannedBase & {
      readonly kind: 'http';
      /** Addresses of the same content; the first that exists is taken. */
      readonly urls: readonly [RemoteUrl, ...RemoteUrl[]];
      /** Absent from the server is an expected outcome (a day of an archive), and not an error. */
      readonly mayBeMissing: boolean;
    })
  | (PlannedBase & { readonly kind: 'rclone'; readonly file: RcloneFile });

export interface PlanOptions {
  readonly rclone?: Rclone | undefined;
  readonly signal?: AbortSignal | undefined;
}

type InputSpec =
  | { readonly kind: 'local'; readonly text: string }
  | { readonly kind: 'http'; readonly url: RemoteUrl }
  | { readonly kind: 'rclone'; readonly address: string };

/**
 * Plans the inputs in the order given, each file once. Only local folders and rclone remotes are looked into.
 * @throws ConfigError naming every input that cannot be understood; DataError for one that does not exist
 */
export async function planInputs(
  inputs: readonly string[],
  options: PlanOptions = {},
): Promise<readonly PlannedInput[]> {
  const plan = new Map<string, PlannedInput>();
  for (const spec of parseAll(inputs)) {
    options.signal?.throwIfAborted();
    for (const input of await planOne(spec, options)) plan.set(keyOf(input), input);
  }
  return [...plan.values()];
}

function parseAll(inputs: readonly string[]): readonly InputSpec[] {
  const problems: ConfigProblem[] = [];
  const specs: InputSpec[] = [];
  for (const [index, text] of inputs.entries()) {
    const spec = parseInput(text);
    if (typeof spec === 'string') problems.push({ path: `--in[${index}]`, message: spec });
    else specs.push(spec);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return specs;
}

/** The input, or what is wrong with it. Never repeats `text`, which may hold a password. */
function parseInput(text: string): InputSpec | string {
  if (/^https?:/i.test(text)) {
    const url = RemoteUrl.parse(text);
    if (url === null) return 'not a valid http(s) address';
    return url.fileName === ''
      ? `${url.display} names a folder; give the address of a file`
      : { kind: 'http', url };
  }
  if (text.startsWith('rclone:')) {
    const address = text.slice('rclone:'.length);
    if (/^[\w][\w.+@ -]*:/.test(address)) return { kind: 'rclone', address };
    return 'not of the form rclone:remote:path, with a remote of your rclone configuration';
  }
  const scheme = /^([a-z][a-z\d+.-]+):\/\//i.exec(text)?.[1];
  if (scheme !== undefined) {
    return `${scheme}:// is not read directly; make it an rclone remote and give rclone:remote:path`;
  }
  return text === '' ? 'empty' : { kind: 'local', text };
}

async function planOne(spec: InputSpec, options: PlanOptions): Promise<readonly PlannedInput[]> {
  switch (spec.kind) {
    case 'local':
      return await planLocal(spec.text);
    case 'http':
      return [
        {
          kind: 'http',
          origin: spec.url.display,
          fromFolder: false,
          urls: [spec.url],
          mayBeMissing: false,
        },
      ];
    case 'rclone': {
      const files = await (options.rclone ?? new Rclone()).list(spec.address, options.signal);
      return files.map((file) => ({
        kind: 'rclone',
        origin: `rclone:${file.address}`,
        fromFolder: file.fromFolder,
        file,
      }));
    }
  }
}

/** A name that exists is taken as it is, brackets and all; otherwise it may be a glob. */
async function planLocal(text: string): Promise<readonly PlannedInput[]> {
  const exists = (await stat(text).catch(() => null)) !== null;
  if (exists || !/[*?[{]/.test(text)) return await localFiles([text]);
  const files: string[] = [];
  for await (const match of glob(text)) {
    if ((await stat(match)).isFile()) files.push(match);
  }
  if (files.length === 0) {
    throw new DataError(`no file matches ${text}`, { code: 'INPUT_MISSING', context: { input: text } });
  }
  return await localFiles(files.toSorted());
}

async function localFiles(inputs: readonly string[]): Promise<readonly PlannedInput[]> {
  const files = await listInputFiles(inputs);
  return files.map(({ path, sizeBytes, fromFolder }) => ({
    kind: 'local',
    origin: path,
    path,
    sizeBytes,
    fromFolder,
  }));
}

function keyOf(input: PlannedInput): string {
  switch (input.kind) {
    case 'local':
      return path.resolve(input.path);
    case 'http':
      return input.urls[0].identity;
    case 'rclone':
      return input.origin;
  }
}
