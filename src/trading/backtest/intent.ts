/** What a signal means for the position that there is: the same on candles and on events. */
import { ENTER_LONG, ENTER_SHORT, EXIT_LONG, EXIT_SHORT } from './signals.ts';

export interface Intent {
  /** Why the position is to be left; null when it is kept, or there is none. */
  readonly leave: 'reverse' | 'signal' | 'time' | null;
  /** Side to be entered, after leaving; 0 for none. */
  readonly enter: 1 | -1 | 0;
}

const NOTHING: Intent = { leave: null, enter: 0 };
const LONG: Intent = { leave: null, enter: 1 };
const SHORT: Intent = { leave: null, enter: -1 };
const TO_LONG: Intent = { leave: 'reverse', enter: 1 };
const TO_SHORT: Intent = { leave: 'reverse', enter: -1 };
const EXIT: Intent = { leave: 'signal', enter: 0 };
const TIME_IS_OVER: Intent = { leave: 'time', enter: 0 };

/**
 * @param order a resolved sum of the codes in `signals.ts`
 * @param position of which only the sign counts
 * @param isOver its holding time has passed
 */
export function intentOf(order: number, position: number, isOver: boolean): Intent {
  if (position === 0) {
    if ((order & ENTER_LONG) !== 0) return LONG;
    return (order & ENTER_SHORT) !== 0 ? SHORT : NOTHING;
  }
  const isLong = position > 0;
  if ((order & (isLong ? ENTER_SHORT : ENTER_LONG)) !== 0) return isLong ? TO_SHORT : TO_LONG;
  if ((order & (isLong ? EXIT_LONG : EXIT_SHORT)) !== 0) return EXIT;
  return isOver ? TIME_IS_OVER : NOTHING;
}
