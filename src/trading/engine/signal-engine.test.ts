import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MINUTE_MS } from '../../domain/core/index.ts';
import { BookToBars, FEATURE_COUNT, FEATURE_SETS, LOG_RETURN_FEATURE } from '../../domain/features/index.ts';
import { type BookUpdate, createBookUpdate, createInstrument } from '../../domain/market/index.ts';
import type { SetRule } from './prediction-sets.ts';
import { SignalEngine } from './signal-engine.ts';
import type { EngineOutcome, Probabilities, Scores, SignalModel } from './signal-engine.ts';

const START = Date.UTC(2025, 0, 1);
const instrument = createInstrument({
  venue: 'bybit-linear',
  symbol: 'SIMUSDT',
  tickSize: '0.1',
  lotSize: '1',
});

/** A quarter of a minute after the one before; the price creeps up. */
const update = (u: number, kind: BookUpdate['kind'] = u === 1 ? 'snapshot' : 'delta'): BookUpdate =>
  createBookUpdate({
    kind,
    exchangeTimeMs: START + (u - 1) * (MINUTE_MS / 4),
    lastUpdateId: u,
    bids: [[1000 + u, 5], ...(kind === 'delta' ? [[999 + u, 0] as const] : [])],
    asks: [[1010 + u, 3], ...(kind === 'delta' ? [[1009 + u, 0] as const] : [])],
  });

/** Says what the last bar's return is, and keeps what it was shown. */
class StubModel implements SignalModel {
  readonly sequenceLength = 2;
  readonly featureSet = FEATURE_SETS['quantgod-9'];
  readonly windows: Float64Array[] = [];
  readonly sets: SetRule = {
    // One score of 0.6: a class belongs to a set from a probability of 0.4 on.
    conformal: { coverage: 0.5, rate: 0, level: 0.5, scores: Float64Array.of(0.6) },
    outcome: { thresholdShort: -1, thresholdLong: 1, lookaheadMinutes: 1 },
  };
  answer: Probabilities = [0.2, 0.3, 0.5];

  async score(window: Float64Array): Promise<Scores> {
    this.windows.push(window);
    return { base: [0.1, 0.2, 0.7], audited: [0.3, 0.3, 0.4], probabilities: this.answer };
  }

  decide(probabilities: Probabilities): number {
    return probabilities.indexOf(Math.max(...probabilities));
  }
}

async function run(
  updates: readonly BookUpdate[],
  model = new StubModel(),
): Promise<readonly EngineOutcome[]> {
  const engine = new SignalEngine({ bars: new BookToBars(instrument), model });
  const outcomes: EngineOutcome[] = [];
  for (const one of updates) outcomes.push(...(await engine.process(one)));
  return [...outcomes, ...(await engine.finish())];
}

const updates = (from: number, to: number): BookUpdate[] =>
  Array.from({ length: to - from + 1 }, (_, i) => update(from + i));
const minuteOf = (outcome: EngineOutcome): number =>
  ((outcome.kind === 'signal' ? outcome.signal.minuteMs : outcome.minuteMs) - START) / MINUTE_MS;
const story = (outcomes: readonly EngineOutcome[]): string[] =>
  outcomes.map((outcome) => `${minuteOf(outcome)} ${outcome.kind}`);

describe('SignalEngine', () => {
  it('gives one outcome a closed minute: warm-up until the window is full, then signals, the open minute last', async () => {
    // The first bar has no previous close and so is no input.
    assert.deepEqual(story(await run(updates(1, 20))), [
      '0 warm-up',
      '1 warm-up',
      '2 signal',
      '3 signal',
      '4 incomplete',
    ]);
  });

  it('shows the model the last bars as they are, and reports its answer with the close', async () => {
    const model = new StubModel();
    const signals = (await run(updates(1, 20), model)).flatMap((o) =>
      o.kind === 'signal' ? [o.signal] : [],
    );
    const bars = new BookToBars(instrument);
    const closed = updates(1, 20).flatMap((one) => bars.process(one));
    assert.equal(model.windows.length, 2);
    for (const [i, window] of model.windows.entries()) {
      const [before, last] = [closed[i + 1]!, closed[i + 2]!];
      assert.deepEqual(window, Float64Array.from([...before.features, ...last.features]));
      assert.ok(window[FEATURE_COUNT + LOG_RETURN_FEATURE]! > 0);
      assert.equal(signals[i]!.price, last.close);
    }
    const [first] = signals;
    assert.deepEqual([first!.direction, first!.confidence], ['BUY', 0.5]);
    assert.deepEqual(
      [first!.base, first!.audited, first!.probabilities],
      [
        [0.1, 0.2, 0.7],
        [0.3, 0.3, 0.4],
        [0.2, 0.3, 0.5],
      ],
    );
  });

  it('takes the direction from the model’s rule and the confidence from that class', async () => {
    const model = new StubModel();
    model.answer = [0.6, 0.3, 0.1];
    const signal = (await run(updates(1, 20), model)).find((outcome) => outcome.kind === 'signal');
    assert.deepEqual([signal?.signal.direction, signal?.signal.confidence], ['SELL', 0.6]);
  });

  it('says what cannot be ruled out, and abstains unless that is one direction', async () => {
    const told = async (answer: Probabilities): Promise<unknown> => {
      const model = new StubModel();
      model.answer = answer;
      const signal = (await run(updates(1, 20), model)).find((outcome) => outcome.kind === 'signal');
      return [signal?.signal.set, signal?.signal.abstains];
    };
    assert.deepEqual(await told([0.1, 0.3, 0.6]), [['BUY'], false]);
    assert.deepEqual(await told([0.6, 0.3, 0.1]), [['SELL'], false]);
    assert.deepEqual(await told([0.1, 0.8, 0.1]), [['NEUTRAL'], true]);
    assert.deepEqual(await told([0.1, 0.45, 0.45]), [['NEUTRAL', 'BUY'], true]);
    assert.deepEqual(await told([0.35, 0.35, 0.3]), [[], true]);
  });

  it('says nothing after a lost message until the book is rebuilt and the window full again', async () => {
    const lost = [...updates(1, 13), ...updates(15, 17), update(18, 'snapshot'), ...updates(19, 40)];
    const outcomes = await run(lost);
    assert.deepEqual(story(outcomes), [
      '0 warm-up',
      '1 warm-up',
      '2 signal',
      '3 incomplete',
      '4 incomplete',
      '5 warm-up',
      '6 warm-up',
      '7 signal',
      '8 signal',
      '9 incomplete',
    ]);
    const reasons = outcomes.flatMap((o) => (o.kind === 'incomplete' ? [o.reasons] : []));
    assert.deepEqual(
      reasons
        .slice(0, 2)
        .flat()
        .filter((reason) => reason === 'sequence-gap').length,
      2,
    );
    assert.deepEqual(reasons.at(-1), ['stream-end']);
  });

  it('a decision that is no class is a bug, not a signal', async () => {
    const model = new StubModel();
    model.decide = () => 3;
    await assert.rejects(run(updates(1, 20), model), { name: 'InvariantError' });
  });
});
