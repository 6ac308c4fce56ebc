/** A model's backtest down the whole road: the test period alone, the books as they lie on disk, and message by message. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { type BacktestOutcome, runBacktest, writeBacktest } from '../src/pipeline/index.ts';
import { barFile, RunStore } from '../src/platform/storage/index.ts';
import {
  buildRoad,
  placeIn,
  readData,
  removeFolder,
  type Road,
  runOf,
  SYMBOL,
  temporaryFolder,
  VENUE,
} from './fixtures/road.ts';
import { planAudit } from '../src/pipeline/audit/audit-plan.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const FEE = 0.00055;

describe('the backtest of an audited model', () => {
  let folder = '';
  let road: Road;
  let store: RunStore;
  let onBars: BacktestOutcome;
  before(async () => {
    folder = await temporaryFolder();
    road = await buildRoad(folder, 2);
    store = new RunStore(road.config.dataDir);
    onBars = await run('bars');
  });
  after(async () => {
    store.close();
    await removeFolder(folder);
  });

  async function run(
    runId: string,
    {
      recording = null,
      changes = {},
    }: { readonly recording?: readonly string[] | null; readonly changes?: object } = {},
  ): Promise<BacktestOutcome> {
    const { config } = road;
    const backtest = {
      ...config.backtest,
      rule: 'decisions' as const,
      randomDraws: 20,
      paths: 50,
      ...changes,
    };
    return await runBacktest({
      ...runOf({ ...config, backtest }, runId),
      store,
      source: { kind: 'model', model: road.model },
      range: { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY },
      depth: true,
      funding: true,
      recording,
      scores: null,
    });
  }

  it('trades nothing but the test period, and records that it was opened', async () => {
    const data = await readData(road.config);
    const { after: test } = planAudit(data, road.config).development;
    const firstMs = data.spans.timeMs[test[0]!]!;
    const { backtest, page } = onBars;
    assert.ok(page.trades.length > 5, `${page.trades.length} trades`);
    assert.ok(page.trades.every(({ entryTimeMs }) => entryTimeMs > firstMs));
    assert.equal(backtest.fromMs, firstMs);
    const opening = { modelSha256: 'other', venue: VENUE, symbol: SYMBOL, fromMs: firstMs, toMs: firstMs };
    assert.equal(store.openTest({ runId: 'x', ...opening }, 'now'), 1, 'one model had opened it');
    assert.deepEqual([backtest.earlierOpenings, backtest.synthetic, backtest.engine], [0, true, 'candles']);
    assert.match(backtest.verdict.at(-1)!, /planted signal/);
  });

  it('fills orders at what eating the stored book of the next minute costs', async () => {
    const [trade] = onBars.page.trades;
    const { entryTimeMs, entryPrice, size, side } = trade!;
    const file = barFile(placeIn(road.config.dataDir), Math.floor(entryTimeMs / DAY_MS) * DAY_MS);
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(file) });
    const row = rows.find(({ datetime }) => Number(datetime) === entryTimeMs)!;
    const levels = side === 'long' ? 'ask' : 'bid';
    let left = size;
    let paid = 0;
    for (let level = 0; level < 200 && left > 0; level++) {
      const [price, there] = [Number(row[`${levels}_${level}_p`]), Number(row[`${levels}_${level}_s`])];
      const eaten = Math.min(left, there);
      paid += eaten * price;
      left -= eaten;
    }
    assert.equal(left, 0);
    assert.ok(Math.abs(paid / size / entryPrice - 1) < 1e-12, `${paid / size} is not ${entryPrice}`);
    assert.ok(Math.abs(trade!.fees - FEE * size * (entryPrice + trade!.exitPrice)) < 1e-9);
  });

  it('balances: what was earned is what the trades earned', () => {
    const { costs } = onBars.backtest;
    const pnl = onBars.page.trades.reduce((sum, trade) => sum + trade.pnl, 0);
    const open = onBars.page.trades.filter(({ exitReason }) => exitReason === 'open').length;
    assert.equal(open, 0);
    assert.ok(Math.abs(costs.finalEquity - costs.initialCash - pnl) < 1e-6);
  });

  it('counts a training and every other setting as trials, the same setting once', async () => {
    const { trials } = onBars.backtest.significance;
    assert.equal((await run('again')).backtest.significance.trials, trials);
    const { significance } = (await run('later', { changes: { delayBars: 2 } })).backtest;
    assert.equal(significance.trials, trials + 1);
    assert.equal(significance.varianceFrom, 'trials');
  });

  it('goes message by message through the recording that the bars were made from', async () => {
    const recording = [road.market.folder];
    const outcome = await run('events', { recording, changes: { latencyMs: 0 } });
    const { backtest, page } = outcome;
    assert.equal(backtest.engine, 'events');
    const sides = (of: BacktestOutcome) => of.page.trades.map(({ side }) => side).join();
    assert.equal(sides(outcome), sides(onBars), 'the same signals are traded');
    // Sent after the message that closes the minute, so about a minute before the book of the next one.
    for (const [i, trade] of page.trades.entries()) {
      const later = onBars.page.trades[i]!.entryTimeMs - trade.entryTimeMs;
      assert.ok(later >= 0 && later <= MINUTE_MS, `${later}`);
    }
    assert.deepEqual(
      backtest.stress.delays.map(({ name }) => name),
      ['0 ms', '50 ms', '200 ms', '1000 ms', '5000 ms'],
    );
    assert.equal(backtest.stress.delays[0]!.totalReturn, backtest.figures.totalReturn);
    const written = await writeBacktest(outcome);
    assert.equal(path.dirname(written.html), path.join(road.config.dataDir, 'reports', 'events'));
  });
});
