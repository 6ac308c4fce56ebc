/** What a checkpoint calls its tensors, and what the base model calls them. */
import { ConfigError, DataError } from '../../domain/core/index.ts';

/**
 * A regular expression for the whole name in the file, and what becomes of it (`$1` is its first group); null leaves
 * the tensor out.
 */
export interface NameRule {
  readonly pattern: RegExp;
  readonly name: string | null;
}

/** What `DataParallel` and `torch.compile` put before every name. */
const WRAPPERS = /^(?:module\.|_orig_mod\.)+/;

/** The names of QuantGod's `Hybrid_TCN_LSTM` and of a scikit-learn scaler. */
const KNOWN_RULES: readonly NameRule[] = rulesOf({
  'tcn\\.(\\d+)\\.causal_conv\\.conv\\.(\\w+)': 'tcn.$1.conv.$2',
  '.*\\.num_batches_tracked': null,
  'tcn\\.(\\d+)\\.bn\\.(\\w+)': 'tcn.$1.norm.$2',
  'tcn\\.(\\d+)\\.residual_proj\\.(\\w+)': 'tcn.$1.residual.$2',
  'classifier\\.0\\.(\\w+)': 'head.0.$1',
  'classifier\\.3\\.(\\w+)': 'head.1.$1',
  'scaler\\.(?:scale|std)': 'scaler.deviation',
});

/** @throws {ConfigError} naming every expression that is none */
export function rulesOf(map: Readonly<Record<string, string | null>>): readonly NameRule[] {
  const problems: { path: string; message: string }[] = [];
  const rules = Object.entries(map).flatMap(([pattern, name]): NameRule[] => {
    try {
      return [{ pattern: new RegExp(`^(?:${pattern})$`), name }];
    } catch (cause) {
      problems.push({ path: '--map', message: `"${pattern}": ${String(cause)}` });
      return [];
    }
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return rules;
}

/**
 * `tensors` under the base model's names, those that a rule leaves out gone. The first rule that fits decides, `rules`
 * before those that are known; a name that none fits stays as it is.
 * @throws {DataError} when two tensors would have one name
 */
export function renamed<T>(
  tensors: ReadonlyMap<string, T>,
  rules: readonly NameRule[],
): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  const origin = new Map<string, string>();
  for (const [stored, tensor] of tensors) {
    const bare = stored.replace(WRAPPERS, '');
    const rule = [...rules, ...KNOWN_RULES].find(({ pattern }) => pattern.test(bare));
    if (rule?.name === null) continue;
    const name = rule === undefined ? bare : bare.replace(rule.pattern, rule.name);
    const other = origin.get(name);
    if (other !== undefined) {
      throw new DataError(
        `weights: ${other} and ${stored} are both taken for ${name}: tell them apart by --map`,
        {
          code: 'IMPORT_NAMES',
        },
      );
    }
    origin.set(name, stored);
    found.set(name, tensor);
  }
  return found;
}
