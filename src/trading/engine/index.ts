export * from './bar-window.ts';
export * from './outcome-watch.ts';
export * from './prediction-sets.ts';
export * from './signal-engine.ts';
