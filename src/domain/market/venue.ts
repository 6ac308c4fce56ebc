/** The venues whose order books are understood. */
import { ConfigError } from '../core/index.ts';

export const VENUE_NAMES = ['bybit-linear', 'binance-usdm', 'binance-spot'] as const;

export type VenueName = (typeof VENUE_NAMES)[number];

/** @throws ConfigError when the name is not one of {@link VENUE_NAMES}; `path` names the flag or field it came from. */
export function parseVenueName(name: string, path = '--venue'): VenueName {
  const venue = VENUE_NAMES.find((known) => known === name);
  if (venue === undefined) {
    throw new ConfigError([
      { path, message: `unknown venue "${name}"; known venues: ${VENUE_NAMES.join(', ')}` },
    ]);
  }
  return venue;
}
