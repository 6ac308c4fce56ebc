export * from './page.ts';
export * from './report-data.ts';
