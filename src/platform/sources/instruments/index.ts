export { ExchangeJson, type ExchangeJsonOptions } from './exchange-json.ts';
export { fundingArchiveFile, readFundingFile } from './funding-file.ts';
export { fetchFunding, hasFunding } from './funding-rest.ts';
export { fetchRules, readRuleFiles, type ReadRules } from './read-rules.ts';
export type { WantedInstrument } from './rule-answers.ts';
