import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Candle } from '../../domain/candles/index.ts';
import { BUY, ConfigError, DAY_MS, InvariantError, NEUTRAL, SELL } from '../../domain/core/index.ts';
import type { CycleState } from './cycle-state.ts';
import { DailyCycle } from './daily-cycle.ts';
import { drive } from './drive.ts';
import { addTallies, NO_TALLY, type Tally } from './outcomes.ts';
import { HOUR_MS, MODEL, play, PORTS, SETTINGS, START_MS, walk } from './cycle.fixture.ts';

const DAYS = 6;

function serving(): DailyCycle {
  const cycle = new DailyCycle(SETTINGS);
  cycle.process({ kind: 'model', model: MODEL });
  return cycle;
}

const wholeDays = async (candles: readonly Candle[], days = DAYS) =>
  await play(serving(), candles, { fromDay: 0, days });

/** Some candles are missing. */
const market = fc
  .tuple(fc.nat(1000), fc.uniqueArray(fc.nat(DAYS * 24 - 1), { maxLength: 4 }))
  .map(([seed, missing]) => walk(DAYS, seed).filter((_, row) => !missing.includes(row)));

describe('DailyCycle', () => {
  it('knows nothing of what comes later: another future changes nothing said before it', async () => {
    await fc.assert(
      fc.asyncProperty(
        market,
        fc.nat(1000),
        fc.integer({ min: 1, max: 30 }),
        async (candles, seed, hours) => {
          const cutMs = START_MS + 4 * DAY_MS + hours * HOUR_MS;
          const other = walk(DAYS, seed + 5000).filter(({ openTimeMs }) => openTimeMs >= cutMs);
          const past = candles.filter(({ openTimeMs }) => openTimeMs < cutMs);
          const [whole, changed] = [await wholeDays(candles), await wholeDays([...past, ...other])];
          const before = (said: (typeof whole)['said']) =>
            said.filter((output) =>
              output.kind === 'day'
                ? output.record.dayMs + DAY_MS <= cutMs
                : output.kind === 'decision' && output.openTimeMs < cutMs,
            );
          assert.deepEqual(before(changed.said), before(whole.said));
          assert.ok(before(whole.said).length > 80);
        },
      ),
      { numRuns: 15, seed: 1 },
    );
  });

  it('goes on from its state, at any moment and through JSON, as if it had never stopped', async () => {
    await fc.assert(
      fc.asyncProperty(market, fc.nat(DAYS * 26 - 1), async (candles, stop) => {
        const expected = await wholeDays(candles);
        let cycle = serving();
        const said: unknown[] = [];
        let events = 0;
        const tell = async (event: Parameters<typeof drive>[2]): Promise<void> => {
          said.push(...(await drive(cycle, PORTS, event)));
          if (events++ !== stop) return;
          const before = cycle;
          cycle = new DailyCycle(SETTINGS, JSON.parse(JSON.stringify(cycle.state)) as CycleState);
          assert.deepEqual(cycle.state, before.state);
        };
        for (let dayMs = START_MS; dayMs < START_MS + DAYS * DAY_MS; dayMs += DAY_MS) {
          await tell({ kind: 'midnight', dayMs });
          for (const candle of candles) {
            if (candle.openTimeMs >= dayMs && candle.openTimeMs < dayMs + DAY_MS)
              await tell({ kind: 'candle', candle });
          }
          await tell({ kind: 'day-end' });
        }
        assert.deepEqual(said, expected.said);
      }),
      { numRuns: 20, seed: 2 },
    );
  });

  it('counts outcomes on the day on which their horizon is over, and none that crosses a hole', async () => {
    await fc.assert(
      fc.asyncProperty(market, async (candles) => {
        const { said, records } = await wholeDays(candles);
        const closeAt = new Map(candles.map(({ openTimeMs, close }) => [openTimeMs, close]));
        const expected = new Map<number, Tally>();
        for (const output of said) {
          if (output.kind !== 'decision') continue;
          const endMs = output.openTimeMs + 3 * HOUR_MS;
          const closes = [0, 1, 2, 3].map((n) => closeAt.get(output.openTimeMs + n * HOUR_MS));
          if (closes.includes(undefined)) continue;
          const logReturn = Math.log(closes[3]! / closes[0]!);
          const { direction } = output.decision;
          const isSignal = direction !== NEUTRAL;
          const day = Math.floor((endMs - START_MS) / DAY_MS);
          const tally: Tally = {
            ...NO_TALLY,
            outcomes: 1,
            ups: Number(logReturn > 0),
            signals: Number(isSignal),
            buys: Number(direction === BUY),
            hits: Number((direction === BUY && logReturn > 0) || (direction === SELL && logReturn < 0)),
          };
          expected.set(day, addTallies(expected.get(day) ?? NO_TALLY, tally));
        }
        for (const [day, { tally }] of records.entries()) {
          const { moves, judged, precise } = tally;
          assert.deepEqual(tally, { ...(expected.get(day) ?? NO_TALLY), moves, judged, precise });
          assert.ok(precise <= Math.min(judged, moves) && judged <= tally.signals);
        }
      }),
      { numRuns: 20, seed: 3 },
    );
  });

  it('holds a position for its horizon at most, and never over midnight', async () => {
    const cycle = serving();
    const signs: number[] = [];
    const candles = walk(DAYS, 3);
    for (let day = 0; day < DAYS; day++) {
      await drive(cycle, PORTS, { kind: 'midnight', dayMs: START_MS + day * DAY_MS });
      for (const candle of candles.slice(24 * day, 24 * day + 24)) {
        await drive(cycle, PORTS, { kind: 'candle', candle });
        signs.push(Math.sign(cycle.position));
      }
      assert.equal(signs.at(-1), 0, 'flat when the last candle has closed');
      const [output] = await drive(cycle, PORTS, { kind: 'day-end' });
      assert.ok(output?.kind === 'day' && (day === 0 || output.record.trades > 0));
    }
    assert.ok(signs.includes(1) && signs.includes(-1));
  });

  it('earns what a hand would reckon, costs included', async () => {
    // Flat at 100, then 110 from the sixth candle on: bought at the open of the fifth, left three candles later.
    const rest = { high: 111, low: 99, volume: 1, quoteVolume: 100, trades: 1, takerBuyVolume: 0.5 };
    const candles = Array.from({ length: 24 }, (_, row) => ({
      openTimeMs: START_MS + row * HOUR_MS,
      open: row <= 5 ? 100 : 110,
      close: row < 5 ? 100 : 110,
      ...rest,
    }));
    const scores = candles.map((_, row) => (row === 3 ? 1 : 0));
    const settings = { ...SETTINGS, thresholds: { ...SETTINGS.thresholds, warmUp: 2 } };
    const cycle = new DailyCycle(settings);
    cycle.process({ kind: 'model', model: { ...MODEL, scores: [] } });
    const ports = {
      ...PORTS,
      score: async ({ openTimeMs }: Candle) =>
        await Promise.resolve({ kind: 'score' as const, score: scores[(openTimeMs - START_MS) / HOUR_MS]! }),
    };
    await drive(cycle, ports, { kind: 'midnight', dayMs: START_MS });
    for (const candle of candles) await drive(cycle, ports, { kind: 'candle', candle });
    const [output] = await drive(cycle, ports, { kind: 'day-end' });
    assert.ok(output?.kind === 'day');
    const { record } = output;
    const size = (0.5 * 1000) / 100 / 1.001;
    const left = 1000 + size * 10 - size * 100 * 0.001 - size * 110 * 0.001;
    assert.deepEqual([record.trades, record.wins, record.buys, record.sells], [1, 1, 1, 0]);
    assert.ok(Math.abs(record.equity - left) < 1e-9, `${record.equity} ${left}`);
    assert.ok(Math.abs(record.grossEquity - 1050) < 1e-9);
    assert.deepEqual([record.tally.signals, record.tally.hits, record.inTraining], [1, 1, true]);
  });

  it('says what it could not do, and marks what the model has learned from', async () => {
    const { records } = await wholeDays(walk(DAYS, 4).filter((_, row) => row !== 30));
    assert.deepEqual(
      records.map(({ inTraining }) => inTraining),
      [true, true, false, false, false, false],
    );
    assert.equal(records[0]!.warmingUp, 'too few candles');
    assert.equal(records[1]!.missingCandles, 1);
    assert.deepEqual([records[2]!.embedding, records[2]!.noEmbedding], [null, 'candles are missing']);
    assert.equal(records[3]!.embedding?.step, null, 'no step from a day without an embedding');
    assert.ok(records[5]!.embedding!.step! > 0);
    assert.equal(records[4]!.decision.retrain, true, 'after five days');
    assert.match(records[5]!.decision.reason, /served 1 of 5 days/);
  });

  it('plays a day without candles', async () => {
    const { records } = await wholeDays(walk(2, 4).slice(24), 2);
    assert.deepEqual([records[0]!.candles, records[0]!.return, records[0]!.marketReturn], [0, 0, null]);
    assert.equal(records[1]!.candles, 24);
  });

  it('refuses events out of their order, and bad settings', () => {
    const cycle = serving();
    assert.throws(() => cycle.process({ kind: 'day-end' }), InvariantError);
    assert.throws(
      () => new DailyCycle(SETTINGS).process({ kind: 'midnight', dayMs: START_MS }),
      InvariantError,
    );
    cycle.process({ kind: 'midnight', dayMs: START_MS });
    assert.throws(() => cycle.process({ kind: 'candle', candle: walk(1, 1)[0]! }), InvariantError);
    cycle.process({ kind: 'embedded', answer: { kind: 'embedded', embedding: [1, 2] } });
    assert.throws(() => cycle.process({ kind: 'candle', candle: walk(2, 1)[24]! }), InvariantError);
    assert.throws(() => cycle.process({ kind: 'model', model: MODEL }), InvariantError);
    const bad = { ...SETTINGS, intervalMs: 2 * HOUR_MS, account: { ...SETTINGS.account, positionShare: 2 } };
    assert.throws(
      () => new DailyCycle(bad),
      (error: unknown) => error instanceof ConfigError && error.problems.length === 2,
    );
  });
});
