export * from './bar-window.ts';
export * from './signal-engine.ts';
