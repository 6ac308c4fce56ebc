import { serveJobs } from '../../platform/jobs/index.ts';
import { type FitAnswer, type FitJob, type FitNews, performFit } from './fit.ts';

serveJobs<FitJob, FitAnswer, FitNews>(performFit);
