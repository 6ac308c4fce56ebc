/**
 * Coverage as a picture, drawn as SVG without a script: up to two weeks minute by minute, up to two months hour by hour,
 * longer periods as a calendar of days.
 */
import { DAY_MS, isoDay, MINUTE_MS } from '../../domain/core/index.ts';
import { escapeHtml } from '../report/index.ts';
import { describeGap } from './gap-text.ts';
import type { GapRange } from './gaps.ts';
import type { DayCoverage, QualityReport } from './quality-report.ts';

const MAX_MINUTE_DAYS = 14;
const MAX_HOUR_DAYS = 60;

/** Upper bounds of the shares of complete minutes that a shade stands for; above the last, all of them. */
const SHADES = [
  { below: Number.MIN_VALUE, name: 'none' },
  { below: 0.5, name: 'under 50 %' },
  { below: 0.9, name: '50–90 %' },
  { below: 0.99, name: '90–99 %' },
  { below: 1, name: '99 % and more' },
  { below: Infinity, name: 'all' },
] as const;

export interface CoverageMap {
  readonly caption: string;
  readonly html: string;
}

export const MAP_STYLE = `
.map { background:var(--card); border:1px solid var(--grid); border-radius:8px; padding:14px 16px 10px; overflow-x:auto; }
.map > svg { display:block; width:100%; min-width:680px; height:auto; } .map text { fill:var(--soft); font:11px system-ui, sans-serif; }
.map .s0 { fill:var(--grid); } .map .s1 { fill:color-mix(in srgb, var(--sell) 85%, var(--card)); } .map .s2 { fill:color-mix(in srgb, var(--sell) 45%, var(--card)); }
.map .s3 { fill:color-mix(in srgb, var(--accent) 35%, var(--card)); } .map .s4 { fill:color-mix(in srgb, var(--accent) 65%, var(--card)); } .map .s5 { fill:var(--accent); }
.map .missing { fill:var(--grid); } .map .incomplete { fill:var(--sell); } .map .faulty { fill:none; stroke:var(--sell); stroke-width:1.5; }
.legend { display:flex; flex-wrap:wrap; gap:4px 16px; color:var(--soft); font-size:12.5px; margin-top:8px; } .legend span { display:inline-flex; align-items:center; gap:6px; }
.legend svg { width:14px; height:14px; }
`;

export function coverageMap({ coverage, gaps }: QualityReport): CoverageMap {
  const { byDay } = coverage;
  if (byDay.length <= MAX_MINUTE_DAYS) {
    return {
      caption: 'Each line is a UTC day, minute by minute. Point at a hole to see its cause.',
      html: minuteStrips(byDay, gaps) + MINUTE_LEGEND,
    };
  }
  const legend = shadeLegend();
  if (byDay.length <= MAX_HOUR_DAYS) {
    return {
      caption: 'Each line is a UTC day, each cell an hour; the shade is the share of complete minutes.',
      html: hourGrid(byDay) + legend,
    };
  }
  return {
    caption: 'Each cell is a UTC day, each column a week; the shade is the share of complete minutes.',
    html: calendar(byDay) + legend,
  };
}

const LEFT = 92;
const WIDTH = 1_120;

interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly name: string;
  readonly title?: string;
}

const short = (value: number): string => value.toFixed(2).replace(/\.?0+$/, '');

const rect = ({ x, y, width, height, name, title }: Rect): string =>
  `<rect x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}" class="${name}"` +
  (title === undefined ? '/>' : `><title>${escapeHtml(title)}</title></rect>`);

const text = (x: number, y: number, content: string, anchor = 'start'): string =>
  `<text x="${short(x)}" y="${short(y)}" text-anchor="${anchor}">${content}</text>`;

const svg = (width: number, height: number, content: string): string =>
  `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Coverage">${content}</svg>`;

const faultyFrame = (day: DayCoverage, frame: Omit<Rect, 'name' | 'title'>): string =>
  day.file === 'faulty' ? rect({ ...frame, name: 'faulty' }) : '';

function hourAxis(top: number): string {
  const hours = [0, 3, 6, 9, 12, 15, 18, 21, 24];
  return hours
    .map((hour) =>
      text(
        LEFT + ((WIDTH - LEFT) * hour) / 24,
        top,
        `${String(hour).padStart(2, '0')}:00`,
        hour === 0 ? 'start' : hour === 24 ? 'end' : 'middle',
      ),
    )
    .join('');
}

