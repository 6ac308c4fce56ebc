import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Command } from 'commander';
import { ConfigError } from '../../domain/core/index.ts';
import type { Config } from '../../pipeline/index.ts';
import { addConfigFlags, effectiveConfig } from './config-flags.ts';
import { FLAG_GROUPS, type FlagGroup } from './flag-groups.ts';

/** No command offers two of these: their flags have the same names. */
const ALONE: readonly FlagGroup[] = ['network', 'macro', 'micro', 'split'];
const GROUPS = (Object.keys(FLAG_GROUPS) as FlagGroup[]).filter((group) => !ALONE.includes(group));

describe('effectiveConfig', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tidemark-config-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const parseWith = (groups: readonly FlagGroup[], ...args: string[]): Config => {
    const command = addConfigFlags(new Command().exitOverride(), groups);
    return effectiveConfig(command.parse(args, { from: 'user' }).opts(), groups);
  };
  const parse = (...args: string[]): Config => parseWith(GROUPS, ...args);
  const put = (name: string, content: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    return file;
  };
  const problemsOf = (...args: string[]): readonly string[] => {
    try {
      parse(...args);
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return error.problems.map((problem) => problem.path);
    }
    return [];
  };

  it('lays flags over the file and the file over the defaults, field by field', () => {
    const file = put('run.yaml', 'seed: 3\nbase:\n  channels: 8\n  hidden: 16\nvalidation:\n  folds: 3\n');
    const config = parse('--config', file, '--channels', '4', '--threads', '1');
    assert.deepEqual([config.base.channels, config.base.hidden, config.base.layers], [4, 16, 2]);
    assert.deepEqual([config.seed, config.threads, config.validation.folds], [3, 1, 3]);
    assert.equal(config.dataDir, './data');
  });

  it('takes an empty file for one that changes nothing', () => {
    assert.deepEqual(parse('--config', put('empty.yaml', '# nothing yet\n')), parse());
  });

  it('lets every flag reach the field that it names', () => {
    const values: Record<string, string> = {
      '--data-dir': 'elsewhere',
      '--short': '-0.002',
      '--long': '0.003',
      '--features': 'stationary',
      '--dropout': '0.25',
      '--learning-rate': '0.01',
      '--patience': '7',
      '--mode': 'windowed',
      '--optimiser': 'sgd',
      '--schedule': 'one-cycle',
      '--average-decay': '0.99',
      '--label-smoothing': '0.1',
      '--monitor': 'loss',
      '--auditor-features': 'recent-bars',
      '--auditor-start': 'prior',
      '--test-share': '0.25',
      '--calibration-share': '0.25',
      '--coverage': '0.8',
      '--bootstrap-samples': '150',
      '--encoder': 'gru',
      '--task': 'masked',
      '--scaler': 'standard',
      '--hidden-share': '0.25',
      '--branch': 'gru',
      '--output': 'classes',
      '--window': '48',
      '--score-loss': 'mse',
      '--stop-share': '0.25',
      '--strategy': 'random',
      '--rule': 'decisions',
      '--entry-rate': '0.25',
      '--direction': 'long',
      '--execution': 'close',
      '--sizing': 'kelly',
      '--stop-loss': '0.25',
      '--trailing-stop': '0.25',
      '--maintenance-margin': '0.25',
      '--random-draws': '40',
      '--paths': '60',
    };
    // A flag is called as its field is, but for these.
    const fields: Record<string, string> = {
      '--short': 'thresholdShort',
      '--long': 'thresholdLong',
      '--auditor-features': 'features',
      '--auditor-start': 'start',
      '--stride': 'strideCandles',
      '--window': 'sequenceLength',
      '--horizon': 'horizonCandles',
      '--lot': 'lotSize',
    };
    const camel = (name: string): string =>
      name.slice(2).replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    const leaves = (tree: object, at = ''): [string, unknown][] =>
      Object.entries(tree).flatMap(([key, value]: [string, unknown]) =>
        typeof value === 'object' && value !== null
          ? leaves(value, `${at}${key}.`)
          : [[`${at}${key}`, value] as [string, unknown]],
      );
    const check = (groups: readonly FlagGroup[], { label }: { readonly label: [string, string] }): void => {
      const defaults = new Map(leaves(parseWith(groups)));
      for (const flag of groups.flatMap((group) => FLAG_GROUPS[group])) {
        const name = flag.flag.split(' ')[0]!;
        const [field, value] =
          name === '--label' ? label : [fields[name] ?? camel(name), values[name] ?? '4'];
        assert.equal(flag.path.at(-1), field);
        const changed = leaves(parseWith(groups, name, value)).filter(
          ([each, now]) => defaults.get(each) !== now,
        );
        assert.deepEqual(
          changed,
          [[flag.path.join('.'), flag.kind === 'number' ? Number(value) : value]],
          name,
        );
      }
    };
    check(GROUPS, { label: ['preset', 'SELL_0004_BUY_0004_2h'] });
    for (const group of ALONE) check([group], { label: ['kind', 'trade'] });
  });

  it('lists the problems of the file and of the flags together, each where it was made', () => {
    const file = put('bad.yaml', 'seed: x\nbas: {}\n');
    const paths = problemsOf('--config', file, '--folds', '1', '--hidden', 'many', '--epochs', '1e999');
    assert.deepEqual(
      new Set(paths),
      new Set([`${file}: seed`, `${file}: (root)`, '--folds', '--hidden', '--epochs']),
    );
  });

  it('refuses a file that is no mapping, no YAML, or not there', () => {
    const list = put('list.yaml', '- seed\n');
    assert.deepEqual(problemsOf('--config', list), [`${list}:1`]);
    const broken = put('broken.yaml', 'seed: 1\nbase: {\n');
    assert.match(problemsOf('--config', broken)[0]!, /broken\.yaml:\d$/);
    assert.deepEqual(problemsOf('--config', path.join(folder, 'none.yaml')), ['--config']);
  });
});
