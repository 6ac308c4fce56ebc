/** The best levels of one side, still in ticks and lots: they become decimals only when a bar closes. */
import { BAR_LEVELS } from './bar.ts';

export class TopLevels {
  /** Best first; only the first {@link count} are of concern. */
  readonly ticks = new Float64Array(BAR_LEVELS);
  readonly lots = new Float64Array(BAR_LEVELS);
  count = 0;
}
