/** Funding in a file, packed or not: CSV of the archive or of others, or JSON of an exchange's answer or a list of rows. */
import { z } from 'zod';
import { type TimeSpan } from '../../../domain/candles/index.ts';
import { DataError } from '../../../domain/core/index.ts';
import type { Settlement } from '../../../domain/market/index.ts';
import type { CandleFile } from '../candles/candle-archive.ts';
import { readChunks } from '../content.ts';
import { settlementsIn, settlementsInCsv } from './funding-rows.ts';

/** Ten years of hourly settlements are 4 MB. */
const MAX_BYTES = 64 * 2 ** 20;

const BybitAnswer = z.looseObject({ result: z.looseObject({ list: z.array(z.unknown()) }) });
const Answer = z.union([z.array(z.unknown()), BybitAnswer.transform(({ result }) => result.list)]);

/** @throws DataError naming file, row and field; also when the file is damaged or cannot be read */
export async function readFundingFile(file: string, symbol: string): Promise<readonly Settlement[]> {
  const text = await textIn(file);
  if (!/^[[{]/.test(text)) return settlementsInCsv(text.split(/\r?\n/), symbol, file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refusal(file, `is not JSON (${cause instanceof Error ? cause.message : 'damaged'})`, cause);
  }
  const rows = Answer.safeParse(value);
  if (!rows.success) throw refusal(file, 'is neither a list of rows nor an answer of Bybit', rows.error);
  return settlementsIn(rows.data, symbol, file);
}

async function textIn(file: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of readChunks(file, undefined, MAX_BYTES))
      text += decoder.decode(chunk, { stream: true });
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw refusal(file, `cannot be read (${cause instanceof Error ? cause.message : String(cause)})`, cause);
  }
  return (text + decoder.decode()).replace(/^\uFEFF/, '').trim();
}

/** The archive's file of a month, `data/futures/um/monthly/fundingRate/<SYMBOL>/<SYMBOL>-fundingRate-<month>.zip`. */
export function fundingArchiveFile(symbol: string, month: string, span: TimeSpan): CandleFile {
  const name = `${symbol}-fundingRate-${month}.zip`;
  const segments = ['data', 'futures', 'um', 'monthly', 'fundingRate', symbol, name];
  return { kind: 'monthly', date: month, span, segments };
}

function refusal(file: string, fault: string, cause: unknown): DataError {
  return new DataError(`${file}: ${fault}`, { code: 'FUNDING_UNREADABLE', context: { file }, cause });
}
