/** An experiment on disk: `<dataDir>/reports/<runId>/{report.html, report.json}`. */
import path from 'node:path';
import { writeFileAtomic, writeJsonAtomic } from '../../platform/storage/index.ts';
import { experimentVerdict, type ExperimentResult, renderExperiment } from '../report/index.ts';
import { CODE_VERSION } from '../version.ts';
import type { WrittenReport } from '../write-report.ts';
import { type ExperimentRecipe, macroDays } from './recipe.ts';

export interface ExperimentOutcome {
  readonly result: ExperimentResult;
  readonly recipe: ExperimentRecipe;
}

export async function writeExperiment(
  { result, recipe }: ExperimentOutcome,
  {
    dataDir,
    createdAt,
    seconds,
  }: { readonly dataDir: string; readonly createdAt: string; readonly seconds: number },
): Promise<WrittenReport & { readonly verdict: readonly string[] }> {
  const verdict = experimentVerdict(result);
  const folder = path.join(dataDir, 'reports', result.runId);
  const html = path.join(folder, 'report.html');
  const json = path.join(folder, 'report.json');
  const page = renderExperiment({
    result,
    verdict,
    createdAt,
    facts: factsOf(result, recipe, seconds),
    config: recipe,
  });
  await writeFileAtomic(html, page);
  await writeJsonAtomic(json, { ...result, verdict, recipe, seconds });
  return { html, json, verdict };
}

function factsOf(result: ExperimentResult, recipe: ExperimentRecipe, seconds: number) {
  const { made, reused } = result.trainings;
  const { macro, micro, label, thresholds } = recipe;
  const fact = (name: string, value: string) => ({ name, value });
  return [
    fact('Market', result.market),
    fact(
      'Folds',
      `${result.folds.length}, expanding; training purged by the end of each label, ${result.embargoMinutes} minutes of embargo; the last ${(100 * recipe.stoppingShare).toFixed(0)} % of a fold’s past stop the trainings and start the thresholds`,
    ),
    fact(
      'Judged',
      `${result.days} days, ${result.judgedRows.toLocaleString('en')} candles of ${result.symbols.length} symbols; seeds ${result.seeds.join(', ')}`,
    ),
    fact(
      'MacroNet',
      `${macro.encoder}, ${macroDays(recipe)} days in steps of ${macro.patch} candles → ${macro.embedding} numbers`,
    ),
    fact(
      'MicroNet',
      `${micro.branch}, ${micro.channels} channels; learns the return over ${label.horizonCandles} candles in deviations`,
    ),
    fact(
      'Signals',
      `${(100 * thresholds.buyShare).toFixed(0)} % BUY and ${(100 * thresholds.sellShare).toFixed(0)} % SELL; executed at the next open, held ${label.horizonCandles} candles`,
    ),
    fact('Trainings', `${made} made now, ${reused} from earlier runs of the same; ${Math.round(seconds)} s`),
    fact('Trials', `${result.trials.recorded} recorded on exactly these days, at these costs`),
    fact('Version', `Tidemark ${CODE_VERSION}`),
  ];
}
