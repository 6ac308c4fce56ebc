/** Which settings a sweep tries. */
import { ConfigError, type ConfigProblem } from '../../domain/core/index.ts';
import { type BacktestConfig, BacktestSchema } from './backtest-config.ts';
import type { SignalInput } from './signal-source.ts';

/** Fields that a grid may vary: what is charged is no choice of the trader's. */
const FIELDS = [
  'fast',
  'slow',
  'enter',
  'exit',
  'holdBars',
  'stopLoss',
  'takeProfit',
  'trailingStop',
  'size',
  'sizing',
  'direction',
  'rule',
  'entryRate',
  'delayBars',
] as const satisfies readonly (keyof BacktestConfig)[];

type Field = (typeof FIELDS)[number];
export type GridValues = Readonly<Partial<Record<Field, string | number>>>;

export interface GridSet {
  readonly values: GridValues;
  readonly config: BacktestConfig;
}

export interface Grid {
  readonly sets: readonly GridSet[];
  /** Combinations that make no sense, such as a fast average that is not faster. */
  readonly skipped: number;
}

/** More than this is not a search but a lottery; it also bounds time and memory. */
export const MOST_SETS = 2_000;

/**
 * @param words `field=a,b,c`; none: a grid that suits what is traded
 * @throws ConfigError naming every word, field and value that is wrong
 */
export function gridOf(words: readonly string[], base: BacktestConfig, input: SignalInput): Grid {
  const problems: ConfigProblem[] = [];
  const refuse = (message: string): void => void problems.push({ path: '--grid', message });
  const axes = new Map<Field, readonly (string | number)[]>();
  for (const word of words.length > 0 ? words : defaultGrid(base, input)) {
    const [name, list = ''] = word.split('=', 2);
    const field = FIELDS.find((known) => known === name);
    const values = list.split(',').filter((value) => value.trim() !== '');
    if (field === undefined) refuse(`"${name}" cannot be varied; fields: ${FIELDS.join(', ')}`);
    else if (values.length === 0) refuse(`"${word}" has no values; write ${field}=1,2`);
    else if (axes.has(field)) refuse(`${field} is given twice`);
    else axes.set(field, valuesOf(field, values, refuse));
  }
  const size = [...axes.values()].reduce((product, values) => product * values.length, 1);
  if (size > MOST_SETS) refuse(`${size} settings are more than ${MOST_SETS}`);
  if (problems.length > 0) throw new ConfigError(problems);
  const all = [...axes].reduce<readonly GridValues[]>(
    (sets, [field, values]) => sets.flatMap((set) => values.map((value) => ({ ...set, [field]: value }))),
    [{}],
  );
  const sets = all
    .map((values) => ({ values, config: { ...base, ...values } as BacktestConfig }))
    .filter(
      ({ config }) =>
        input.kind !== 'prices' || config.strategy !== 'sma-crossover' || config.fast < config.slow,
    );
  if (sets.length < 2) {
    throw new ConfigError([{ path: '--grid', message: 'a sweep needs two settings or more' }]);
  }
  return { sets, skipped: all.length - sets.length };
}

function valuesOf(
  field: Field,
  values: readonly string[],
  refuse: (message: string) => void,
): readonly (string | number)[] {
  return values.map((text) => {
    const value = Number.isNaN(Number(text)) ? text.trim() : Number(text);
    const parsed = BacktestSchema.safeParse({ [field]: value });
    if (!parsed.success) refuse(`${field}=${text}: ${parsed.error.issues[0]!.message}`);
    return value;
  });
}

function defaultGrid({ strategy }: BacktestConfig, { kind }: SignalInput): readonly string[] {
  if (kind === 'model') return ['rule=threshold', 'enter=0.4,0.45,0.5,0.55,0.6', 'holdBars=15,30,60,120'];
  switch (strategy) {
    case 'sma-crossover':
      return ['fast=5,10,20,50,100', 'slow=50,100,200,400,800'];
    case 'threshold':
      return ['enter=0.1,0.2,0.3,0.4,0.5,0.6,0.7', 'stopLoss=0.01,0.02,0.05'];
    case 'random':
      return ['entryRate=0.002,0.005,0.01,0.02,0.05', 'holdBars=12,48,288'];
    case 'buy-and-hold':
      return ['stopLoss=0.05,0.1,0.2', 'trailingStop=0.05,0.1,0.2'];
  }
}
