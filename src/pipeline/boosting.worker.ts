import { serveBoosting } from './boosting-threads.ts';

serveBoosting();
