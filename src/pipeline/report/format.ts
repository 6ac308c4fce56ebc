/** Numbers as people read them. */
export const fixed = (value: number, digits = 3): string =>
  Number.isFinite(value) ? value.toFixed(digits).replace('-', '−') : '–';

export const percent = (value: number, digits = 0): string =>
  Number.isFinite(value) ? `${fixed(100 * value, digits)} %` : '–';

export const signed = (value: number, digits = 3): string =>
  value >= 0 ? `+${fixed(value, digits)}` : fixed(value, digits);

export const count = (value: number): string => value.toLocaleString('en');

/** `2025-01-31 23:59` */
export const minute = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');

export const bounds = ([low, high]: readonly [number, number], digits = 3): string =>
  `${fixed(low, digits)} – ${fixed(high, digits)}`;

/** `+1.2 %` */
export const signedPercent = (value: number, digits = 1): string =>
  Number.isFinite(value) ? `${signed(100 * value, digits)} %` : '–';

export const money = (value: number, digits = 2): string =>
  Number.isFinite(value)
    ? (Object.is(value, -0) ? 0 : value)
        .toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
        .replace('-', '−')
    : '–';

const UNITS = [
  ['year', 365 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** `3.5 days` */
export function timeSpan(ms: number): string {
  const [name, unit] = UNITS.find(([, size]) => ms >= size) ?? UNITS[3];
  const value = Number((ms / unit).toPrecision(3));
  return `${value} ${name}${value === 1 ? '' : 's'}`;
}
