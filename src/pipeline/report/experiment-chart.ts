/** Cumulative returns of the variants as one drawing: no script, nothing from outside. */
import type { EquityLine, ExperimentResult } from './experiment-data.ts';
import { percent } from './format.ts';
import { escapeHtml } from './html.ts';

const WIDTH = 1080;
const HEIGHT = 250;
const MARGIN = { left: 62, right: 12, top: 12, bottom: 26 } as const;
const COLOURS = ['var(--accent)', 'var(--warn)'] as const;
/** Levels beside 0, at most about so many. */
const TICKS = 5;

interface Frame {
  readonly low: number;
  readonly high: number;
  readonly days: number;
}

export function cumulativeChart({ lines, dayMs, folds }: ExperimentResult): string {
  const values = lines.flatMap(({ cumulative }) => cumulative);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const air = Math.max(1e-4, 0.05 * (high - low));
  const frame = { low: low - air, high: high + air, days: dayMs.length };
  const foldLines = folds.map(({ validationStartMs }, fold) => {
    const at = x(dayMs.indexOf(validationStartMs), frame);
    return `<line class="tick" x1="${at}" x2="${at}" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}"/><text x="${at}" y="${HEIGHT - 8}" style="text-anchor:start">fold ${fold + 1}: ${new Date(validationStartMs).toISOString().slice(0, 10)}</text>`;
  });
  const legend = lines.map(
    ({ name }, i) => `<span><i style="background:${COLOURS[i]}"></i>${escapeHtml(name)}</span>`,
  );
  return `<svg class="timeline" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"><title>Cumulative return after costs</title><g class="axis">${ticks(frame)}${foldLines.join('')}</g>${lines.map((line, i) => path(line, COLOURS[i]!, frame)).join('')}</svg><p class="legend">${legend.join('')}</p>`;
}

const x = (day: number, { days }: Frame): string =>
  (MARGIN.left + ((WIDTH - MARGIN.left - MARGIN.right) * Math.max(0, day)) / Math.max(1, days - 1)).toFixed(
    1,
  );

const y = (value: number, { low, high }: Frame): string =>
  (MARGIN.top + ((HEIGHT - MARGIN.top - MARGIN.bottom) * (high - value)) / (high - low)).toFixed(1);

const ROUND = [1, 2, 5, 10];

function ticks({ low, high, days }: Frame): string {
  const size = 10 ** Math.floor(Math.log10((high - low) / TICKS));
  const step = size * (ROUND.find((factor) => (high - low) / (size * factor) <= TICKS) ?? 10);
  const digits = Math.max(0, -Math.floor(Math.log10(100 * step) + 1e-9));
  const level = (times: number): string => {
    const at = y(times * step, { low, high, days });
    const dashed = times === 0 ? ' stroke-dasharray="3 3"' : '';
    return `<line class="tick" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at}" y2="${at}"${dashed}/><text x="${MARGIN.left - 8}" y="${Number(at) + 4}" style="text-anchor:end">${percent(times * step, digits)}</text>`;
  };
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => level(first + i || 0)).join(
    '',
  );
}

function path({ cumulative }: EquityLine, colour: string, frame: Frame): string {
  const points = cumulative.map((value, day) => `${x(day, frame)},${y(value, frame)}`);
  return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.8"/>`;
}
