import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { DataError } from '../../domain/core/index.ts';
import {
  createInstrument,
  type Instrument,
  isBookUpdate,
  type VenueName,
} from '../../domain/market/index.ts';
import { VenueLineDecoder } from './line-decoder.ts';
import { MarketSource } from './market-source.ts';
import { openDecoder, StreamDecoder } from './stream-decoder.ts';
import { surveyStreams } from './survey.ts';

const START_MS = 1_700_000_000_000;

/** A depth event of Binance spot around `price`. */
const delta = (symbol: string, u: number, price: number, pad = ''): string =>
  `${START_MS + u}000 {"e":"depthUpdate","E":${START_MS + u},"s":"${symbol}","U":${u},"u":${u},${pad}` +
  `"b":[["${(price - 0.01).toFixed(2)}","3"]],"a":[["${(price + 0.01).toFixed(2)}","0.5"]]}`;
const snapshot = (u: number, price: number): string =>
  `${START_MS + u}000 {"lastUpdateId":${u},"bids":[["${(price - 0.02).toFixed(2)}","1"]],"asks":[["${(price + 0.02).toFixed(2)}","1"]]}`;
const instrument = (symbol: string, venue: VenueName = 'binance-spot'): Instrument =>
  createInstrument({ venue, symbol, tickSize: '0.01', lotSize: '0.1' });

