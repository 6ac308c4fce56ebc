export { sha256File, writeFileAtomic } from './atomic-file.ts';
export {
  BAR_FILE_SCHEMA,
  type BarDay,
  type BarFileColumn,
  type BarFileFacts,
  type BookSideColumns,
  readBarDay,
  readBarFileFacts,
} from './bar-quality.ts';
export { type FeatureMonth, type FeatureMonths, readFeatureMonths } from './bar-quality-months.ts';
export {
  type BarRange,
  listDays,
  readBars,
  writeBarDay,
  patchBar,
  barFile,
  type WrittenDay,
} from './bar-store.ts';
export { readJson, writeJsonAtomic } from './json-file.ts';
export { type LabelledMinutes, readLabels, type StoredLabels, writeLabels } from './label-store.ts';
export {
  listModels,
  loadModel,
  type ModelFiles,
  type ModelManifest,
  saveModel,
  type StoredModel,
} from './model-store.ts';
export { type SymbolLocation, symbolFolder } from './partitions.ts';
export { checkParquet } from './probe.ts';
export { type RunRecord, RunStore, type TestOpening } from './run-store.ts';
export { writeZip } from './zip-writer.ts';
