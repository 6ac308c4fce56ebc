export { type JobOptions, JobPool, type PoolOptions, runJobs, serveJobs } from './pool.ts';
