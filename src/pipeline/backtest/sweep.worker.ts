import { serveJobs } from '../../platform/jobs/index.ts';
import { performSets, type SetResult, type SweepJob } from './sweep-sets.ts';

serveJobs<SweepJob, readonly SetResult[], number>(performSets);