describe('streams that several symbols share', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-stream-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });
  const put = async (name: string, lines: readonly string[]): Promise<string> => {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `${lines.join('\n')}\n`);
    return file;
  };
  /** `symbol kind id` of every event, and `!symbol line` for what concerns a symbol and cannot be helped. */
  const read = async (
    files: readonly string[],
    symbols: readonly string[] | 'all',
  ): Promise<readonly string[]> => {
    const { streams } = await surveyStreams({ venue: 'binance-spot', symbols, inputs: files });
    const told: string[] = [];
    for (const stream of streams) {
      const source = new MarketSource({
        files: stream.files.map((file) => file.path),
        decoder: openDecoder(stream),
      });
      for await (const batch of source) {
        for (;;) {
          try {
            const event = batch.next();
            if (event === null) break;
            assert.ok(isBookUpdate(event));
            told.push(`${stream.instruments[batch.instrument]!.symbol} ${event.kind} ${event.lastUpdateId}`);
          } catch (error) {
            told.push(`!${(error as DataError).code} ${String((error as DataError).context['owners'])}`);
          }
        }
      }
      told.push(...source.report.quarantinedLines.map(({ line, reason }) => `#${line} ${reason}`));
    }
    return told;
  };

  it('reads every wanted symbol in one pass, each on its own grid, and counts the others', async () => {
    const file = await put('mixed', [
      delta('AAA', 11, 100),
      delta('BBB', 501, 7),
      delta('CCC', 901, 50),
      delta('AAA', 12, 100.5, '"x":1,'),
      delta('BBB', 502, 7),
    ]);
    assert.deepEqual(await read([file], ['AAA', 'BBB']), [
      'AAA delta 11',
      'BBB delta 501',
      'AAA delta 12',
      'BBB delta 502',
    ]);
    assert.equal((await read([file], 'all')).length, 5);
    const survey = await surveyStreams({ venue: 'binance-spot', symbols: ['BBB', 'NNN'], inputs: [file] });
    assert.deepEqual(survey.missing.map(({ error }) => error.message), [
      'no order-book message of NNN in the input; symbols seen: AAA, BBB, CCC',
    ]); // prettier-ignore
  });

  it('gives an unnamed snapshot to the one symbol whose it can be', async () => {
    const file = await put('unnamed', [
      snapshot(500, 7),
      snapshot(10, 100),
      delta('AAA', 11, 100),
      delta('BBB', 501, 7),
      snapshot(90_000_000, 100),
      delta('TWIN', 90_000_001, 100),
    ]);
    assert.deepEqual(await read([file], ['BBB', 'AAA', 'TWIN']), [
      'BBB snapshot 500',
      'AAA snapshot 10',
      'AAA delta 11',
      'BBB delta 501',
      'TWIN snapshot 90000000',
      'TWIN delta 90000001',
    ]);
    assert.deepEqual(await read([file], ['AAA']), ['AAA snapshot 10', 'AAA delta 11'], 'with one wanted');
  });

  it('follows prices and ids on the way, past what the head of the file shows', async () => {
    const risen = Array.from({ length: 300 }, (_, i) => delta('AAA', 11 + i, 100 + i));
    const file = await put('risen', [
      snapshot(10, 100),
      ...risen,
      delta('BBB', 1_000_001, 100),
      snapshot(310, 399),
      snapshot(1_000_001, 100),
    ]);
    const told = await read([file], ['AAA', 'BBB']);
    assert.deepEqual(
      [told[0], ...told.slice(-2)],
      ['AAA snapshot 10', 'AAA snapshot 310', 'BBB snapshot 1000001'],
    );
  });

  it('follows prices by the quotes that it passes over', async () => {
    const quotes = Array.from(
      { length: 300 },
      (_, i) => `${START_MS}000 {"u":12,"s":"AAA","b":"${100 + i}.00","B":"1","a":"${100 + i}.01","A":"1"}`,
    );
    const lines = [snapshot(10, 100), delta('AAA', 11, 100), delta('BBB', 12, 100_000)];
    const file = await put('quoted', [...lines, ...quotes, snapshot(12, 399)]);
    assert.deepEqual(await read([file], ['AAA', 'BBB']), [
      'AAA snapshot 10',
      'AAA delta 11',
      'BBB delta 12',
      'AAA snapshot 12',
    ]);
  });

  it('gives trades to the instrument whose they are', () => {
    const instruments = [instrument('AAA'), instrument('BBB')];
    const decoder = new StreamDecoder({ instruments, files: [] }, { trades: true });
    const told = ['BBB', 'CCC', 'AAA'].map((symbol) => {
      const line = `{"e":"trade","E":2,"s":"${symbol}","t":1,"p":"1.00","q":"3.0","T":1,"m":true,"M":true}\n`;
      const context = { receivedTimeMs: 7, symbol: null };
      const event = decoder.decode(Buffer.from(line), 0, line.length - 1, context);
      return event === null ? null : [event.kind, decoder.instrument];
    });
    assert.deepEqual(told, [['trades', 1], null, ['trades', 0]]);
  });

  it('refuses to guess when it may be of several, for those alone', async () => {
    const file = await put('twins', [
      snapshot(10, 100),
      delta('AAA', 11, 100),
      delta('BBB', 12, 100),
      snapshot(500, 7),
      delta('CCC', 501, 7),
    ]);
    const told = [
      '!SNAPSHOT_AMBIGUOUS AAA, BBB',
      'AAA delta 11',
      'BBB delta 12',
      'CCC snapshot 500',
      'CCC delta 501',
    ];
    assert.deepEqual(await read([file], 'all'), told);
    assert.deepEqual(await read([file], ['CCC']), ['CCC snapshot 500', 'CCC delta 501']);
  });

  it('puts a snapshot aside that nobody’s messages join', async () => {
    const file = await put('nobody', [snapshot(10, 3), delta('AAA', 11, 100), delta('BBB', 12, 50)]);
    const told = await read([file], ['AAA', 'BBB']);
    assert.deepEqual(told.slice(0, 2), ['AAA delta 11', 'BBB delta 12']);
    assert.match(told[2]!, /^#1 a REST snapshot without a symbol, which joins the messages of no symbol/);
  });

  it('keeps files apart that share no symbol, with a snapshot each', async () => {
    const a = await put('apart/a', [snapshot(10, 100), delta('AAA', 11, 100)]);
    const b = await put('apart/b', [snapshot(10, 100), delta('BBB', 11, 100)]);
    const told = ['AAA snapshot 10', 'AAA delta 11', 'BBB snapshot 10', 'BBB delta 11'];
    assert.deepEqual((await read([b, a], 'all')).toSorted(), told.toSorted());
    const survey = await surveyStreams({
      venue: 'binance-spot',
      symbols: ['AAA'],
      inputs: [path.dirname(a)],
    });
    assert.deepEqual(survey.skipped, [b]);
  });

  it('lets a file of nothing but a snapshot be joined by the messages of the next', async () => {
    const first = await put('first', [snapshot(10, 100)]);
    const next = await put('next', [delta('AAA', 11, 100), delta('BBB', 12, 50)]);
    assert.deepEqual(await read([first, next], ['AAA', 'BBB']), [
      'AAA snapshot 10',
      'AAA delta 11',
      'BBB delta 12',
    ]);
  });

  it('takes no folder name from a message', async () => {
    const file = await put('hostile', [delta('../../up', 11, 100), delta('AAA', 12, 100)]);
    const { streams } = await surveyStreams({ venue: 'binance-spot', symbols: 'all', inputs: [file] });
    assert.deepEqual(streams.flatMap(({ instruments }) => instruments.map(({ symbol }) => symbol)), ['AAA']); // prettier-ignore
  });

  it('is the plain decoder where no other symbol shows', () => {
    const trace = { firstUpdateId: 1, lastUpdateId: 2, lowPrice: 1, highPrice: 1 };
    const file = (symbol: string) => ({ path: symbol, traces: [{ symbol, ...trace }] });
    const one = [instrument('AAA')];
    assert.ok(openDecoder({ instruments: one, files: [file('AAA')] }) instanceof VenueLineDecoder);
    assert.ok(openDecoder({ instruments: one, files: [file('AAA'), file('B')] }) instanceof StreamDecoder);
    assert.ok(openDecoder({ instruments: [...one, instrument('B')], files: [] }) instanceof StreamDecoder);
  });
});
