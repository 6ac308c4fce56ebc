/** What a model is called, and what it is. */
import { createHash } from 'node:crypto';
import type { AnyModelManifest } from './model-manifest.ts';
import type { ModelFiles } from './model-store.ts';

/** `name@version` */
export const modelReference = ({
  manifest,
}: {
  readonly manifest: Pick<AnyModelManifest, 'name' | 'version'>;
}): string => `${manifest.name}@${manifest.version}`;

/** Identifies a model by its files alone: the same bytes are the same model, whatever it is called. */
export function modelHash(files: ModelFiles): string {
  const hash = createHash('sha256');
  for (const [name, bytes] of Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(name).update('\0').update(bytes);
  }
  return hash.digest('hex');
}