function minuteStrips(days: readonly DayCoverage[], gaps: readonly GapRange[]): string {
  const [height, step, top] = [18, 24, 20];
  const perMinute = (WIDTH - LEFT) / 1_440;
  const strips = days.map((day, index) => {
    const dayMs = Date.parse(`${day.day}T00:00:00Z`);
    const y = top + index * step;
    const base = { x: LEFT, y, width: WIDTH - LEFT, height };
    const holes = gaps
      .filter(({ fromMs, toMs }) => fromMs < dayMs + DAY_MS && toMs > dayMs)
      .map((gap) => {
        const from = Math.max(0, (gap.fromMs - dayMs) / MINUTE_MS);
        const to = Math.min(1_440, (gap.toMs - dayMs) / MINUTE_MS);
        const width = Math.max((to - from) * perMinute, 1);
        return rect({
          x: LEFT + from * perMinute,
          y,
          width,
          height,
          name: gap.kind,
          title: describeGap(gap),
        });
      });
    return (
      text(0, y + height - 5, day.day) +
      rect({ ...base, name: 's5', title: dayTitle(day) }) +
      holes.join('') +
      faultyFrame(day, base)
    );
  });
  return svg(WIDTH, top + days.length * step, hourAxis(12) + strips.join(''));
}

function hourGrid(days: readonly DayCoverage[]): string {
  const [height, step, top] = [13, 15, 20];
  const cell = (WIDTH - LEFT) / 24;
  const lines = days.map((day, index) => {
    const y = top + index * step;
    const cells = day.completeByHour.map((complete, hour) =>
      rect({
        x: LEFT + hour * cell,
        y,
        width: cell - 2,
        height,
        name: shadeOf(complete / 60),
        title: `${day.day} ${String(hour).padStart(2, '0')}:00: ${complete} of 60 minutes complete`,
      }),
    );
    const frame = faultyFrame(day, { x: LEFT - 1, y: y - 1, width: WIDTH - LEFT, height: height + 2 });
    return text(0, y + height - 2.5, day.day) + cells.join('') + frame;
  });
  return svg(WIDTH, top + days.length * step, hourAxis(12) + lines.join(''));
}

/** One block a year: weeks from left to right, Monday on top. */
function calendar(days: readonly DayCoverage[]): string {
  const years = Map.groupBy(days, ({ day }) => day.slice(0, 4));
  const cell = (WIDTH - LEFT) / 53;
  const side = cell - 2.5;
  const blockHeight = 7 * cell + 30;
  const blocks = [...years].map(([year, ofYear], index) => {
    const top = index * blockHeight + 16;
    const firstMs = Date.parse(`${year}-01-01T00:00:00Z`);
    const offset = weekday(firstMs);
    const placeOf = (day: string): { readonly x: number; readonly y: number } => {
      const dayMs = Date.parse(`${day}T00:00:00Z`);
      const week = Math.floor(((dayMs - firstMs) / DAY_MS + offset) / 7);
      return { x: LEFT + week * cell, y: top + weekday(dayMs) * cell };
    };
    const cells = ofYear.map((day) => {
      const frame = { ...placeOf(day.day), width: side, height: side };
      return (
        rect({ ...frame, name: shadeOf(day.complete / 1_440), title: dayTitle(day) }) +
        faultyFrame(day, frame)
      );
    });
    const months = Array.from({ length: 12 }, (_, month) => {
      const day = isoDay(Date.UTC(Number(year), month, 4));
      return text(placeOf(day).x, top - 5, MONTHS[month]!);
    });
    const weekdays = [0, 2, 4].map((day) => text(LEFT - 34, top + day * cell + side - 4, WEEKDAYS[day]!));
    return text(0, top + 3.5 * cell, year) + months.join('') + weekdays.join('') + cells.join('');
  });
  return svg(WIDTH, Math.round(years.size * blockHeight), blocks.join(''));
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** 0 is Monday; the first day of the epoch was a Thursday. */
const weekday = (dayMs: number): number => (dayMs / DAY_MS + 3) % 7;

const shadeOf = (share: number): string => `s${SHADES.findIndex(({ below }) => share < below)}`;

const dayTitle = ({ day, complete, usable, file }: DayCoverage): string =>
  file === 'none'
    ? `${day}: no file`
    : `${day}: ${complete} of 1440 minutes complete, ${usable} usable${file === 'faulty' ? ', with errors' : ''}`;

const swatch = (name: string, label: string): string =>
  `<span><svg viewBox="0 0 14 14"><rect x="1" y="1" width="12" height="12" class="${name}"/></svg>${label}</span>`;

const FAULTY_SWATCH = swatch('faulty', 'file with errors');

const shadeLegend = (): string =>
  `<div class="legend">${SHADES.map(({ name }, index) => swatch(`s${index}`, name)).join('')}${FAULTY_SWATCH}</div>`;

const MINUTE_LEGEND = `<div class="legend">${swatch('s5', 'complete')}${swatch('incomplete', 'incomplete')}${swatch('missing', 'missing')}${FAULTY_SWATCH}</div>`;
