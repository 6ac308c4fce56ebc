export { inflateOnly } from './bare-inflate.ts';
export { readContent } from './content.ts';
export { VenueLineDecoder, type LineDecoder } from './line-decoder.ts';
export {
  type EventBatch,
  MarketSource,
  type MarketSourceOptions,
  type QuarantinedLine,
  type SourceReport,
} from './market-source.ts';
export type { DecoderOptions, LineContext } from './reference-decoder.ts';
export {
  type DamagedFile,
  type Survey,
  type SurveyedFile,
  surveyInputs,
  type SurveyOptions,
  symbolMissing,
} from './survey.ts';
export * from './remote/index.ts';
