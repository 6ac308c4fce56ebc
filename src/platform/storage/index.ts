export { sha256File, writeFileAtomic } from './atomic-file.ts';
export {
  BAR_FILE_SCHEMA,
  type BarDay,
  type BookSideColumns,
  type DayFileColumn,
  type DayFileFacts,
  type FeatureDay,
  readBarDay,
  readDayFileFacts,
  readFeatureDay,
  STATIONARY_FILE_SCHEMA,
} from './bar-quality.ts';
export { type FeatureMonth, type FeatureMonths, readFeatureMonths } from './bar-quality-months.ts';
export { type BarRange, readBars } from './bar-reader.ts';
export { barFile, listDays, patchBar, stationaryFile, writeBarDay, type WrittenDay } from './bar-store.ts';
export {
  CANDLE_FILE_COLUMNS,
  candleFile,
  candleFolder,
  type CandleLocation,
  listCandleMonths,
  readCandleMonths,
  writeCandleMonth,
} from './candle-store.ts';
export { type CheckpointFile, CheckpointStore } from './checkpoint-store.ts';
export { explainDiskError } from './disk-error.ts';
export {
  embeddingFile,
  type EmbeddingLocation,
  readEmbeddings,
  type StoredEmbedding,
  writeEmbeddings,
} from './embedding-store.ts';
export { appendJsonLine, readJson, writeJsonAtomic } from './json-file.ts';
export { type LabelledMinutes, readLabels, type StoredLabels, writeLabels } from './label-store.ts';
export { modelHash, modelReference } from './model-identity.ts';
export {
  type AnyModelManifest,
  type MacroManifest,
  type MicroManifest,
  type ModelManifest,
} from './model-manifest.ts';
export {
  kindOfModel,
  listModels,
  loadModel,
  loadModelOf,
  type ModelFiles,
  saveModel,
  type StoredModel,
  trainingDataOf,
} from './model-store.ts';
export { type SymbolLocation, symbolFolder } from './partitions.ts';
export { checkParquet } from './probe.ts';
export {
  type EpochRecord,
  type RunRecord,
  RunStore,
  type TestOpening,
  type TrainingRun,
  type TrialRecord,
} from './run-store.ts';
export { type ScoreFile, type ScoreTable, readScores } from './score-file.ts';
export { type Table, type TableColumn, writeTable, type WrittenTable } from './table-store.ts';
export { writeZip } from './zip-writer.ts';
