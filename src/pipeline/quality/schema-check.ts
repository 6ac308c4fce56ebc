/** Are the columns of a day file those of the schema, in order and of the right types? */
import type { DayFileColumn, DayFileFacts } from '../../platform/storage/index.ts';
import type { FindingLog } from './findings.ts';

interface WantedSchema {
  readonly schema: readonly DayFileColumn[];
  readonly file: string;
  readonly log: FindingLog;
}

/** Returns whether every column is there with its type, so that the values can be read by name. */
export function checkSchema(facts: DayFileFacts, { schema: wanted, file, log }: WantedSchema): boolean {
  const types = new Map(facts.columns.map(({ name, type }) => [name, type]));
  let isReadable = true;
  for (const { name, type } of wanted) {
    const found = types.get(name);
    if (found === undefined) {
      log.add('column-missing', { file, column: name });
      isReadable = false;
    } else if (found !== type) {
      log.add('column-type', { file, column: name, detail: `${found}, not ${type}` });
      isReadable = false;
    }
  }
  const known = new Set(wanted.map(({ name }) => name));
  const seen = new Set<string>();
  for (const { name } of facts.columns) {
    if (!known.has(name) || seen.has(name)) log.add('column-unexpected', { file, column: name });
    seen.add(name);
  }
  const ours = facts.columns.filter(({ name }) => known.has(name));
  const schema = wanted.filter(({ name }) => types.has(name));
  const misplaced = schema.findIndex(({ name }, index) => ours[index]?.name !== name);
  if (misplaced >= 0) {
    log.add('column-order', {
      file,
      column: ours[misplaced]!.name,
      detail: `column ${misplaced + 1} should be ${schema[misplaced]!.name}`,
    });
  }
  for (const { column, count } of facts.nulls) {
    log.add('column-null', { file, column, detail: `${count} rows` }, count);
  }
  return isReadable;
}
