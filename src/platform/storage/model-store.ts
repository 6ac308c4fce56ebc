/**
 * Model artifacts: `<dataDir>/models/<name>/<version>/{manifest.json, model.onnx, …}`.
 * A version is written into a hidden folder and renamed, so that it is whole or not there; once written it never
 * changes, and a file whose hash is not the manifest's is refused.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError, DataError, invariant } from '../../domain/core/index.ts';
import {
  type AnyModelManifest,
  type ManifestOf,
  ManifestSchema,
  type ModelKind,
  type ModelManifest,
} from './model-manifest.ts';

export interface ModelFiles {
  readonly [fileName: string]: Uint8Array;
}

export interface StoredModel<Manifest extends AnyModelManifest = ModelManifest> {
  readonly manifest: Manifest;
  readonly files: ModelFiles;
  readonly folder: string;
}

const NAME_PATTERN = /^[a-z0-9][a-z0-9._-]{0,79}$/;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const modelsFolder = (dataDir: string): string => path.join(dataDir, 'models');

/** Writes the next version of `name` and returns it. */
export async function saveModel<Kind extends ModelKind>(
  dataDir: string,
  draft: Omit<ManifestOf[Kind], 'format' | 'version' | 'files'> & { readonly kind: Kind },
  files: ModelFiles,
): Promise<StoredModel<ManifestOf[Kind]>> {
  if (!NAME_PATTERN.test(draft.name)) {
    throw new ConfigError([
      {
        path: '--name',
        message: `"${draft.name}" is no model name: use a–z, 0–9, dot, dash, underscore (at most 80)`,
      },
    ]);
  }
  const home = path.join(modelsFolder(dataDir), draft.name);
  await mkdir(home, { recursive: true });
  const hashes = Object.fromEntries(
    Object.entries(files).map(([file, bytes]) => [file, { sha256: sha256(bytes), bytes: bytes.length }]),
  );
  const staging = path.join(home, `.staging-${randomUUID()}`);
  await mkdir(staging);
  try {
    for (const [file, bytes] of Object.entries(files)) await writeSynced(path.join(staging, file), bytes);
    for (;;) {
      const version = ((await versionsOf(dataDir, draft.name)).at(-1) ?? 0) + 1;
      const manifest = ManifestSchema.parse({
        ...draft,
        format: 1,
        version,
        files: hashes,
      }) as ManifestOf[Kind];
      await writeSynced(
        path.join(staging, 'manifest.json'),
        Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`),
      );
      const folder = path.join(home, String(version));
      try {
        await rename(staging, folder);
        return { manifest, files, folder };
      } catch (error) {
        // Another process took this version between the look and the rename: take the next one.
        if (!isCode(error, 'ENOTEMPTY') && !isCode(error, 'EEXIST')) throw error;
      }
    }
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** A model of bars: see {@link loadModelOf}. */
export async function loadModel(dataDir: string, reference: string): Promise<StoredModel> {
  return await loadModelOf(dataDir, reference, { kinds: ['base', 'audited'] });
}

/**
 * Loads `name` (its newest version) or `name@version`.
 * @param wanted.flag what the user named the model by, for messages; default `--model`
 * @throws ConfigError when there is no such model or it is of another kind, DataError when the artifact is damaged
 */
export async function loadModelOf<Kind extends ModelKind>(
  dataDir: string,
  reference: string,
  { kinds, flag = '--model' }: { readonly kinds: readonly Kind[]; readonly flag?: string },
): Promise<StoredModel<ManifestOf[Kind]>> {
  const folder = await folderOf(dataDir, reference, { kinds, flag });
  const manifest = await readManifest(folder);
  if (!isOfKind(manifest, kinds)) {
    throw new ConfigError([
      {
        path: flag,
        message: `${manifest.name}@${manifest.version} is ${manifest.kind === 'audited' ? 'an' : 'a'} ${manifest.kind} model; give a ${kinds.join(' or ')} model (see \`tidemark models list\`)`,
      },
    ]);
  }
  const files: Record<string, Uint8Array> = {};
  for (const [file, expected] of Object.entries(manifest.files)) {
    const where = path.join(folder, file);
    const bytes = await readFile(where).catch((cause: unknown) => {
      throw new DataError(`${where}: cannot be read, but the manifest lists it; restore it or train again`, {
        code: 'MODEL_FILE_MISSING',
        context: { file: where },
        cause,
      });
    });
    const actual = sha256(bytes);
    if (actual !== expected.sha256) {
      throw new DataError(
        `${where}: sha256 is ${actual}, the manifest says ${expected.sha256}: the file was changed or damaged after training; restore it or train again`,
        { code: 'MODEL_HASH', context: { file: where, expected: expected.sha256, actual } },
      );
    }
    files[file] = bytes;
  }
  return { manifest, files, folder };
}

