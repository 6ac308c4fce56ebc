/** Every split as a line of time: what was learned from, dropped, stopped on, calibrated on and judged. */
import { escapeHtml } from './html.ts';
import { count, minute } from './format.ts';
import type { SplitLane, SplitPart } from './report-data.ts';

const WIDTH = 1080;
const LANE = 26;
const LABEL = 90;
const AXIS = 44;

const USES: Readonly<Record<SplitPart['use'], string>> = {
  train: 'learned from',
  purged: 'dropped: their labels reach too far',
  stopping: 'early stopping',
  calibration: 'calibration and prediction sets',
  judged: 'out-of-fold predictions',
  test: 'test, opened once',
};

const DAY_MS = 86_400_000;

/** Narrower than this nothing can be seen. */
const LEAST_WIDTH = 1.5;

export function splitTimeline(lanes: readonly SplitLane[]): string {
  const parts = lanes.flatMap((lane) => lane.parts);
  const from = Math.min(...parts.map((part) => part.fromMs));
  const to = Math.max(...parts.map((part) => part.toMs));
  const x = (ms: number): number => LABEL + ((WIDTH - LABEL - 8) * (ms - from)) / (to - from || 1);
  const height = lanes.length * LANE + AXIS;
  const rows = lanes.map(({ name, parts: own }, i) => {
    const y = i * LANE + 4;
    const blocks = own.map((part) => {
      const width = Math.max(LEAST_WIDTH, x(part.toMs) - x(part.fromMs));
      return `<rect class="use-${part.use}" x="${x(part.fromMs).toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${LANE - 8}" rx="2"><title>${escapeHtml(`${name}: ${USES[part.use]}, ${minute(part.fromMs)} to ${minute(part.toMs)} UTC, ${count(part.rows)} rows`)}</title></rect>`;
    });
    return `<text class="lane" x="0" y="${y + 13}">${escapeHtml(name)}</text>${blocks.join('')}`;
  });
  const ticks = dayTicks(from, to).map((ms) => {
    const at = x(ms).toFixed(1);
    return `<line class="tick" x1="${at}" x2="${at}" y1="0" y2="${lanes.length * LANE + 4}"/><text x="${at}" y="${lanes.length * LANE + 20}">${minute(ms).slice(0, 10)}</text>`;
  });
  const legend = Object.entries(USES).map(
    ([use, text]) => `<span><i class="use-${use}"></i>${escapeHtml(text)}</span>`,
  );
  return `<div class="scroll"><svg class="timeline" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="splits over time"><g class="axis">${ticks.join('')}<text x="${(LABEL + WIDTH) / 2}" y="${height - 6}">time (UTC)</text></g>${rows.join('')}</svg></div><p class="legend">${legend.join('')}</p>`;
}

/** About six midnights, evenly spaced. */
function dayTicks(fromMs: number, toMs: number): readonly number[] {
  const days = Math.max(1, Math.ceil((toMs - fromMs) / DAY_MS / 7));
  const first = Math.ceil(fromMs / DAY_MS) * DAY_MS;
  const step = days * DAY_MS;
  return Array.from(
    { length: Math.max(0, Math.floor((toMs - first) / step) + 1) },
    (_, i) => first + i * step,
  );
}
