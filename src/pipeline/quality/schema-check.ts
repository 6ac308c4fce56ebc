/** Are the columns of a day file those of the schema, in order and of the right types? */
import { BAR_FILE_SCHEMA, type BarFileFacts } from '../../platform/storage/index.ts';
import type { FindingLog } from './findings.ts';

/** Returns whether every column is there with its type, so that the values can be read by name. */
export function checkSchema(facts: BarFileFacts, file: string, log: FindingLog): boolean {
  const types = new Map(facts.columns.map(({ name, type }) => [name, type]));
  let isReadable = true;
  for (const { name, type } of BAR_FILE_SCHEMA) {
    const found = types.get(name);
    if (found === undefined) {
      log.add('column-missing', { file, column: name });
      isReadable = false;
    } else if (found !== type) {
      log.add('column-type', { file, column: name, detail: `${found}, not ${type}` });
      isReadable = false;
    }
  }
  const known = new Set(BAR_FILE_SCHEMA.map(({ name }) => name));
  const seen = new Set<string>();
  for (const { name } of facts.columns) {
    if (!known.has(name) || seen.has(name)) log.add('column-unexpected', { file, column: name });
    seen.add(name);
  }
  const ours = facts.columns.filter(({ name }) => known.has(name));
  const schema = BAR_FILE_SCHEMA.filter(({ name }) => types.has(name));
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
