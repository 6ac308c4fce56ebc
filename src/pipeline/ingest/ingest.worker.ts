import { serveJobs } from '../../platform/jobs/index.ts';
import { type IngestUnit, ingestUnits, type UnitOutcome, type UnitProgress } from './unit.ts';

serveJobs<readonly IngestUnit[], readonly UnitOutcome[], UnitProgress>((units, { signal, send }) =>
  ingestUnits(units, { signal, onProgress: send }),
);
