/** Renders a quality report as one HTML file without scripts that needs nothing from outside. */
import { isoMinute } from '../../domain/core/index.ts';
import { escapeHtml, STYLE } from '../report/index.ts';
import { coverageMap, MAP_STYLE } from './coverage-map.ts';
import type { DriftMonth, FeatureDrift } from './drift.ts';
import type { Finding, Place } from './findings.ts';
import { minutesText, totalsByCause } from './gap-text.ts';
import type { IngestSummary, QualityReport } from './quality-report.ts';

const MAX_GAPS_SHOWN = 100;

const PAGE_STYLE = `
.cards { grid-template-columns:repeat(auto-fit, minmax(164px, 1fr)); } header p { max-width:none; }
details { margin-top:14px; } details .scroll { margin-top:8px; } details .scroll > table { width:100%; border:1px solid var(--grid); font-size:13.5px; } details .scroll > table :is(th, td) { padding:5px 9px; }
.verdict.bad { border-color:var(--sell); } .verdict li { margin:1px 0; }
.findings { width:100%; } .findings :is(th, td) { text-align:left; white-space:normal; vertical-align:top; } .findings td.count { text-align:right; font-variant-numeric:tabular-nums; }
.findings ul { margin:4px 0 0; padding:0; list-style:none; color:var(--soft); font-size:12.5px; } .findings li { overflow-wrap:anywhere; } .findings code { font-size:12px; }
.findings details { margin-top:4px; font-size:12.5px; } .findings td:last-child { min-width:200px; color:var(--soft); }
.tag { display:inline-block; font-size:12px; font-weight:600; border:1px solid currentColor; border-radius:4px; padding:0 7px; } .tag.error { color:var(--sell); } .tag.warning { color:var(--warn); } .tag.note { color:var(--soft); }
table.words :is(th, td).word { text-align:left; } table.words :is(th, td):last-child { text-align:left; white-space:normal; overflow-wrap:anywhere; }
td.drift { background:color-mix(in srgb, var(--sell) 35%, transparent); font-weight:600; } td.shift { background:color-mix(in srgb, var(--warn) 22%, transparent); } td.constant { background:var(--grid); } td.faint { color:var(--soft); }
`;

/** @param facts.createdAt ISO time of the check */
export function renderQualityPage(
  report: QualityReport,
  facts: { readonly runId: string; readonly createdAt: string; readonly codeVersion: string },
): string {
  const map = coverageMap(report);
  const title = `Data quality: ${report.symbol}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}${MAP_STYLE}${PAGE_STYLE}</style>
</head>
<body>
<main>
<header><h1>${escapeHtml(title)}${report.synthetic ? ' <span class="badge">SYNTHETIC DATA</span>' : ''}</h1>
<p>${escapeHtml(report.venue)} · ${escapeHtml(report.symbol)} · minute bars of ${report.from} to ${report.to} (UTC) · ${report.coverage.files} of ${report.coverage.days} days have a file</p></header>
${verdict(report)}
${cards(report)}
<section><h2>Coverage</h2><p class="note">${map.caption}</p><div class="map">${map.html}</div></section>
${findings(report.findings)}
${gapTables(report)}
${driftTables(report.drift)}
${ingests(report.ingests)}
<footer>Tidemark ${escapeHtml(facts.codeVersion)} · run ${escapeHtml(facts.runId)} · ${escapeHtml(facts.createdAt)} · ${escapeHtml(report.folder)}</footer>
</main>
</body>
</html>
`;
}

const count = (value: number): string => value.toLocaleString('en');
const share = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
const number = (value: number | null): string =>
  value === null || !Number.isFinite(value) ? '–' : Number(value.toPrecision(4)).toString().replace('-', '−');

function verdict({ verdict: sentences, errors }: QualityReport): string {
  const [first = '', ...rest] = sentences;
  return `<section class="verdict${errors > 0 ? ' bad' : ''}"><p><strong>${escapeHtml(first)}</strong></p><ul>${rest.map((s) => `<li>${escapeHtml(s)}</li>`).join('')}</ul></section>`;
}

