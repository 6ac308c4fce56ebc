/**
 * The house rules as a law: which folder may import which (the `references` of each folder's tsconfig.json),
 * which folder may use which package, and that nobody who trades can see a label.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';

const root = path.resolve(import.meta.dirname, '..');

/** Layer folder (relative to `src`) → layers that it may import, read from its tsconfig.json. */
function readLayers(): ReadonlyMap<string, readonly string[]> {
  const layers = new Map<string, readonly string[]>();
  for (const file of globSync('src/**/tsconfig.json', { cwd: root })) {
    const folder = path.dirname(file);
    const config = JSON.parse(readFileSync(path.join(root, file), 'utf8')) as {
      references?: readonly { path: string }[];
    };
    const targets = (config.references ?? []).map((r) =>
      path.relative('src', path.normalize(path.join(folder, r.path))),
    );
    layers.set(path.relative('src', folder), targets);
  }
  return layers;
}

/** Package → the layers (folders or files below `src`) that may import it. A package not listed is free. */
const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = {
  'onnxruntime-node': ['learning/neural'],
  '@bufbuild/protobuf': ['learning/neural'],
  '@duckdb/node-api': ['platform/storage'],
  'node:sqlite': ['platform/storage'],
  yazl: ['platform/storage'],
  yauzl: ['platform/sources'],
  'node:http': ['platform/sources', 'apps/server'],
  'node:https': ['platform/sources'],
  'node:net': ['platform/sources'],
  ws: ['platform/sources'],
  bullmq: ['platform/jobs'],
  commander: ['apps/cli'],
  listr2: ['apps/cli'],
  'pure-rand': ['domain/core'],
  zod: ['learning/boosting/xgboost-reader.ts', 'platform', 'pipeline', 'apps'],
};

/** Layers that take time, randomness, configuration and data as arguments and touch nothing else. */
const PURE_LAYERS = ['domain', 'learning/boosting', 'learning/baselines', 'learning/calibration', 'trading'];
const PURE_LAYERS_MAY_USE = ['pure-rand', 'zod'];

interface Import {
  /** Relative to `src`. */
  readonly file: string;
  readonly specifier: string;
}

function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^'";]*?from\s*['"]([^'"]+)['"]|import\s*\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g;
  for (const match of text.matchAll(pattern))
    found.push({ file, specifier: (match[1] ?? match[2] ?? match[3])! });
  return found;
}

const packageOf = (specifier: string): string =>
  specifier.startsWith('node:')
    ? specifier
    : specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');

const isWithin = (file: string, folder: string): boolean => file === folder || file.startsWith(`${folder}/`);

/** One sentence for each forbidden import. */
function violations(imports: readonly Import[], layers: ReadonlyMap<string, readonly string[]>): string[] {
  const layerOf = (file: string): string | undefined =>
    [...layers.keys()].filter((layer) => isWithin(file, layer)).toSorted((a, b) => b.length - a.length)[0];
  const problems: string[] = [];
  for (const { file, specifier } of imports) {
    const isTest = file.endsWith('.test.ts');
    const from = layerOf(file);
    if (from === undefined) {
      problems.push(`${file}: lies in no layer`);
    } else if (specifier.startsWith('.')) {
      const target = path.normalize(path.join(path.dirname(file), specifier));
      const to = layerOf(target);
      if (to === undefined || to === from) continue;
      if (!layers.get(from)!.includes(to)) problems.push(`${file}: ${from} may not import ${to}`);
      else if (path.basename(target) !== 'index.ts')
        problems.push(`${file}: imports ${target}, not the contract ${to}/index.ts`);
    } else if (!isTest) {
      const name = packageOf(specifier);
      const homes = PACKAGE_HOMES[name];
      if (homes !== undefined && !homes.some((home) => isWithin(file, home))) {
        problems.push(`${file}: ${name} belongs to ${homes.join(', ')}`);
      }
      if (PURE_LAYERS.some((layer) => isWithin(file, layer)) && !PURE_LAYERS_MAY_USE.includes(name)) {
        problems.push(`${file}: a pure layer may not use ${name}`);
      }
    }
  }
  return problems;
}

/** Everything that `layer` can reach through references. */
function reach(layer: string, layers: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const seen = new Set<string>();
  const visit = (name: string): void => {
    for (const next of layers.get(name) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      visit(next);
    }
  };
  visit(layer);
  return seen;
}

const layers = readLayers();
const sources = globSync('src/**/*.ts', { cwd: root }).map((file) => path.relative('src', file));

describe('architecture', () => {
  it('has only allowed imports', () => {
    const imports = sources.flatMap((file) =>
      importsOf(file, readFileSync(path.join(root, 'src', file), 'utf8')),
    );
    assert.ok(imports.length > 100, 'the scan must find the imports of a real code base');
    assert.deepEqual(violations(imports, layers), []);
  });

  it('recognises each kind of forbidden import', () => {
    const forbidden = (file: string, code: string): string[] => violations(importsOf(file, code), layers);
    assert.deepEqual(forbidden('domain/features/x.ts', `import { labelBars } from '../labels/index.ts';`), [
      'domain/features/x.ts: domain/features may not import domain/labels',
    ]);
    assert.deepEqual(
      forbidden('trading/engine/x.ts', `import type { Label } from '../../domain/labels/index.ts';`),
      ['trading/engine/x.ts: trading/engine may not import domain/labels'],
    );
    assert.deepEqual(forbidden('domain/core/x.ts', `import { readFileSync } from 'node:fs';`), [
      'domain/core/x.ts: a pure layer may not use node:fs',
    ]);
    assert.deepEqual(forbidden('pipeline/x.ts', `import ort from 'onnxruntime-node';`), [
      'pipeline/x.ts: onnxruntime-node belongs to learning/neural',
    ]);
    assert.deepEqual(forbidden('pipeline/x.ts', `import { Random } from '../domain/core/random.ts';`), [
      'pipeline/x.ts: imports domain/core/random.ts, not the contract domain/core/index.ts',
    ]);
  });

  it('lets nobody who trades see a label, by any path', () => {
    for (const layer of [
      'domain/features',
      'trading/engine',
      'trading/backtest',
      'trading/exchange',
      'trading/cycle',
      'pipeline/candle-scoring',
      'pipeline/live',
    ]) {
      assert.ok(layers.has(layer));
      assert.ok(!reach(layer, layers).has('domain/labels'), `${layer} reaches domain/labels`);
    }
  });

  it('gives every file in src a layer whose folder it can be found by', () => {
    const drawers = sources.filter((file) => /\b(utils?|helpers?|common|misc)\b/.test(file));
    assert.deepEqual(drawers, []);
  });
});
