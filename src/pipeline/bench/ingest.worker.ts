/**
 * One ingest as a process of its own, so that it can be held to some cores and its peak memory is nobody else's:
 * `node ingest.worker.ts '<options as JSON>'` prints its figures as JSON.
 */
import { peakMemory } from './peak-memory.ts';
import type { IngestRun, IngestRunOptions } from './ingest-workers.ts';
import { ingestL2 } from '../ingest/ingest.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as IngestRunOptions;
const { bytesIn, messages, seconds } = await ingestL2({ ...options, clock: () => performance.now() });
const run: IngestRun = { textBytes: bytesIn, messages, seconds, peakRssBytes: peakMemory() };
process.stdout.write(JSON.stringify(run));