/** @throws as {@link loadModelOf} */
export async function kindOfModel(dataDir: string, reference: string): Promise<ModelKind> {
  const folder = await folderOf(dataDir, reference, { kinds: ['audited'], flag: '--model' });
  return (await readManifest(folder)).kind;
}

/** @throws ConfigError when there is no such model */
async function folderOf(
  dataDir: string,
  reference: string,
  { kinds, flag }: { readonly kinds: readonly ModelKind[]; readonly flag: string },
): Promise<string> {
  const [name, wanted] = reference.split('@');
  invariant(name !== undefined, 'split yields at least one part');
  const versions = NAME_PATTERN.test(name) ? await versionsOf(dataDir, name) : [];
  const version = wanted === undefined ? versions.at(-1) : Number(wanted);
  if (version === undefined || !versions.includes(version)) {
    const known = (await listModels(dataDir)).map((m) => `${m.name}@${m.version}`);
    throw new ConfigError([
      {
        path: flag,
        message: `no model "${reference}" in ${modelsFolder(dataDir)}; ${known.length > 0 ? `there are: ${known.join(', ')}` : `there are none: run \`tidemark train ${kinds[0] === 'audited' ? 'base' : kinds[0]}\``}`,
      },
    ]);
  }
  return path.join(modelsFolder(dataDir), name, String(version));
}

const isOfKind = <Kind extends ModelKind>(
  manifest: AnyModelManifest,
  kinds: readonly Kind[],
): manifest is ManifestOf[Kind] => kinds.some((kind) => kind === manifest.kind);

/** What a model was trained on. @throws ConfigError for an imported one */
export function trainingDataOf(manifest: AnyModelManifest): NonNullable<AnyModelManifest['data']> {
  if (manifest.data !== null) return manifest.data;
  throw new ConfigError([
    {
      path: '--model',
      message: `${manifest.name}@${manifest.version} was imported: what it was trained on is not known here, so it can be neither audited nor judged; train one with \`tidemark train base\``,
    },
  ]);
}

/** Manifests of every version of every model, by name and version. */
export async function listModels(dataDir: string): Promise<readonly AnyModelManifest[]> {
  const manifests: AnyModelManifest[] = [];
  for (const name of await foldersIn(modelsFolder(dataDir))) {
    for (const version of await versionsOf(dataDir, name)) {
      manifests.push(await readManifest(path.join(modelsFolder(dataDir), name, String(version))));
    }
  }
  return manifests;
}

async function readManifest(folder: string): Promise<AnyModelManifest> {
  const file = path.join(folder, 'manifest.json');
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new DataError(`${file}: not readable as JSON (${String(cause)}); restore it or train again`, {
      code: 'MODEL_MANIFEST',
      context: { file },
      cause,
    });
  }
  const result = ManifestSchema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new DataError(`${file}: ${problems}`, { code: 'MODEL_MANIFEST', context: { file } });
}

async function versionsOf(dataDir: string, name: string): Promise<readonly number[]> {
  const folders = await foldersIn(path.join(modelsFolder(dataDir), name));
  return folders
    .filter((folder) => /^[1-9]\d*$/.test(folder))
    .map(Number)
    .toSorted((a, b) => a - b);
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .toSorted();
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  }
}

async function writeSynced(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const isCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;
