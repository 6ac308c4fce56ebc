/** Runs of the same signals under variations, on bars or on recorded events. */
import { type AccountRun, runAccount } from './account.ts';
import { type EventRuns, runEvents } from './event-account.ts';
import type { StressPlan } from './stress.ts';
import { settingsOf, type Variation } from './settings.ts';

/** Runs in the order of the variations, the first of which is what is shown. */
export type Execute = (variations: readonly Variation[]) => Promise<Omit<EventRuns, 'messages'>>;

export function onBars({ markets, signals, config }: StressPlan): Execute {
  return (variations) => {
    const runs = variations.map((variation): AccountRun =>
      runAccount(markets, signals, settingsOf(config, markets, variation)),
    );
    return Promise.resolve({ runs, notes: [] });
  };
}

export function onEvents(
  { markets, signals, config }: StressPlan,
  { inputs, signal }: { readonly inputs: readonly string[]; readonly signal: AbortSignal },
): Execute {
  const [market] = markets;
  return async (variations) =>
    await runEvents({ market: market!, signals: signals[0]!, config, inputs, signal }, variations);
}
