/** One HTML file that needs nothing from outside: styles, libraries and data are inside. */
import { readFileSync } from 'node:fs';
import { chartKit } from './chart-kit.ts';
import type { ChartKit } from './chart-kit.ts';
import { escapeHtml } from './html.ts';
import { STYLE } from './style.ts';

export interface PageParts<Data> {
  readonly title: string;
  /** HTML. */
  readonly body: string;
  /** Said at the bottom, as text. */
  readonly runId: string;
  readonly createdAt: string;
  /** What the charts are drawn from. */
  readonly data: Data;
  /** Run in the browser; uses nothing from outside its own body. */
  readonly draw: (data: Data, kit: ChartKit) => void;
}

function libraryFile(packageName: string, file: string): string {
  return readFileSync(new URL(file, import.meta.resolve(packageName)), 'utf8');
}

/** JSON that cannot end the script element that holds it. */
const embedJson = (value: unknown): string => JSON.stringify(value).replace(/</g, String.raw`\u003c`);

export function renderPage<Data>({ title, body, runId, createdAt, data, draw }: PageParts<Data>): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${libraryFile('uplot', 'uPlot.min.css')}${STYLE}</style>
</head>
<body>
<main>
${body}
<footer>Tidemark · run ${escapeHtml(runId)} · ${escapeHtml(createdAt)} · charts: TradingView Lightweight Charts™ (Apache-2.0), uPlot (MIT)</footer>
</main>
<script>${libraryFile('lightweight-charts', 'lightweight-charts.standalone.production.js')}</script>
<script>${libraryFile('uplot', 'uPlot.iife.min.js')}</script>
<script type="application/json" id="report">${embedJson(data)}</script>
<script>(${draw.toString()})(JSON.parse(document.getElementById('report').textContent), (${chartKit.toString()})());</script>
</body>
</html>
`;
}