function cards({ coverage, depth, errors, warnings, notes }: QualityReport): string {
  const { minutes, present, complete, usable, seams, joinedSeams } = coverage;
  const card = (name: string, value: string, note: string): string =>
    `<div class="card"><span>${name}</span><b>${value}</b><small>${note}</small></div>`;
  const levels =
    depth === null
      ? card('Book levels', '–', 'no book could be read')
      : card(
          'Book levels, median',
          `${depth.bids.median} / ${depth.asks.median}`,
          `bid / ask; least ${depth.bids.least}&nbsp;/&nbsp;${depth.asks.least}`,
        );
  return `<section class="cards">${[
    card('Minutes present', share(present, minutes), `${count(present)} of ${count(minutes)}`),
    card('Complete', share(complete, minutes), `${count(complete)} with their features`),
    card('Usable', share(usable, minutes), `${count(usable)} complete and with a return`),
    card('Midnights joined', `${joinedSeams} / ${seams}`, 'a return crosses where both sides exist'),
    levels,
    card('Findings', `${errors} / ${warnings} / ${notes}`, 'kinds of error / warning / note'),
  ].join('')}</section>`;
}

function findings(all: readonly Finding[]): string {
  if (all.length === 0) return '<section><h2>Findings</h2><p class="note">None.</p></section>';
  const row = ({ severity, what, count: times, places, todo }: Finding): string =>
    `<tr><td><span class="tag ${severity}">${severity}</span></td><td>${escapeHtml(what)}${placeList(places)}</td><td class="count">${count(times)}</td><td>${escapeHtml(todo)}</td></tr>`;
  return `<section><h2>Findings</h2><p class="note">One line a kind, gravest first; counts are exact, places are the first ones.</p>
<div class="scroll"><table class="findings"><thead><tr><th></th><th>what and where</th><th>count</th><th>what to do</th></tr></thead><tbody>${all.map(row).join('')}</tbody></table></div></section>`;
}

const PLACES_OPEN = 3;

function placeList(places: readonly Place[]): string {
  const items = places.flatMap((place) => {
    const { file, minute, column, detail } = place;
    const where = [file, minute, column].filter((part) => part !== undefined);
    const named = where.map((part) => `<code>${escapeHtml(part)}</code>`).join(' ');
    const said = detail === undefined ? '' : escapeHtml(detail);
    return named === '' && said === '' ? [] : `<li>${[named, said].filter(Boolean).join(': ')}</li>`;
  });
  if (items.length === 0) return '';
  const rest = items.slice(PLACES_OPEN);
  const more =
    rest.length === 0
      ? ''
      : `<details><summary>${rest.length} more</summary><ul>${rest.join('')}</ul></details>`;
  return `<ul>${items.slice(0, PLACES_OPEN).join('')}</ul>${more}`;
}

function gapTables({ gaps }: QualityReport): string {
  if (gaps.length === 0) {
    return '<section><h2>Gaps</h2><p class="note">None: every minute from the first to the last is complete.</p></section>';
  }
  const cause = totalsByCause(gaps).map(
    ({ cause, ranges, minutes, longest }) =>
      `<tr><th>${cause}</th><td>${count(ranges)}</td><td>${count(minutes)}</td><td>${isoMinute(longest.fromMs)}, ${minutesText(longest.minutes)}</td></tr>`,
  );
  const longest = gaps.toSorted((a, b) => b.minutes - a.minutes || a.fromMs - b.fromMs);
  const range = longest
    .slice(0, MAX_GAPS_SHOWN)
    .map(
      ({ fromMs, toMs, minutes, kind, cause, detail }) =>
        `<tr><th>${isoMinute(fromMs)}</th><td>${isoMinute(toMs)}</td><td>${count(minutes)}</td><td class="word">${kind}</td><td class="word">${cause}</td><td>${escapeHtml(detail ?? '')}</td></tr>`,
    );
  return `<section><h2>Gaps by cause</h2><p class="note">Missing minutes have no bar; incomplete ones have a bar without features. Model input contains neither.</p>
<div class="scroll"><table class="words"><thead><tr><th></th><th>stretches</th><th>minutes</th><th>longest</th></tr></thead><tbody>${cause.join('')}</tbody></table></div>
<details open><summary>${gaps.length > MAX_GAPS_SHOWN ? `The ${MAX_GAPS_SHOWN} longest of ${count(gaps.length)} gaps` : 'All gaps, longest first'}</summary>
<div class="scroll"><table class="words"><thead><tr><th class="word">from</th><th>until before</th><th>minutes</th><th class="word">kind</th><th class="word">cause</th><th>place in the input</th></tr></thead><tbody>${range.join('')}</tbody></table></div></details></section>`;
}

