export { type PoolOptions, runJobs, serveJobs } from './pool.ts';
