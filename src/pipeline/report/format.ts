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
