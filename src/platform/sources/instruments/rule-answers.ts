/**
 * Rules of one instrument in what exchanges answer (sources: Binance's documentation of `GET /fapi/v1/exchangeInfo`,
 * `GET /api/v3/exchangeInfo` and `GET /fapi/v1/leverageBracket`, Bybit's of `GET /v5/market/instruments-info` and
 * `/v5/market/risk-limit`) and in files of our own format. Which it is, is told by the content.
 */
import { z } from 'zod';
import { DataError } from '../../../domain/core/index.ts';
import {
  CONTRACT_KINDS,
  type ContractKind,
  continuousTiers,
  type InstrumentRulesSpec,
  type MarginTier,
  type VenueName,
} from '../../../domain/market/index.ts';

export interface WantedInstrument {
  readonly venue: VenueName;
  readonly symbol: string;
}

/** What one answer or file tells of the instrument. */
export type RuleAnswer =
  | { readonly kind: 'rules'; readonly spec: InstrumentRulesSpec }
  | { readonly kind: 'tiers'; readonly tiers: readonly MarginTier[] };

const Decimal = z.union([z.string(), z.number()]).transform(String);
const Named = z.looseObject({ symbol: z.string() });
const BinanceInfo = z.looseObject({ symbols: z.array(Named) });
const BinanceInstrument = z.looseObject({
  contractType: z.string().optional(),
  filters: z.array(z.looseObject({ filterType: z.string() })),
});
const BinanceBrackets = z
  .union([z.array(Named), Named.transform((one) => [one])])
  .refine((all) => all.length > 0 && all.every((one) => 'brackets' in one));
const Brackets = z.looseObject({
  brackets: z.array(
    z.looseObject({
      notionalCap: z.coerce.number(),
      maintMarginRatio: z.coerce.number(),
      cum: z.coerce.number(),
    }),
  ),
});
const BybitList = z.looseObject({ result: z.looseObject({ list: z.array(Named) }) });
const BybitInstrument = z.looseObject({
  contractType: z.string(),
  priceFilter: z.looseObject({ tickSize: z.string() }),
  lotSizeFilter: z.looseObject({
    qtyStep: z.string(),
    minOrderQty: z.string(),
    maxOrderQty: z.string(),
    maxMktOrderQty: z.string().optional(),
    minNotionalValue: z.string().optional(),
  }),
});
const BybitTier = z.looseObject({
  riskLimitValue: z.coerce.number(),
  maintenanceMargin: z.coerce.number(),
  initialMargin: z.coerce.number(),
  maxLeverage: z.coerce.number(),
});
const OwnInstrument = z.strictObject({
  venue: z.string(),
  symbol: z.string(),
  contract: z.enum(CONTRACT_KINDS),
  tickSize: Decimal,
  lotSize: Decimal,
  minQty: Decimal,
  maxQty: Decimal.nullable().default(null),
  maxMarketQty: Decimal.nullable().default(null),
  minNotional: Decimal.default('0'),
  marginTiers: z
    .array(
      z.strictObject({
        upToNotional: z.number().nullable(),
        maintenanceRate: z.number(),
        deduction: z.number().optional(),
      }),
    )
    .default([]),
});
const OwnFile = z.looseObject({
  instruments: z.array(z.looseObject({ venue: z.string(), symbol: z.string() })),
});

/** @throws DataError naming the place and the field, when the instrument is not there or not whole */
export function ruleAnswer(value: unknown, wanted: WantedInstrument, place: string): RuleAnswer {
  const own = OwnFile.safeParse(value);
  if (own.success) return { kind: 'rules', spec: ownSpec(own.data.instruments, wanted, place) };
  const binance = BinanceInfo.safeParse(value);
  if (binance.success) return { kind: 'rules', spec: binanceSpec(binance.data.symbols, wanted, place) };
  const brackets = BinanceBrackets.safeParse(value);
  if (brackets.success) return { kind: 'tiers', tiers: binanceTiers(brackets.data, wanted, place) };
  const bybit = BybitList.safeParse(value);
  if (bybit.success) {
    const { list } = bybit.data.result;
    if (list.some((one) => 'riskLimitValue' in one))
      return { kind: 'tiers', tiers: bybitTiers(list, wanted, place) };
    return { kind: 'rules', spec: bybitSpec(list, wanted, place) };
  }
  throw refuse(
    place,
    wanted,
    'is neither an answer of exchangeInfo, leverageBracket, instruments-info or risk-limit, nor a list of `instruments`',
  );
}

function ownSpec(
  all: readonly { readonly venue: string; readonly symbol: string }[],
  wanted: WantedInstrument,
  place: string,
): InstrumentRulesSpec {
  const here = all.filter(({ venue }) => venue === wanted.venue);
  const own = checked(OwnInstrument, named(here, wanted, place), wanted, place);
  const isWhole = own.marginTiers.every(({ deduction }) => deduction !== undefined);
  const marginTiers = isWhole ? (own.marginTiers as MarginTier[]) : continuousTiers(own.marginTiers);
  return { ...own, ...wanted, marginTiers };
}

