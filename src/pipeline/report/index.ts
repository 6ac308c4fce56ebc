export { escapeHtml } from './html.ts';
export * from './page.ts';
export * from './report-data.ts';
export { STYLE } from './style.ts';
export { verdictOf } from './verdict.ts';
