/** Settlements in rows of any of the known names: exchanges' answers, the archive's CSV, other people's files. */
import { DataError } from '../../../domain/core/index.ts';
import { type Settlement, settlementTime } from '../../../domain/market/index.ts';
import { timeIn } from '../candles/time-text.ts';

const TIME_NAMES = [
  'calc_time',
  'fundingTime',
  'fundingRateTimestamp',
  'funding_time',
  'time',
  'timestamp',
  'datetime',
  'ts',
] as const;
const RATE_NAMES = ['last_funding_rate', 'fundingRate', 'funding_rate', 'rate'] as const;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** A share of the notional: one of more than 100 % is another unit, or no rate. */
const MAX_RATE = 1;

/**
 * @param rows objects whose fields are called by one of the known names
 * @throws DataError naming the place, the row from 1 on, and the field
 */
export function settlementsIn(
  rows: readonly unknown[],
  symbol: string,
  place: string,
): readonly Settlement[] {
  return rows.map((row, index) => {
    const refuse = (fault: string): DataError => refusal(`${place}: row ${index + 1}`, fault);
    if (typeof row !== 'object' || row === null) throw refuse('is no settlement');
    const fields = new Map<string, unknown>(Object.entries(row));
    const of = fields.get('symbol');
    if (of !== undefined && of !== symbol) throw refuse(`is of ${JSON.stringify(of)}, not of ${symbol}`);
    const textOf = (names: readonly string[]): string => {
      const name = names.find((known) => fields.has(known));
      if (name === undefined) throw refuse(`has no field ${names.slice(0, 3).join(', ')} or the like`);
      return String(fields.get(name)).trim();
    };
    return settlementOf(textOf(TIME_NAMES), textOf(RATE_NAMES), refuse);
  });
}

/**
 * @param lines of a CSV file with a header line, or without one in the order of the archive: time, hours, rate
 * @throws DataError naming file, line and field
 */
export function settlementsInCsv(
  lines: readonly string[],
  symbol: string,
  file: string,
): readonly Settlement[] {
  const [first = '', ...others] = lines;
  const header = fieldsOf(first);
  if (header.length === 0 || !Number.isNaN(timeIn(header[0]!, 'auto'))) {
    const [time, rate] = header.length === 2 ? [0, 1] : [0, 2];
    return settled(lines, 1, (fields) => [fields[time], fields[rate]], file);
  }
  const indexOf = (names: readonly string[]): number => {
    const known = names.map((name) => name.toLowerCase());
    const index = header.findIndex((name) => known.includes(name.toLowerCase()));
    if (index < 0)
      throw refusal(`${file}:1`, `no column ${names.slice(0, 3).join(', ')} or the like among "${first}"`);
    return index;
  };
  const [time, rate] = [indexOf(TIME_NAMES), indexOf(RATE_NAMES)];
  const symbolAt = header.findIndex((name) => name.toLowerCase() === 'symbol');
  return settled(
    others,
    2,
    (fields, place) => {
      if (symbolAt >= 0 && fields[symbolAt] !== symbol)
        throw refusal(place, `is of ${fields[symbolAt] ?? 'no symbol'}, not of ${symbol}`);
      return [fields[time], fields[rate]];
    },
    file,
  );
}

type Pick = (fields: readonly string[], place: string) => readonly [string | undefined, string | undefined];

function settled(
  lines: readonly string[],
  firstLine: number,
  pick: Pick,
  file: string,
): readonly Settlement[] {
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const place = `${file}:${firstLine + index}`;
    const [time = '', rate = ''] = pick(fieldsOf(line), place);
    return [settlementOf(time, rate, (fault) => refusal(place, fault))];
  });
}

const fieldsOf = (line: string): readonly string[] =>
  line.split(',').map((field) => field.trim().replace(/^"(.*)"$/, '$1'));

function settlementOf(time: string, rate: string, refuse: (fault: string) => DataError): Settlement {
  const stampMs = timeIn(time, 'auto');
  if (Number.isNaN(stampMs)) throw refuse(`time "${time.slice(0, 40)}" is none`);
  const value = NUMBER.test(rate) ? Number(rate) : Number.NaN;
  if (!(Math.abs(value) <= MAX_RATE)) throw refuse(`rate "${rate.slice(0, 40)}" is no share of the notional`);
  return { timeMs: settlementTime(Math.round(stampMs)), rate: value };
}

function refusal(place: string, fault: string): DataError {
  return new DataError(`${place}: ${fault}`, { code: 'FUNDING_UNREADABLE', context: { place } });
}
