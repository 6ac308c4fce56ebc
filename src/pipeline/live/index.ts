export * from './replay.ts';
export * from './served-model.ts';