function binanceSpec(
  symbols: readonly { readonly symbol: string }[],
  wanted: WantedInstrument,
  place: string,
): InstrumentRulesSpec {
  const { contractType, filters } = checked(BinanceInstrument, named(symbols, wanted, place), wanted, place);
  const isSpot = contractType === undefined;
  if (isSpot !== (wanted.venue === 'binance-spot'))
    throw refuse(place, wanted, `is of ${isSpot ? 'binance-spot' : 'binance-usdm'}, not of ${wanted.venue}`);
  const text = (filterType: string, field: string): string | null => {
    const found = filters.find((filter) => filter.filterType === filterType)?.[field];
    return typeof found === 'string' ? found : null;
  };
  const needed = (filterType: string, field: string): string => {
    const found = text(filterType, field);
    if (found === null) throw refuse(place, wanted, `has no ${field} in a filter ${filterType}`);
    return found;
  };
  return {
    ...wanted,
    contract: isSpot ? 'spot' : contractOf(contractType, wanted, place),
    tickSize: needed('PRICE_FILTER', 'tickSize'),
    lotSize: needed('LOT_SIZE', 'stepSize'),
    minQty: needed('LOT_SIZE', 'minQty'),
    maxQty: maximum(text('LOT_SIZE', 'maxQty')),
    maxMarketQty: maximum(text('MARKET_LOT_SIZE', 'maxQty')),
    // Futures call it notional, spot minNotional, in a filter that has changed its name.
    minNotional:
      text('MIN_NOTIONAL', 'notional') ??
      text('NOTIONAL', 'minNotional') ??
      text('MIN_NOTIONAL', 'minNotional') ??
      '0',
    marginTiers: [],
  };
}

function bybitSpec(
  list: readonly { readonly symbol: string }[],
  wanted: WantedInstrument,
  place: string,
): InstrumentRulesSpec {
  const found = checked(BybitInstrument, named(list, wanted, place), wanted, place);
  const { lotSizeFilter: lots, priceFilter } = found;
  if (wanted.venue !== 'bybit-linear')
    throw refuse(place, wanted, `is of bybit-linear, not of ${wanted.venue}`);
  return {
    ...wanted,
    contract: contractOf(found.contractType, wanted, place),
    tickSize: priceFilter.tickSize,
    lotSize: lots.qtyStep,
    minQty: lots.minOrderQty,
    maxQty: maximum(lots.maxOrderQty),
    maxMarketQty: maximum(lots.maxMktOrderQty ?? null),
    minNotional: lots.minNotionalValue ?? '0',
    marginTiers: [],
  };
}

/** Exchanges write 0 where they name no largest size. */
const maximum = (text: string | null): string | null => (text === null || Number(text) === 0 ? null : text);

const CONTRACTS: readonly (readonly [RegExp, ContractKind])[] = [
  [/^(?:\w+_)?PERPETUAL$|^LinearPerpetual$/, 'perpetual'],
  [/^(?:CURRENT|NEXT)_(?:MONTH|QUARTER)(?:_DELIVERING)?$|^LinearFutures$/, 'future'],
];

function contractOf(name: string, wanted: WantedInstrument, place: string): ContractKind {
  const known = CONTRACTS.find(([pattern]) => pattern.test(name));
  if (known !== undefined) return known[1];
  throw refuse(place, wanted, `has contractType "${name}", which is not known here: it may not trade yet`);
}

function binanceTiers(
  all: readonly { readonly symbol: string }[],
  wanted: WantedInstrument,
  place: string,
): readonly MarginTier[] {
  const { brackets } = checked(Brackets, named(all, wanted, place), wanted, place);
  return brackets
    .toSorted((a, b) => a.notionalCap - b.notionalCap)
    .map(({ notionalCap, maintMarginRatio, cum }) => ({
      upToNotional: notionalCap,
      maintenanceRate: maintMarginRatio,
      deduction: cum,
    }));
}

function bybitTiers(
  list: readonly { readonly symbol: string }[],
  wanted: WantedInstrument,
  place: string,
): readonly MarginTier[] {
  named(list, wanted, place);
  const rows = list
    .filter(({ symbol }) => symbol === wanted.symbol)
    .map((row) => checked(BybitTier, row, wanted, place))
    .toSorted((a, b) => a.riskLimitValue - b.riskLimitValue);
  return continuousTiers(
    rows.map((row) => ({
      upToNotional: row.riskLimitValue,
      // Margins are shares or per cent; a leverage of 100 is an initial margin of 0.01, or of 1.
      maintenanceRate: row.maintenanceMargin / (row.initialMargin * row.maxLeverage > 10 ? 100 : 1),
    })),
  );
}

function named<T extends { readonly symbol: string }>(
  all: readonly T[],
  wanted: WantedInstrument,
  place: string,
): T {
  const found = all.find(({ symbol }) => symbol === wanted.symbol);
  if (found === undefined)
    throw refuse(
      place,
      wanted,
      `is not among its ${all.length} instruments; check the spelling, such as BTCUSDT`,
    );
  return found;
}

function checked<T>(schema: z.ZodType<T>, value: unknown, wanted: WantedInstrument, place: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw refuse(place, wanted, `is not whole:\n${z.prettifyError(parsed.error)}`, parsed.error);
}

function refuse(
  place: string,
  { venue, symbol }: WantedInstrument,
  fault: string,
  cause?: unknown,
): DataError {
  return new DataError(`${place}: ${symbol} ${fault}`, {
    code: 'INSTRUMENT_UNREADABLE',
    context: { place, venue, symbol },
    cause,
  });
}
