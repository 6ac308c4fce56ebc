/** Where data lies: `<dataDir>/<kind>/venue=…/symbol=…/`, for features `<dataDir>/features/set=…/venue=…/symbol=…/`. */
import path from 'node:path';
import { ConfigError } from '../../domain/core/index.ts';

export interface SymbolLocation {
  readonly dataDir: string;
  readonly venue: string;
  readonly symbol: string;
}

/** Names become folders, so they must not lead anywhere else. */
const SAFE_NAME = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u;

export type SymbolFolder =
  | 'bars'
  | 'candles'
  | 'funding'
  | 'instruments'
  | 'labels'
  | 'features/set=stationary'
  | `embeddings/model=${string}`;

/** @throws ConfigError when venue or symbol cannot be a folder's name */
export function symbolFolder(kind: SymbolFolder, { dataDir, venue, symbol }: SymbolLocation): string {
  const problems = Object.entries({ venue, symbol })
    .filter(([, name]) => !SAFE_NAME.test(name))
    .map(([field, name]) => ({ path: `--${field}`, message: `"${name}" is not a usable name` }));
  if (problems.length > 0) throw new ConfigError(problems);
  return path.join(dataDir, kind, `venue=${venue}`, `symbol=${symbol}`);
}
