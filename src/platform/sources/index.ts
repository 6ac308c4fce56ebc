export { inflateOnly } from './bare-inflate.ts';
export * from './candles/index.ts';
export { CONTENT_CHANGED } from './content-changed.ts';
export { readContent, verifyContent } from './content.ts';
export * from './instruments/index.ts';
export { VenueLineDecoder, type LineDecoder } from './line-decoder.ts';
export {
  type EventBatch,
  MarketSource,
  type MarketSourceOptions,
  type QuarantinedLine,
  type SourceReport,
} from './market-source.ts';
export type { LineContext } from './reference-decoder.ts';
export type { DecoderOptions } from './venue-message.ts';
export type { WantedSymbols } from './file-head.ts';
export { openDecoder } from './stream-decoder.ts';
export {
  type DamagedFile,
  type StreamsSurvey,
  type Survey,
  type SurveyedFile,
  type SurveyedStream,
  surveyInputs,
  type SurveyOptions,
  surveyStreams,
  symbolMissing,
} from './survey.ts';
export * from './remote/index.ts';
