/** What an exchange accepts of an instrument, and the margin that it wants to be kept. */
import { DataError } from '../core/index.ts';
import { offStepReason, stepOfDecimals, toSteps } from './decimal.ts';
import { createInstrument, type Instrument, type InstrumentSpec } from './instrument.ts';

export const CONTRACT_KINDS = ['spot', 'perpetual', 'future'] as const;

export type ContractKind = (typeof CONTRACT_KINDS)[number];

/** The maintenance margin of a position whose notional is in this tier is `notional · maintenanceRate − deduction`. */
export interface MarginTier {
  /** Notional in quote currency up to which the tier reaches; null for the last. */
  readonly upToNotional: number | null;
  /** Share of the notional. */
  readonly maintenanceRate: number;
  /** Quote currency; makes the margin continuous where one tier passes into the next. */
  readonly deduction: number;
}

export interface InstrumentRules extends Instrument {
  readonly contract: ContractKind;
  /** Of one order. */
  readonly minQtyLots: number;
  /** Of one limit order and of one market order, whole lots; null where the exchange names none. */
  readonly maxQtyLots: number | null;
  readonly maxMarketQtyLots: number | null;
  /** Quote currency; 0 where the exchange names none. */
  readonly minNotional: number;
  /** Ascending; empty where they are not known. */
  readonly marginTiers: readonly MarginTier[];
}

/** As files write them: decimals as text. */
export interface InstrumentRulesSpec extends InstrumentSpec {
  readonly contract: ContractKind;
  readonly minQty: string;
  readonly maxQty: string | null;
  readonly maxMarketQty: string | null;
  readonly minNotional: string;
  readonly marginTiers: readonly MarginTier[];
}

/** @throws DataError naming the field that is no decimal, off the lot, or of tiers in disorder */
export function createInstrumentRules(spec: InstrumentRulesSpec): InstrumentRules {
  const instrument = createInstrument({
    ...spec,
    tickSize: stepText('tickSize', spec.tickSize),
    lotSize: stepText('lotSize', spec.lotSize),
  });
  const { lot } = instrument;
  const minQtyLots = toSteps(spec.minQty, lot);
  if (Number.isNaN(minQtyLots)) {
    const fault =
      offStepReason(spec.minQty) === 'malformed'
        ? 'is not a decimal'
        : `is not a multiple of lotSize ${lot.text}`;
    throw refusal('minQty', spec.minQty, fault);
  }
  checkTiers(spec.marginTiers);
  return {
    ...instrument,
    contract: spec.contract,
    minQtyLots,
    maxQtyLots: wholeLots('maxQty', spec.maxQty, instrument),
    maxMarketQtyLots: wholeLots('maxMarketQty', spec.maxMarketQty, instrument),
    minNotional: decimal('minNotional', spec.minNotional),
    marginTiers: spec.marginTiers,
  };
}

/** Quote currency that a position of this notional must keep; null where the tiers are not known. */
export function maintenanceMargin(tiers: readonly MarginTier[], notional: number): number | null {
  const tier =
    tiers.find(({ upToNotional }) => upToNotional === null || notional <= upToNotional) ?? tiers.at(-1);
  return tier === undefined ? null : notional * tier.maintenanceRate - tier.deduction;
}

/**
 * Tiers of rates alone, with the deductions that make the margin continuous.
 * @param rates ascending by notional
 */
export function continuousTiers(rates: readonly Omit<MarginTier, 'deduction'>[]): readonly MarginTier[] {
  const tiers: MarginTier[] = [];
  for (const rate of rates) {
    const before = tiers.at(-1);
    const step = before === undefined ? 0 : rate.maintenanceRate - before.maintenanceRate;
    const deduction = (before?.deduction ?? 0) + (before?.upToNotional ?? 0) * step;
    tiers.push({ ...rate, deduction });
  }
  return tiers;
}

/** Exchanges write 0 for a step that does not exist; it cannot be traded on. */
function stepText(field: string, text: string): string {
  if (!(decimal(field, text) > 0)) throw refusal(field, text, 'is not a step above 0');
  return text;
}

function decimal(field: string, text: string): number {
  const value = /^\s*\d+(?:\.\d*)?(?:e[+-]?\d{1,2})?\s*$/i.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw refusal(field, text, 'is not a decimal');
  return value;
}

/** Exchanges name largest sizes off the lot: what fits below them counts. */
function wholeLots(field: string, text: string | null, { lot }: Instrument): number | null {
  if (text === null) return null;
  const [whole = '', fraction = ''] = text.trim().split('.');
  const cut = `${whole}.${fraction.slice(0, lot.decimals)}`;
  if (!/^\d*$/.test(fraction) || Number.isNaN(toSteps(cut, stepOfDecimals(lot.decimals))))
    throw refusal(field, text, 'is not a decimal, or beyond 2^53 units');
  return Math.floor(toSteps(cut, stepOfDecimals(lot.decimals)) / lot.units);
}

function checkTiers(tiers: readonly MarginTier[]): void {
  for (const [index, { upToNotional, maintenanceRate, deduction }] of tiers.entries()) {
    const field = `marginTiers[${index}]`;
    const isLast = index === tiers.length - 1;
    const before = tiers[index - 1]?.upToNotional ?? 0;
    if (upToNotional === null ? !isLast : !(upToNotional > before))
      throw refusal(`${field}.upToNotional`, String(upToNotional), `does not follow ${before}`);
    if (!(maintenanceRate >= 0 && maintenanceRate < 1))
      throw refusal(`${field}.maintenanceRate`, String(maintenanceRate), 'is not a share from 0 to below 1');
    if (!Number.isFinite(deduction)) throw refusal(`${field}.deduction`, String(deduction), 'is no amount');
  }
}

function refusal(field: string, text: string, fault: string): DataError {
  return new DataError(`${field}: "${text}" ${fault}`, {
    code: 'INSTRUMENT_INVALID',
    context: { field, text },
  });
}
