/** What a MicroNet answers, as one score in [−1, 1]. */
import type { MicroOutput } from '../../learning/candles/index.ts';

/** `[rows]`: the score itself, or probability of BUY less that of SELL; `answers` is `[rows × outputs]`. */
export function scoresOf(answers: Float64Array, output: MicroOutput): Float64Array {
  if (output === 'score') return answers;
  return Float64Array.from(
    { length: answers.length / 3 },
    (_, row) => answers[3 * row + 2]! - answers[3 * row]!,
  );
}
