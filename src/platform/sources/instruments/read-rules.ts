/** Rules of an instrument, asked of the exchange or read from files. */
import { readFile } from 'node:fs/promises';
import { parse as parseYaml } from 'yaml';
import { DataError } from '../../../domain/core/index.ts';
import {
  createInstrumentRules,
  type InstrumentRules,
  type InstrumentRulesSpec,
} from '../../../domain/market/index.ts';
import type { ExchangeJson } from './exchange-json.ts';
import { ruleAnswer, type RuleAnswer, type WantedInstrument } from './rule-answers.ts';

export interface ReadRules {
  readonly spec: InstrumentRulesSpec;
  readonly rules: InstrumentRules;
  /** Addresses or files, in the order read. */
  readonly origins: readonly string[];
}

interface PlacedAnswer {
  readonly place: string;
  readonly answer: RuleAnswer;
}

/**
 * Binance gives margin tiers only to whoever has a key: they stay unknown here, and a file of them can be given beside.
 * @throws TransientError, DataError as {@link ExchangeJson.get}; DataError for an unknown symbol or rules that are not whole
 */
export async function fetchRules(rest: ExchangeJson, symbol: string): Promise<ReadRules> {
  const wanted: WantedInstrument = { venue: rest.venue, symbol };
  const asked: readonly (readonly [path: string, query: Readonly<Record<string, string>>])[] = {
    'binance-usdm': [['/fapi/v1/exchangeInfo', {}] as const],
    'binance-spot': [['/api/v3/exchangeInfo', { symbol }] as const],
    'bybit-linear': [
      ['/v5/market/instruments-info', { category: 'linear', symbol }] as const,
      ['/v5/market/risk-limit', { category: 'linear', symbol }] as const,
    ],
  }[rest.venue];
  const answers: PlacedAnswer[] = [];
  for (const [path, query] of asked) {
    const { value, place } = await rest.get(path, query);
    answers.push({ place, answer: ruleAnswer(value, wanted, place) });
  }
  return joined(answers, wanted);
}

/**
 * @param files answers of an exchange as JSON, or our own format as JSON or YAML; what is in each is told by its content
 * @throws DataError naming the file, and the field where there is one
 */
export async function readRuleFiles(files: readonly string[], wanted: WantedInstrument): Promise<ReadRules> {
  const answers: PlacedAnswer[] = [];
  for (const place of files)
    answers.push({ place, answer: ruleAnswer(await documentIn(place), wanted, place) });
  return joined(answers, wanted);
}

/** @param answers later ones replace what earlier ones say */
function joined(answers: readonly PlacedAnswer[], { venue, symbol }: WantedInstrument): ReadRules {
  const origins = answers.map(({ place }) => place);
  const found = answers.findLast(({ answer }) => answer.kind === 'rules');
  const tiers = answers.findLast(({ answer }) => answer.kind === 'tiers')?.answer;
  if (found?.answer.kind !== 'rules') {
    throw new DataError(
      `${origins.join(', ')}: margin tiers alone; give the instrument's rules beside them`,
      {
        code: 'INSTRUMENT_UNREADABLE',
        context: { venue, symbol },
      },
    );
  }
  const { spec: alone } = found.answer;
  const spec = tiers?.kind === 'tiers' ? { ...alone, marginTiers: tiers.tiers } : alone;
  return { spec, rules: rulesOf(spec, found.place), origins };
}

/** @throws DataError naming the place, the symbol and the field */
export function rulesOf(spec: InstrumentRulesSpec, place: string): InstrumentRules {
  try {
    return createInstrumentRules(spec);
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    throw new DataError(`${place}: ${spec.symbol}: ${cause.message}`, {
      code: cause.code,
      context: { ...cause.context, place, symbol: spec.symbol },
      cause,
    });
  }
}

async function documentIn(file: string): Promise<unknown> {
  try {
    const text = await readFile(file, 'utf8');
    return /^\s*[[{]/.test(text) ? JSON.parse(text) : parseYaml(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    const isAbsent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new DataError(
      `${file}: ${isAbsent ? 'no such file' : `not readable as JSON or YAML (${reason})`}`,
      {
        code: 'INSTRUMENT_UNREADABLE',
        context: { file },
        cause,
      },
    );
  }
}
