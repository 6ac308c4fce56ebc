/** A rehearsal on disk: `<dataDir>/reports/<runId>/{report.html, report.json}`; its journal lies where it was played. */
import path from 'node:path';
import { isoDay } from '../../domain/core/index.ts';
import { writeFileAtomic, writeJsonAtomic } from '../../platform/storage/index.ts';
import { rehearsalVerdict, type RehearsalResult, renderRehearsal } from '../report/index.ts';
import { CODE_VERSION } from '../version.ts';
import type { WrittenReport } from '../write-report.ts';
import type { Rehearsed } from './rehearse.ts';
import type { RehearsalRequest } from './request.ts';
import { rehearsalResult } from './result.ts';

export interface WrittenRehearsal {
  readonly result: RehearsalResult;
  readonly verdict: readonly string[];
  readonly report: WrittenReport;
}

/** Notes in the run store, where there is one, that the days were looked at. */
export async function writeRehearsal(
  rehearsed: Rehearsed,
  request: RehearsalRequest,
): Promise<WrittenRehearsal> {
  const { plan, modelSha256, seconds, journal } = rehearsed;
  const { config, runId, createdAt, store } = request;
  const { fromMs, toMs } = plan.span;
  const openings = plan.series.map(
    ({ symbol }) =>
      store?.openTest({ runId, modelSha256, venue: plan.venue, symbol, fromMs, toMs }, createdAt) ?? null,
  );
  const earlier = openings[0] === null ? null : Math.max(...openings.map((each) => each ?? 0));
  const result = rehearsalResult(rehearsed, request, earlier);
  const verdict = rehearsalVerdict(result);
  const settings = { ...plan.settings[0], retrain: request.retrain, journal };
  const folder = path.join(config.dataDir, 'reports', runId);
  const report = { html: path.join(folder, 'report.html'), json: path.join(folder, 'report.json') };
  const page = renderRehearsal({
    result,
    verdict,
    createdAt,
    facts: factsOf(rehearsed, result),
    settings,
  });
  await writeFileAtomic(report.html, page);
  await writeJsonAtomic(report.json, { ...result, verdict, settings, seconds });
  return { result, verdict, report };
}

function factsOf({ played, reused, seconds, plan, lines }: Rehearsed, result: RehearsalResult) {
  const { trainedUntilMs, model, symbols, horizonCandles, positionShare, costBps } = result;
  const fact = (name: string, value: string) => ({ name, value });
  const { everyDays, driftDays, farQuantile, scoreDistance, hitDays, restDays } = plan.policy;
  const scored = lines.slice(reused).flatMap(({ records }) => records.map(({ candles }) => candles));
  const candles = scored.reduce((sum, count) => sum + count, 0);
  const perCandle = candles === 0 ? '' : `, ${((1000 * seconds.playing) / candles).toFixed(2)} ms a candle`;
  const all = seconds.embedding + seconds.playing + seconds.retraining;
  return [
    fact('Model', `${model}, which with its MacroNet has learned from days before ${isoDay(trainedUntilMs)}`),
    fact(
      'A day',
      'embedding at 00:00 from the days before; a score at every candle; thresholds from the scores before it; nothing is held over midnight',
    ),
    fact(
      'Account',
      `one each for ${symbols.join(', ')}; a position takes ${(100 * positionShare).toFixed(0)} % of it, is filled at the next open at ${costBps} bps, held ${horizonCandles} candles at most`,
    ),
    fact(
      'Policy',
      `retrain after ${everyDays} days; after ${restDays} days of rest also when the embedding is beyond the ${(100 * farQuantile).toFixed(0)} % quantile, or the scores more than ${scoreDistance} from their reference, for ${driftDays} days; or when the hit ratio of ${hitDays} days is below what chance gives`,
    ),
    fact(
      'Played',
      `${played} days now, ${reused} were in the journal; ${all.toFixed(0)} s, of which ${seconds.retraining.toFixed(0)} s teaching${perCandle}`,
    ),
    fact('Version', `Tidemark ${CODE_VERSION}`),
  ];
}
