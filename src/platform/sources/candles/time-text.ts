/** Times as files write them: seconds, milliseconds, microseconds or nanoseconds since 1970, or ISO 8601. */

export const TIME_UNITS = ['auto', 's', 'ms', 'us', 'ns', 'iso'] as const;

/** `auto`: each time is told by itself, numbers by their magnitude. */
export type TimeUnit = (typeof TIME_UNITS)[number];

const UNITS_A_MS = { s: 1e-3, ms: 1, us: 1e3, ns: 1e6 } as const;

/** Years 1973 to 5138 in each unit: no number falls into two of them. */
const FROM = { s: 1e8, ms: 1e11, us: 1e14, ns: 1e17 } as const;
const MAGNITUDE = 1e3;

const ISO =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/i;

/** Milliseconds since 1970-01-01 UTC, with a fraction where the text has one; NaN when it is no such time. */
export function timeIn(text: string, unit: TimeUnit): number {
  if (unit === 'iso') return isoTime(text);
  if (!/^\d{1,19}(\.\d*)?$/.test(text)) return unit === 'auto' ? isoTime(text) : Number.NaN;
  const value = Number(text);
  const scale = unit === 'auto' ? scaleOf(value) : unit;
  if (scale === null || value < FROM[scale] || value >= FROM[scale] * MAGNITUDE) return Number.NaN;
  return scale === 's' ? value * 1_000 : value / UNITS_A_MS[scale];
}

function scaleOf(value: number): keyof typeof FROM | null {
  const scales = Object.keys(FROM) as (keyof typeof FROM)[];
  return scales.find((scale) => value >= FROM[scale] && value < FROM[scale] * MAGNITUDE) ?? null;
}

/** A time without a zone is UTC. */
function isoTime(text: string): number {
  const [, day, minute = '00:00', second = '00', fraction = '', zone = 'Z'] = ISO.exec(text) ?? [];
  if (day === undefined) return Number.NaN;
  const dayMs = Date.parse(`${day}T00:00:00Z`);
  // Some days that no calendar has, such as 2025-02-30, parse as the day that they would be.
  if (Number.isNaN(dayMs) || new Date(dayMs).toISOString().slice(0, 10) !== day) return Number.NaN;
  const offset = /^(Z|UTC)$/i.test(zone) ? 'Z' : zone.replace(/^(...):?/, '$1:');
  return Date.parse(`${day}T${minute}:${second}${fraction === '' ? '' : `.${fraction}`}${offset}`);
}
