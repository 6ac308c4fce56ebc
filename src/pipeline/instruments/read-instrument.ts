/** The rules of an instrument: from files, from the cache below the data folder, or asked of the exchange once. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { type InstrumentRules, type InstrumentRulesSpec, parseVenueName } from '../../domain/market/index.ts';
import {
  ExchangeJson,
  type ExchangeJsonOptions,
  fetchRules,
  readRuleFiles,
  type ReadRules,
  type WantedInstrument,
} from '../../platform/sources/index.ts';
import { readJson, symbolFolder, writeJsonAtomic } from '../../platform/storage/index.ts';

export interface ReadInstrumentOptions extends Omit<ExchangeJsonOptions, 'venue'> {
  readonly venue: string;
  readonly symbol: string;
  readonly dataDir: string;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly nowMs: number;
  /** In place of exchange and cache; what they say is kept in the cache. */
  readonly files?: readonly string[] | undefined;
  /** Asks the exchange though there is a cache. */
  readonly refresh?: boolean | undefined;
}

export interface KnownInstrument {
  readonly rules: InstrumentRules;
  /** As decimal text. */
  readonly spec: InstrumentRulesSpec;
  /** Where it came from: addresses or files. */
  readonly origins: readonly string[];
  readonly fetchedAt: string;
  /** Whether nothing but the cache was looked at. */
  readonly fromCache: boolean;
  /** The cache; a file of our own format. */
  readonly file: string;
}

const CacheFacts = z.looseObject({
  format: z.literal(1),
  fetchedAt: z.iso.datetime(),
  origins: z.array(z.string()),
});

/**
 * @throws ConfigError for an unknown venue, a bad symbol or address; DataError for rules that are not there or not whole;
 * TransientError when the exchange does not answer; the signal's reason when aborted
 */
export async function readInstrument(options: ReadInstrumentOptions): Promise<KnownInstrument> {
  const { dataDir, files, refresh = false, nowMs } = options;
  const wanted: WantedInstrument = {
    venue: parseVenueName(options.venue),
    symbol: options.symbol.toUpperCase(),
  };
  const file = path.join(symbolFolder('instruments', { dataDir, ...wanted }), 'rules.json');
  if (files === undefined && !refresh && (await stat(file).catch(() => null)) !== null) {
    const { spec, rules } = await readRuleFiles([file], wanted);
    const { fetchedAt, origins } = await readJson(file, CacheFacts);
    return { rules, spec, origins, fetchedAt, fromCache: true, file };
  }
  const read: ReadRules =
    files === undefined
      ? await fetchRules(new ExchangeJson({ ...options, venue: wanted.venue }), wanted.symbol)
      : await readRuleFiles(files, wanted);
  const { spec, rules, origins } = read;
  const fetchedAt = new Date(nowMs).toISOString();
  await writeJsonAtomic(file, { format: 1, fetchedAt, origins, instruments: [spec] });
  return { rules, spec, origins, fetchedAt, fromCache: false, file };
}
