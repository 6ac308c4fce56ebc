import { serveJobs } from '../platform/jobs/index.ts';
import { type IngestUnit, ingestUnit, type UnitOutcome, type UnitProgress } from './ingest-unit.ts';

serveJobs<IngestUnit, UnitOutcome, UnitProgress>((unit, { signal, send }) =>
  ingestUnit(unit, { signal, onProgress: send }),
);
