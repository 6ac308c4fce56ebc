/** `evaluate`: a model on its test period: beside baselines, against nulls, by slices, and checked for leaks. */
import { kindOfModel } from '../../platform/storage/index.ts';
import { evaluateAudited } from './evaluate-audited.ts';
import { evaluateMicro } from './evaluate-micro.ts';
import type { EvaluateRequest } from './open-test.ts';
import type { EvaluateOutcome } from './outcome.ts';

export type { EvaluateRequest } from './open-test.ts';
export type { EvaluateOutcome, ReportFacts } from './outcome.ts';

/**
 * @throws ConfigError when there is no such model, or it is none that can be judged; DataError when its history is not the
 *   one that it was made from
 */
export async function evaluate(request: EvaluateRequest): Promise<EvaluateOutcome> {
  const kind = await kindOfModel(request.config.dataDir, request.model);
  return kind === 'micro' ? await evaluateMicro(request) : await evaluateAudited(request);
}
