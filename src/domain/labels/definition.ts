/** What counts as SELL, NEUTRAL and BUY: two thresholds on the log return over a fixed time ahead. */
import { ConfigError, type ConfigProblem } from '../core/index.ts';

export interface LabelDefinition {
  readonly name: string;
  /** Log return below which a bar is SELL; negative. */
  readonly thresholdShort: number;
  /** Log return above which a bar is BUY; positive. */
  readonly thresholdLong: number;
  /** Whole minutes ahead. */
  readonly lookaheadMinutes: number;
}

/**
 * A definition under its conventional name: `SELL_0004_BUY_0008_1h` for −0.004, +0.008, 60 minutes (thresholds in
 * thousandths, four digits); a threshold or time that this pattern cannot hold is written out, as in
 * `SELL_0.0035_BUY_0008_45m`.
 *
 * @throws ConfigError with every problem found
 */
export function labelDefinition(
  thresholdShort: number,
  thresholdLong: number,
  lookaheadMinutes: number,
): LabelDefinition {
  const time = lookaheadMinutes % 60 === 0 ? `${lookaheadMinutes / 60}h` : `${lookaheadMinutes}m`;
  const name = `SELL_${thresholdName(-thresholdShort)}_BUY_${thresholdName(thresholdLong)}_${time}`;
  const definition = { name, thresholdShort, thresholdLong, lookaheadMinutes };
  checkLabelDefinition(definition);
  return definition;
}

function thresholdName(threshold: number): string {
  const thousandths = Math.round(threshold * 1000);
  return thousandths / 1000 === threshold ? String(thousandths).padStart(4, '0') : String(threshold);
}

/** @throws ConfigError listing every field that is not usable, as `label.<field>` */
export function checkLabelDefinition(definition: LabelDefinition): void {
  const { name, thresholdShort, thresholdLong, lookaheadMinutes } = definition;
  const problems: ConfigProblem[] = [];
  const refuse = (field: string, message: string): void => {
    problems.push({ path: `label.${field}`, message });
  };
  if (!/^[\w.-]+$/.test(name)) refuse('name', `'${name}' must be letters, digits, '_', '.', '-' only`);
  if (!(thresholdShort < 0 && thresholdShort > -Infinity)) {
    refuse('thresholdShort', `must be a negative log return such as -0.004, not ${thresholdShort}`);
  }
  if (!(thresholdLong > 0 && thresholdLong < Infinity)) {
    refuse('thresholdLong', `must be a positive log return such as 0.008, not ${thresholdLong}`);
  }
  if (!(Number.isSafeInteger(lookaheadMinutes) && lookaheadMinutes > 0)) {
    refuse('lookaheadMinutes', `must be a whole number of minutes above 0, not ${lookaheadMinutes}`);
  }
  if (problems.length > 0) throw new ConfigError(problems, { code: 'LABEL_DEFINITION_INVALID' });
}

/** The label in use: −0.4 % / +0.8 % in one hour. */
export const DEFAULT_LABEL: LabelDefinition = labelDefinition(-0.004, 0.008, 60);

/** The eight definitions of QuantGod, by name. */
export const LABEL_PRESETS: ReadonlyMap<string, LabelDefinition> = new Map(
  [
    labelDefinition(-0.003, 0.005, 60),
    labelDefinition(-0.004, 0.004, 60),
    labelDefinition(-0.004, 0.004, 120),
    labelDefinition(-0.004, 0.005, 60),
    labelDefinition(-0.004, 0.006, 60),
    DEFAULT_LABEL,
    labelDefinition(-0.004, 0.008, 120),
    labelDefinition(-0.004, 0.01, 120),
  ].map((definition) => [definition.name, definition]),
);
