/** A sweep on disk: `<dataDir>/reports/<runId>/{report.html, report.json, sets.parquet, sets.csv}`. */
import path from 'node:path';
import {
  type TableColumn,
  writeFileAtomic,
  writeJsonAtomic,
  writeTable,
} from '../../platform/storage/index.ts';
import { renderSweep, type SweepRow } from '../report/index.ts';
import type { SweepOutcome } from './sweep.ts';

export interface WrittenSweep {
  readonly html: string;
  readonly json: string;
  readonly sets: { readonly parquet: string; readonly csv: string };
}

export async function writeSweep({
  sweep,
  prepared,
  createdAt,
  settings,
}: SweepOutcome): Promise<WrittenSweep> {
  const folder = path.join(prepared.config.dataDir, 'reports', sweep.runId);
  const html = path.join(folder, 'report.html');
  const json = path.join(folder, 'report.json');
  const sets = await writeTable(folder, 'sets', { columns: setColumns(sweep.sets), rows: sweep.sets.length });
  await writeJsonAtomic(json, { ...sweep, settings });
  await writeFileAtomic(html, renderSweep({ sweep, createdAt, settings }));
  return { html, json, sets };
}

function setColumns(sets: readonly SweepRow[]): readonly TableColumn[] {
  const varied = Object.entries(sets[0]!.settings).map(([name, value]): TableColumn => ({
    name,
    kind: typeof value === 'number' ? 'double' : 'text',
    at: (row) => sets[row]!.settings[name]!,
  }));
  const figure = (name: string, of: (set: SweepRow) => number | null): TableColumn => ({
    name,
    kind: 'double',
    at: (row) => of(sets[row]!),
  });
  return [
    ...varied,
    figure('trades', (set) => set.trades),
    figure('total_return', (set) => set.totalReturn),
    figure('sharpe', (set) => set.sharpe),
    figure('max_drawdown', (set) => set.maxDrawdown),
    figure('turnover', (set) => set.turnover),
  ];
}
