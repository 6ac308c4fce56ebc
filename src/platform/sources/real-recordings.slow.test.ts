/** Real recordings: the rebuilt book against the venue's own statement of its best levels. Needs `../shared/data`. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { type BestQuote, isBookUpdate, SequencedBook, type VenueName } from '../../domain/market/index.ts';
import { VenueLineDecoder } from './line-decoder.ts';
import { MarketSource } from './market-source.ts';
import { openDecoder } from './stream-decoder.ts';
import { surveyInputs, surveyStreams } from './survey.ts';

const DATA = path.join('..', 'shared', 'data', 'l2');
const skip = existsSync(DATA) ? false : 'real data is not at ../shared/data';

interface Replayed {
  readonly feed: SequencedBook;
  readonly compared: number;
  readonly differing: number;
}

/** Replays a recording and compares the top of book wherever a quote carries the update id the book has reached. */
async function replay(venue: VenueName, symbol: string, inputs: readonly string[]): Promise<Replayed> {
  const survey = await surveyInputs({ venue, symbol, inputs: inputs.map((name) => path.join(DATA, name)) });
  const decoder = new VenueLineDecoder(survey.instrument, { quotes: true });
  const source = new MarketSource({ files: survey.files.map((file) => file.path), decoder });
  const ignore = (): void => {};
  const feed = new SequencedBook(venue, { onApplied: ignore, onBreak: ignore, onTime: ignore });
  const quotes = new Map<number, BestQuote>();
  let compared = 0;
  let differing = 0;
  for await (const batch of source) {
    for (let event = batch.next(); event !== null; event = batch.next()) {
      if (event.kind === 'quote') {
        quotes.set(event.updateId, event);
        continue;
      }
      if (!isBookUpdate(event)) continue;
      const applied = feed.process(event).kind === 'applied';
      const quote = quotes.get(event.lastUpdateId);
      if (!applied || quote === undefined) continue;
      const { bids, asks } = feed.book;
      compared++;
      const same =
        bids.bestTicks === quote.bidTicks &&
        bids.bestLots === quote.bidLots &&
        asks.bestTicks === quote.askTicks &&
        asks.bestLots === quote.askLots;
      if (!same) differing++;
    }
  }
  assert.equal(source.report.quarantined, 0);
  return { feed, compared, differing };
}

describe('real recordings', { skip }, () => {
  const sessions = [
    ['2023-04, µs', ['usdm_btcusdt_20230404.dat.gz', 'usdm_btcusdt_20230405.dat.gz'], 16_110],
    ['2024-07, ns', ['usdm_btcusdt_20240718.gz', 'usdm_btcusdt_20240719.gz'], 9_017],
  ] as const;
  for (const [name, files, applied] of sessions) {
    it(`USD-M BTCUSDT ${name}: no gap, never crossed, top of book as in bookTicker`, async (t) => {
      const inputs = files.map((file) => path.join('binance-usdm-btcusdt', file));
      const { feed, compared, differing } = await replay('binance-usdm', 'BTCUSDT', inputs);
      t.diagnostic(`${compared} comparisons, ${feed.counts.applied} messages`);
      assert.ok(compared > 500);
      assert.equal(differing, 0);
      assert.equal(feed.counts.applied, applied);
      assert.equal(feed.counts.gaps + feed.counts.crossed, 0);
    });
  }

  it('USD-M BTCUSDT, both sessions at once: exactly one gap, mended by the second snapshot', async () => {
    const { feed, differing } = await replay('binance-usdm', 'BTCUSDT', ['binance-usdm-btcusdt']);
    assert.equal(feed.counts.gaps, 1);
    assert.equal(feed.counts.crossed, 0);
    assert.equal(differing, 0);
    assert.ok(feed.isUsable);
  });

  it('spot NEXOUSDT: 99,030 depth events, no gap, never crossed, top of book as in bookTicker', async (t) => {
    const { feed, compared, differing } = await replay('binance-spot', 'NEXOUSDT', ['binance-spot-nexousdt']);
    t.diagnostic(`${compared} comparisons`);
    assert.ok(compared > 10_000);
    assert.equal(differing, 0);
    assert.equal(feed.counts.applied, 99_030);
    assert.equal(feed.counts.gaps + feed.counts.crossed + feed.counts.ignored, 0);
  });

  it('USD-M combined stream of 2021: each of four symbols joins its snapshot without a gap', async (t) => {
    let depthEvents = 0;
    for (const symbol of ['SUSHIUSDT', 'AKROUSDT', 'KEEPUSDT', 'CTKUSDT']) {
      const { feed, differing } = await replay('binance-usdm', symbol, ['binance-usdm-combined']);
      const { applied, ignored, gaps, crossed } = feed.counts;
      t.diagnostic(`${symbol}: ${applied} applied, ${ignored} older than the snapshot`);
      assert.ok(applied > 0 && feed.isUsable, symbol);
      assert.equal(gaps + crossed + differing, 0, symbol);
      depthEvents += applied + ignored;
    }
    assert.equal(depthEvents, 764);
  });

  it('USD-M combined stream of 2021 without the addresses of its snapshots: each goes to its symbol', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-unnamed-'));
    try {
      const lines: { readonly at: number; readonly json: string }[] = [];
      for (const name of ['BINANCE_FUTURES.http.0.0', 'BINANCE_FUTURES.ws.1.0']) {
        const text = await readFile(path.join(DATA, 'binance-usdm-combined', name), 'utf8');
        for (const line of text.split('\n')) {
          const match = /^(?:https:\S+ -> )?([\d.]+): (\{.*)$/.exec(line);
          if (match !== null) lines.push({ at: Math.round(Number(match[1]) * 1e6), json: match[2]! });
        }
      }
      const file = path.join(folder, 'unnamed');
      lines.sort((a, b) => a.at - b.at);
      await writeFile(file, lines.map(({ at, json }) => `${at} ${json}\n`).join(''));
      const survey = await surveyStreams({ venue: 'binance-usdm', symbols: 'all', inputs: [file] });
      const [stream] = survey.streams;
      assert.ok(stream !== undefined && survey.streams.length === 1);
      const ignore = (): void => {};
      const feeds = stream.instruments.map(
        () => new SequencedBook('binance-usdm', { onApplied: ignore, onBreak: ignore, onTime: ignore }),
      );
      const source = new MarketSource({ files: [file], decoder: openDecoder(stream) });
      for await (const batch of source) {
        for (let event = batch.next(); event !== null; event = batch.next()) {
          if (isBookUpdate(event)) feeds[batch.instrument]!.process(event);
        }
      }
      assert.deepEqual(
        feeds.map(({ counts }, i) => [
          stream.instruments[i]!.symbol,
          counts.applied,
          counts.gaps + counts.crossed,
        ]),
        [['AKROUSDT', 188, 0], ['CTKUSDT', 180, 0], ['KEEPUSDT', 132, 0], ['SUSHIUSDT', 252, 0]], // prettier-ignore
      );
      assert.equal(source.report.quarantined, 0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('Bybit XRPUSDT, a stored archive: 50 messages in sequence', async () => {
    const { feed } = await replay('bybit-linear', 'XRPUSDT', ['bybit-linear-xrpusdt']);
    assert.deepEqual(feed.counts, {
      applied: 50,
      ignored: 0,
      gaps: 0,
      crossed: 0,
      repeated: 0,
      disagreements: 0,
      waiting: 0,
    });
    assert.equal(feed.book.bids.size + feed.book.asks.size > 900, true);
  });
});
