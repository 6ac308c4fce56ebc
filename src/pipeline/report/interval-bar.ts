/** An estimate with its interval as a small drawing for a table cell; all cells of a column share one scale. */
import { escapeHtml } from './html.ts';

const WIDTH = 220;
const HEIGHT = 22;
const MARGIN = 6;

export interface IntervalScale {
  readonly low: number;
  readonly high: number;
  /** Where chance, zero or a limit lies: a dashed line through all rows. */
  readonly reference?: number;
}

/** A scale that holds all the values and the reference, with a little air. */
export function scaleOf(values: readonly number[], reference?: number): IntervalScale {
  const all = [...values, ...(reference === undefined ? [] : [reference])].filter((x) => Number.isFinite(x));
  const low = Math.min(...all, Infinity);
  const high = Math.max(...all, -Infinity);
  if (!(low <= high)) return { low: 0, high: 1 };
  const air = Math.max((high - low) * 0.06, 1e-6);
  return { low: low - air, high: high + air, ...(reference === undefined ? {} : { reference }) };
}

const place = (value: number, { low, high }: IntervalScale): number =>
  MARGIN + ((WIDTH - 2 * MARGIN) * (value - low)) / (high - low);

const frame = (inside: string): string =>
  `<svg class="bar" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">${inside}</svg>`;

function referenceLine(scale: IntervalScale): string {
  if (scale.reference === undefined) return '';
  const x = place(scale.reference, scale).toFixed(1);
  return `<line class="ref" x1="${x}" x2="${x}" y1="0" y2="${HEIGHT}"/>`;
}

interface Drawn {
  readonly estimate: number;
  readonly interval: readonly [number, number];
  readonly title: string;
  readonly tone?: 'good' | 'bad' | 'plain' | undefined;
}

export function intervalBar(
  { estimate, interval: [low, high], title, tone = 'plain' }: Drawn,
  scale: IntervalScale,
): string {
  const middle = HEIGHT / 2;
  const known = [estimate, low, high].every((x) => Number.isFinite(x));
  const drawing = known
    ? `<line class="reach" x1="${place(low, scale).toFixed(1)}" x2="${place(high, scale).toFixed(1)}" y1="${middle}" y2="${middle}"/><circle cx="${place(estimate, scale).toFixed(1)}" cy="${middle}" r="4.5"/>`
    : '';
  return frame(`<title>${escapeHtml(title)}</title><g class="${tone}">${drawing}</g>${referenceLine(scale)}`);
}

/** The column's head: its name, and the scale that its bars are drawn on. */
export function intervalAxis(name: string, scale: IntervalScale): string {
  const ticks = ticksOf(scale).map((x) => {
    const at = place(x, scale).toFixed(1);
    return `<line class="tick" x1="${at}" x2="${at}" y1="${HEIGHT - 4}" y2="${HEIGHT}"/><text x="${at}" y="${HEIGHT - 7}">${String(Number(x.toPrecision(4))).replace('-', '−')}</text>`;
  });
  return `${escapeHtml(name)}<br>${frame(`<g class="axis"><line class="tick" x1="${MARGIN}" x2="${WIDTH - MARGIN}" y1="${HEIGHT}" y2="${HEIGHT}"/>${ticks.join('')}</g>`)}`;
}

const STEPS = [1, 2, 5, 10];

/** Three to five round numbers within the scale. */
function ticksOf({ low, high }: IntervalScale): readonly number[] {
  const size = 10 ** Math.floor(Math.log10((high - low) / 3));
  const step = size * (STEPS.find((factor) => (high - low) / (size * factor) <= 4.5) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}
