/**
 * One throughput run as a process of its own, undisturbed by what ran before:
 * `node events.worker.ts '<options as JSON>'` prints its figures as JSON.
 */
import { peakMemory } from './peak-memory.ts';
import { type EventsRunOptions, runEvents } from './events-run.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as EventsRunOptions;
const figures = await runEvents(options, () => performance.now());
process.stdout.write(JSON.stringify({ ...figures, peakRssBytes: peakMemory() }));
