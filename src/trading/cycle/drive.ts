/** Tells a cycle what happens and has its questions answered: the same for stored candles and for a live stream. */
import type { Candle } from '../../domain/candles/index.ts';
import type { CandleScore, CycleEvent, CycleOutput, DayEmbedding } from './cycle-events.ts';
import type { DailyCycle } from './daily-cycle.ts';

/** Who can answer. Each is asked in order of time, once; neither may look at candles that have not closed. */
export interface CyclePorts {
  embed(dayMs: number): Promise<DayEmbedding>;
  score(candle: Candle): Promise<CandleScore>;
}

/** @returns what the cycle says, its questions and their answers left out */
export async function drive(
  cycle: DailyCycle,
  ports: CyclePorts,
  event: CycleEvent,
): Promise<readonly CycleOutput[]> {
  const said: CycleOutput[] = [];
  const waiting: CycleOutput[] = [...cycle.process(event)];
  for (let output = waiting.shift(); output !== undefined; output = waiting.shift()) {
    if (output.kind === 'embed') {
      waiting.push(...cycle.process({ kind: 'embedded', answer: await ports.embed(output.dayMs) }));
    } else if (output.kind === 'score') {
      waiting.push(...cycle.process({ kind: 'scored', answer: await ports.score(output.candle) }));
    } else {
      said.push(output);
    }
  }
  return said;
}
