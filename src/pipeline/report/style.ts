/** The report's stylesheet: follows the reader's light or dark preference, prints well, needs no font from outside. */
export const STYLE = `
:root { color-scheme: light dark; --paper:#fbfaf7; --card:#fff; --ink:#1d2733; --soft:#5c6b7a; --line:#c9d1d9; --grid:#e8ebee; --accent:#0f7173; --buy:#2a8f4f; --sell:#c8453b; --warn:#8a5a00; --warn-paper:#fff3d6; --violet:#7a4fb5; }
@media (prefers-color-scheme: dark) { :root { --paper:#12181f; --card:#1a222b; --ink:#e6ebf0; --soft:#9aa8b5; --line:#3a4652; --grid:#26303a; --accent:#3fb5b2; --buy:#57c07d; --sell:#ee7d72; --warn:#ffd27a; --warn-paper:#3a2f14; --violet:#b795ea; } }
* { box-sizing: border-box; }
body { margin:0; background:var(--paper); color:var(--ink); font:15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width:1160px; margin:0 auto; padding:32px 20px 48px; }
h1 { font-size:26px; margin:0 0 6px; letter-spacing:-.01em; }
h2 { font-size:17px; margin:0 0 4px; }
header p { margin:2px 0; color:var(--soft); max-width:80ch; }
section { margin-top:32px; }
.note { color:var(--soft); font-size:13px; margin:0 0 10px; max-width:90ch; }
.badge { font-size:12px; font-weight:600; vertical-align:middle; color:var(--warn); background:var(--warn-paper); border:1px solid currentColor; border-radius:4px; padding:2px 8px; letter-spacing:.04em; white-space:nowrap; }
.verdict { border-left:4px solid var(--accent); background:var(--card); padding:14px 20px; border-radius:0 8px 8px 0; }
.verdict p { margin:0; font-size:17px; } .verdict ul { margin:8px 0 0; padding-left:20px; color:var(--soft); }
.verdict.failed { border-left-color:var(--sell); } .verdict.failed strong { color:var(--sell); }
.cards { display:grid; grid-template-columns:repeat(auto-fit, minmax(142px, 1fr)); gap:12px; }
.card { background:var(--card); border:1px solid var(--grid); border-radius:8px; padding:12px 16px; display:flex; flex-direction:column; }
.card span, .card small { color:var(--soft); font-size:12.5px; } .card b { font-size:23px; font-weight:600; white-space:nowrap; font-variant-numeric:tabular-nums; }
.chart { background:var(--card); border:1px solid var(--grid); border-radius:8px; padding:8px; min-height:260px; }
.chart.tall { height:460px; }
.scroll { overflow-x:auto; }
table { border-collapse:collapse; font-variant-numeric:tabular-nums; background:var(--card); }
h3 { font-size:14px; margin:16px 0 6px; }
section .scroll > table { width:100%; border:1px solid var(--grid); font-size:13.5px; }
section .scroll > table :is(th, td) { padding:7px 9px; }
th, td { padding:7px 10px; text-align:right; font-weight:400; border-bottom:1px solid var(--grid); white-space:nowrap; }
thead th { color:var(--soft); font-size:12.5px; vertical-align:bottom; } tbody th { text-align:left; }
tr.own th, tr.own td { font-weight:600; } td small, th small { color:var(--soft); font-weight:400; }
.matrices { display:grid; grid-template-columns:repeat(auto-fit, minmax(250px, 1fr)); gap:16px; }
figure { margin:0; } figcaption { font-weight:600; margin-bottom:6px; }
.matrix { width:100%; border:1px solid var(--grid); } .matrix td { text-align:center; } .matrix td b { display:block; font-weight:600; } .matrix th { font-size:12px; color:var(--soft); padding:6px; text-align:center; }
.pair { display:grid; grid-template-columns:repeat(auto-fit, minmax(340px, 1fr)); gap:24px; }
.pair > div { min-width:0; }
.uplot, .u-legend { color:var(--ink); font:12px system-ui !important; } .u-legend th { border:0; padding:2px 4px; } .u-legend td { border:0; padding:2px 4px; } .u-legend { background:none; } .u-legend.u-inline { text-align:left; padding:0 8px; } .u-legend .u-series { margin-right:14px; } .u-legend .u-series > * { font-weight:400; white-space:nowrap; padding:1px 0; }
.facts { display:grid; grid-template-columns:max-content 1fr; gap:4px 20px; margin:8px 0 16px; } .facts dt { color:var(--soft); } .facts dd { margin:0; }
details summary { cursor:pointer; color:var(--soft); } pre { background:var(--card); border:1px solid var(--grid); border-radius:8px; padding:12px; overflow-x:auto; font-size:12.5px; }
.trio { display:grid; grid-template-columns:repeat(auto-fit, minmax(300px, 1fr)); gap:16px; } .trio > div { min-width:0; }
thead th:first-child { text-align:left; }
th.text, td.text { text-align:left; white-space:normal; min-width:260px; } th.group { text-align:center; } tr.few { color:var(--soft); }
table.prose td { white-space:normal; } table.prose th { min-width:150px; }
tbody th { max-width:260px; white-space:normal; }
.pill { font-size:11.5px; font-weight:600; border:1px solid currentColor; border-radius:10px; padding:1px 8px; letter-spacing:.03em; } .pill.passed { color:var(--buy); } .pill.failed { color:var(--paper); background:var(--sell); } .pill.not-made { color:var(--soft); }
svg.bar { width:200px; height:20px; vertical-align:middle; overflow:visible; } svg.bar .reach { stroke:var(--soft); stroke-width:2; } svg.bar circle { fill:var(--soft); } svg.bar .good .reach { stroke:var(--accent); } svg.bar .good circle { fill:var(--accent); } svg.bar .bad .reach { stroke:var(--sell); } svg.bar .bad circle { fill:var(--sell); } svg.bar .ref { stroke:var(--ink); stroke-dasharray:3 3; opacity:.5; }
svg .axis text { fill:var(--soft); font-size:11px; text-anchor:middle; } svg .tick { stroke:var(--line); } svg text.lane { fill:var(--ink); font-size:12.5px; }
svg.timeline { width:100%; min-width:640px; background:var(--card); border:1px solid var(--grid); border-radius:8px; padding:10px; }
.use-train { fill:var(--accent); background:var(--accent); } .use-purged { fill:var(--sell); background:var(--sell); } .use-stopping { fill:var(--warn); background:var(--warn); } .use-calibration { fill:var(--violet); background:var(--violet); } .use-judged { fill:var(--soft); background:var(--soft); } .use-test { fill:var(--ink); background:var(--ink); }
.legend { display:flex; flex-wrap:wrap; gap:4px 18px; font-size:12.5px; color:var(--soft); margin:8px 0 0; } .legend i { display:inline-block; width:12px; height:12px; border-radius:2px; margin-right:6px; vertical-align:-1px; }
.tooltip { position:absolute; display:none; z-index:5; pointer-events:none; white-space:pre; background:var(--card); color:var(--ink); border:1px solid var(--line); border-radius:6px; padding:6px 9px; font:12px/1.45 system-ui; }
footer { margin-top:40px; color:var(--soft); font-size:12.5px; border-top:1px solid var(--grid); padding-top:12px; }
th.time, table.prose td.value { white-space:nowrap; } .gain { color:var(--buy); } .loss { color:var(--sell); }
.search input { font:inherit; width:min(420px, 100%); padding:6px 10px; color:var(--ink); background:var(--card); border:1px solid var(--line); border-radius:6px; } .search span { margin-left:10px; }
.rows { max-height:640px; overflow:auto; } .rows thead th { position:sticky; top:0; background:var(--card); } th.short, td.short { min-width:0; white-space:nowrap; }
@media (max-width:600px) { main { padding:20px 12px; } .facts { grid-template-columns:1fr; gap:0; } .facts dd { margin-bottom:8px; } }
`;
