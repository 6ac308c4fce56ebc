/** Data that our gradient boosting and XGBoost are compared on, and the files by which the peer gets them. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { Random } from '../../domain/core/index.ts';

const COLUMNS = 14;
/** Of the rows that are not generated, this share is trained on. */
const TRAIN_SHARE = 0.7;

export interface DataSet {
  readonly name: string;
  readonly columns: number;
  readonly classes: number;
  readonly trainRows: number;
  readonly features: Float64Array;
  readonly labels: Float64Array;
}

/** What the peer says of the data sets that it wrote. */
export const Exported = z.object({
  version: z.string(),
  sets: z.array(z.object({ name: z.string(), rows: z.int(), columns: z.int(), classes: z.int() })),
});
/** Three classes by a score of five of 14 features, with noise; one value in fifty is missing. */
export function generated(rows: number): DataSet {
  const random = Random.fromSeed(rows);
  const features = new Float64Array(rows * COLUMNS);
  const labels = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const x = features.subarray(row * COLUMNS, (row + 1) * COLUMNS);
    x.forEach((_, column) => (x[column] = Math.fround(random.normal())));
    const score = x[0]! + x[1]! * x[2]! + 0.5 * Math.abs(x[3]!) + Math.sin(2 * x[4]!) + 1.2 * random.normal();
    labels[row] = score < -0.5 ? 0 : score < 1 ? 1 : 2;
    x.forEach((_, column) => {
      if (random.uniform() < 0.02) x[column] = Number.NaN;
    });
  }
  const name = `${rows / 1000}k × ${COLUMNS}, 3 classes (GENERATED)`;
  return { name, columns: COLUMNS, classes: 3, trainRows: rows * 0.8, features, labels };
}

/** Names of files, which the peer gets as arguments. */
export const fileOf = (data: Pick<DataSet, 'name'>): string => data.name.replaceAll(/\W+/g, '-');

export async function writeData(folder: string, data: DataSet): Promise<void> {
  await writeFile(path.join(folder, `${fileOf(data)}.x`), Float32Array.from(data.features));
  await writeFile(path.join(folder, `${fileOf(data)}.y`), Float32Array.from(data.labels));
}

export async function readData(
  folder: string,
  set: z.infer<typeof Exported>['sets'][number],
): Promise<DataSet> {
  const features = await readFloats(path.join(folder, `${set.name}.x`));
  const labels = await readFloats(path.join(folder, `${set.name}.y`));
  return { ...set, trainRows: Math.floor(set.rows * TRAIN_SHARE), features, labels };
}

export async function readFloats(file: string): Promise<Float64Array> {
  const bytes = new Uint8Array(await readFile(file));
  return Float64Array.from(new Float32Array(bytes.buffer));
}
