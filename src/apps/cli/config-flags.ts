/** Flags that set a field of the configuration, and the effective configuration of one invocation. */
import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import type { Command } from 'commander';
import { parse as parseYaml, YAMLParseError } from 'yaml';
import { ConfigError } from '../../domain/core/index.ts';
import type { ConfigProblem } from '../../domain/core/index.ts';
import { overlay, parseConfig } from '../../pipeline/index.ts';
import type { Config, PartialTree } from '../../pipeline/index.ts';
import type { ConfigFlag } from './config-flag.ts';
import { FLAG_GROUPS, type FlagGroup, SHARED_FLAGS } from './flag-groups.ts';

/** `--seed` */
const nameOf = (flag: ConfigFlag): string => flag.flag.split(' ')[0]!;
const optionName = (flag: ConfigFlag): string => new Option(flag.flag).attributeName();

/** Adds `--config`, the shared flags, the groups' flags and `--json` to a command. */
export function addConfigFlags(command: Command, groups: readonly FlagGroup[]): Command {
  command.option('--config <file.yaml>', 'configuration file; flags override it');
  for (const flag of flagsOf(groups)) command.option(flag.flag, flag.description);
  return command.option('--json', 'one JSON object on stdout; progress on stderr');
}

/**
 * Defaults ← file ← flags, checked.
 * @throws ConfigError with every problem, naming its file and field or its flag
 */
export function effectiveConfig(
  options: Readonly<Record<string, unknown>>,
  groups: readonly FlagGroup[],
): Config {
  const file = options['config'];
  const problems: ConfigProblem[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const fromFile = typeof file === 'string' ? (attempt(() => readConfigFile(file)) ?? {}) : {};
  if (typeof file === 'string') attempt(() => parseConfig(fromFile, (field) => `${file}: ${field}`));
  const flagOf = new Map<string, string>();
  let fromFlags: PartialTree = {};
  for (const flag of flagsOf(groups)) {
    const text = options[optionName(flag)];
    if (typeof text !== 'string') continue;
    const value = flag.kind === 'number' ? attempt(() => parseNumber(text, flag)) : text;
    flagOf.set(flag.path.join('.'), nameOf(flag));
    fromFlags = overlay(
      fromFlags,
      flag.path.toReversed().reduce<unknown>((inner, key) => ({ [key]: inner }), value) as PartialTree,
    );
  }
  attempt(() => parseConfig(fromFlags, (field) => flagOf.get(field) ?? field));
  if (problems.length > 0) throw new ConfigError(problems);
  return parseConfig(overlay(fromFile, fromFlags), (field) => field);
}

const flagsOf = (groups: readonly FlagGroup[]): readonly ConfigFlag[] => [
  ...SHARED_FLAGS,
  ...groups.flatMap((group): readonly ConfigFlag[] => FLAG_GROUPS[group]),
];

function parseNumber(value: string, flag: ConfigFlag): number {
  const parsed = Number(value);
  if (value.trim() === '' || !Number.isFinite(parsed)) {
    throw new ConfigError([{ path: nameOf(flag), message: `"${value}" is not a number` }]);
  }
  return parsed;
}

function readConfigFile(file: string): PartialTree {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(
      [{ path: '--config', message: `cannot read ${file}: ${(cause as Error).message}` }],
      { cause },
    );
  }
  try {
    const value: unknown = parseYaml(source) ?? {};
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ConfigError([
        { path: `${file}:1`, message: 'must be a mapping of fields, such as `seed: 7`' },
      ]);
    }
    return value as PartialTree;
  } catch (cause) {
    if (!(cause instanceof YAMLParseError)) throw cause;
    const line = cause.linePos?.[0].line ?? 1;
    throw new ConfigError([{ path: `${file}:${line}`, message: cause.message.split('\n')[0]! }], { cause });
  }
}
