import { serveJobs } from '../../platform/jobs/index.ts';
import { type FitAnswer, type FitTask, performFit } from './fit.ts';

serveJobs<FitTask, FitAnswer, string>(async (task, { signal, send }) => {
  const answer = await performFit(task, signal);
  send(task.part);
  return answer;
});
