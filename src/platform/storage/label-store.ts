/**
 * Labels on disk: `<dataDir>/labels/venue=…/symbol=…/<label name>.parquet`, one row a bar: `datetime`, `future_return`
 * (NaN when there is no label), `label` (0 SELL, 1 NEUTRAL, 2 BUY, null when there is none), `label_end` (null alike).
 */
import { access } from 'node:fs/promises';
import path from 'node:path';
import { DataError, NO_LABEL } from '../../domain/core/index.ts';
import { replaceFile } from './atomic-file.ts';
import { createTable, parquet, readColumns, sqlText, withConnection, withWriter } from './duckdb.ts';
import { type SymbolLocation, symbolFolder } from './partitions.ts';

/** Labels as columns; `definition` is whatever the labelling code calls by that name. */
export interface StoredLabels<D extends { readonly name: string }> {
  readonly definition: D;
  /** Each `[rows]`. */
  readonly futureReturn: Float64Array;
  readonly label: Int8Array;
  readonly labelEndMs: Float64Array;
}

export interface LabelledMinutes<D extends { readonly name: string }> {
  /** `[rows]` start of each bar's minute. */
  readonly minuteMs: Float64Array;
  readonly labels: StoredLabels<D>;
}

function labelFile(location: SymbolLocation, name: string): string {
  return path.join(symbolFolder('labels', location), `${name}.parquet`);
}

/** Writes all labels of a symbol under one definition and returns the file. */
export async function writeLabels<D extends { readonly name: string }>(
  rows: SymbolLocation & LabelledMinutes<D>,
): Promise<string> {
  const { minuteMs, labels } = rows;
  const file = labelFile(rows, labels.definition.name);
  await withWriter(async (connection) => {
    await createTable(
      connection,
      'labels',
      [
        { name: 'datetime', kind: 'time', at: (row) => minuteMs[row]! },
        { name: 'future_return', kind: 'double', at: (row) => labels.futureReturn[row]! },
        {
          name: 'label',
          kind: 'tiny',
          at: (row) => (labels.label[row] === NO_LABEL ? null : labels.label[row]!),
        },
        { name: 'label_end', kind: 'time', at: (row) => labels.labelEndMs[row]! },
      ],
      minuteMs.length,
    );
    await replaceFile(file, async (temporary) => {
      await connection.run(
        `COPY (FROM labels ORDER BY datetime) TO ${sqlText(temporary)} (FORMAT parquet, COMPRESSION snappy)`,
      );
    });
  });
  return file;
}

/** @throws DataError when the labels have not been made or cannot be read */
export async function readLabels<D extends { readonly name: string }>(
  wanted: SymbolLocation & { readonly definition: D },
): Promise<LabelledMinutes<D>> {
  const { definition } = wanted;
  const file = labelFile(wanted, definition.name);
  const refuse = (reason: string, cause: unknown): never => {
    throw new DataError(`${file}: ${reason}`, { code: 'LABELS_UNREADABLE', context: { file }, cause });
  };
  await access(file).catch((cause: unknown) => refuse('no such labels; run `tidemark label` first', cause));
  const { columns } = await withConnection((connection) =>
    readColumns(
      connection,
      `SELECT epoch_ms(datetime)::DOUBLE, future_return, coalesce(label, ${NO_LABEL})::DOUBLE,
              epoch_ms(label_end)::DOUBLE
       FROM ${parquet([file])} ORDER BY datetime`,
    ).catch((cause: unknown) => refuse('cannot be read; run `tidemark label` again', cause)),
  );
  const [minuteMs, futureReturn, label, labelEndMs] = columns as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  return { minuteMs, labels: { definition, futureReturn, label: Int8Array.from(label), labelEndMs } };
}