function driftTables(drift: readonly FeatureDrift[]): string {
  const months = [...new Set(drift.flatMap(({ months }) => months.map(({ month }) => month)))].toSorted();
  if (months.length === 0) return '';
  const at = (feature: FeatureDrift, month: string): DriftMonth | undefined =>
    feature.months.find((candidate) => candidate.month === month);
  const cell = (feature: FeatureDrift, month: string): string => {
    const found = at(feature, month);
    if (found === undefined) return '<td class="faint">–</td>';
    const { rows, mark, psi, shift } = found;
    const label =
      mark === 'reference' ? 'ref.' : mark === 'constant' ? 'constant' : psi === null ? '·' : psi.toFixed(2);
    const title = `${feature.feature} ${month}: ${count(rows)} rows, ${mark}${shift === null ? '' : `, median moved by ${number(shift)} σ`}`;
    const faint = mark === 'reference' || mark === 'too-few-rows' ? ' faint' : '';
    return `<td class="${mark}${faint}" title="${escapeHtml(title)}">${label}</td>`;
  };
  const detail = drift.flatMap(({ feature, months }) =>
    months.map(
      ({ month, rows, mean, standardDeviation, median, psi, shift, mark }) =>
        `<tr><th>${feature}</th><td>${month}</td><td>${count(rows)}</td><td>${number(mean)}</td><td>${number(standardDeviation)}</td><td>${number(median)}</td><td>${number(psi)}</td><td>${number(shift)}</td><td>${mark}</td></tr>`,
    ),
  );
  const judged = drift.some(({ reference }) => reference !== null);
  const matrix = judged
    ? `<p class="note">Population stability index against the first month with a week of minutes (ref.): below 0.1 steady, 0.1 to 0.25 shifted, above it drifted; also drifted: a median that has moved by a robust standard deviation. A dot: too few rows to judge.</p>
<div class="scroll"><table><thead><tr><th></th>${months.map((month) => `<th>${month}</th>`).join('')}</tr></thead><tbody>${drift.map((feature) => `<tr><th>${feature.feature}</th>${months.map((month) => cell(feature, month)).join('')}</tr>`).join('')}</tbody></table></div>`
    : '<p class="note">No month has a week of minutes: there is nothing to compare.</p>';
  return `<section><h2>Drift by month</h2>${matrix}
<details><summary>Mean, standard deviation and median</summary><div class="scroll"><table><thead><tr><th>feature</th><th>month</th><th>rows</th><th>mean</th><th>std</th><th>median</th><th>PSI</th><th>shift, σ</th><th></th></tr></thead><tbody>${detail.join('')}</tbody></table></div></details></section>`;
}

function ingests(all: readonly IngestSummary[]): string {
  if (all.length === 0) return '';
  const row = (i: IngestSummary): string =>
    `<tr><th>${escapeHtml(i.manifest)}</th><td>${count(i.inputs)}</td><td>${count(i.days)}</td><td>${count(i.messages)}</td><td>${count(i.bars)}</td><td>${count(i.gaps)}</td><td>${count(i.crossed)}</td><td>${count(i.quarantined)}</td><td>${count(i.damaged)}</td><td>${i.checkedSnapshots === 0 ? '–' : `${count(i.checkedSnapshots - i.disagreements)} of ${count(i.checkedSnapshots)}`}</td><td>${escapeHtml(`${i.tickSize} / ${i.lotSize}`)}</td><td>${escapeHtml(i.codeVersion)}</td></tr>`;
  return `<section><h2>Where the bars came from</h2><p class="note">What each ingest saw. Snapshots: how many of the venue's own snapshots agree with the book rebuilt up to them.</p>
<div class="scroll"><table><thead><tr><th>manifest</th><th>inputs</th><th>days</th><th>messages</th><th>bars</th><th>gaps</th><th>crossed</th><th>quarantined</th><th>damaged</th><th>snapshots agree</th><th>tick / lot</th><th>code</th></tr></thead><tbody>${all.map(row).join('')}</tbody></table></div></section>`;
}
