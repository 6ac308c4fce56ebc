import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { isBookUpdate, type VenueName } from '../../domain/market/index.ts';
import { VenueLineDecoder } from './line-decoder.ts';
import { MarketSource, type SourceReport } from './market-source.ts';
import { surveyInputs } from './survey.ts';

const line = (u: number, price = '1.25', symbol = 'AAAUSDT'): string =>
  `{"topic":"orderbook.50.${symbol}","type":"${u % 100 === 1 ? 'snapshot' : 'delta'}","ts":${1_700_000_000_000 + u},` +
  `"data":{"s":"${symbol}","b":[["${price}","3"]],"a":[["9.5","0.70"]],"u":${u}}}`;

describe('surveyInputs and MarketSource', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-source-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });
  const put = async (name: string, lines: readonly string[], zipped = false): Promise<string> => {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    const text = lines.join('\n');
    await writeFile(file, zipped ? gzipSync(text) : text);
    return file;
  };
  const survey = (inputs: readonly string[], symbol = 'AAAUSDT', venue: VenueName = 'bybit-linear') =>
    surveyInputs({ venue, symbol, inputs });

  it('orders files by what they hold, infers the finest grid, and skips strangers in a folder', async () => {
    await put('year/a.gz', [line(201, '1.2500'), line(202)], true);
    await put('year/b', [line(101), line(102, '1.2345')]);
    await put('year/README', ['read me']);
    const found = await survey([path.join(folder, 'year')]);
    assert.deepEqual(
      found.files.map((file) => path.basename(file.path)),
      ['b', 'a.gz'],
    );
    assert.deepEqual(
      found.skipped.map((file) => path.basename(file)),
      ['README'],
    );
    assert.equal(found.files[0]!.hasReceiveTimes, false);
    assert.equal(found.instrument.tick.text, '0.0001');
    assert.equal(found.instrument.lot.text, '0.1');
  });

  it('puts garbage aside with file, line and reason, and keeps what is good beside it', async () => {
    const file = await put('garbage', [line(101), 'garbage', line(102).slice(0, 60), '', line(103)]);
    const { instrument } = await survey([file]);
    const source = new MarketSource({ files: [file], decoder: new VenueLineDecoder(instrument) });
    const events: [number, number][] = [];
    for await (const batch of source) {
      for (let event = batch.next(); event !== null; event = batch.next()) {
        assert.ok(isBookUpdate(event));
        events.push([event.lastUpdateId, batch.line]);
      }
    }
    assert.deepEqual(events, [[101, 1], [103, 5]]); // prettier-ignore
    const { report } = source;
    assert.equal(report.quarantined, 2);
    assert.equal(report.lines, 5);
    assert.deepEqual(report.quarantinedLines[0], {
      file,
      line: 2,
      reason: 'not a line of messages: "garbage…"',
    });
    assert.equal(report.quarantinedLines[1]!.line, 3);
    assert.match(report.quarantinedLines[1]!.reason, /^not JSON/);
  });

  it('puts a line off the tick aside and names it, and gives up when there are many', async () => {
    const few = await put('offtick', [line(101), line(102, '1.255'), line(103)]);
    const many = await put('offticks', [line(101), ...Array.from({ length: 101 }, () => line(102, '1.255'))]);
    const { instrument } = await surveyInputs({
      venue: 'bybit-linear',
      symbol: 'AAAUSDT',
      inputs: [few],
      tickSize: '0.01',
    });
    const read = async (file: string): Promise<SourceReport> => {
      const source = new MarketSource({ files: [file], decoder: new VenueLineDecoder(instrument) });
      for await (const batch of source) while (batch.next() !== null);
      return source.report;
    };
    const { quarantined, damaged } = await read(few);
    assert.equal(quarantined, 1);
    const said = (file: string): RegExp =>
      new RegExp(`^${file}:2: price 1\\.255 is not a multiple of the tick size 0\\.01`);
    assert.match(damaged[0]!.reason, said(few));
    await assert.rejects(read(many), { name: 'DataError', code: 'OFF_STEP', message: said(many) });
  });

  it('refuses a missing input, an empty folder, a foreign file and an absent symbol', async () => {
    const missing = path.join(folder, 'nothing-here');
    await assert.rejects(survey([missing]), { message: `input ${missing} does not exist` });
    await mkdir(path.join(folder, 'empty'));
    await assert.rejects(survey([path.join(folder, 'empty')]), { message: /no input file found in .*empty/ });
    const text = await put('prose', ['once upon a time']);
    await assert.rejects(survey([text]), { message: /prose: no line of it is a message of bybit-linear/ });
    const file = await put('other', [line(101, '1.2', 'BBBUSDT'), line(102, '1.2', 'CCCUSDT')]);
    await assert.rejects(survey([file]), {
      name: 'DataError',
      message: 'no order-book message of AAAUSDT in the input; symbols seen: BBBUSDT, CCCUSDT',
    });
  });

  it('lets nobody lose events by asking for the next batch too early', async () => {
    const file = await put('early', [line(101), line(102), '']);
    const { instrument } = await survey([file]);
    const source = new MarketSource({ files: [file], decoder: new VenueLineDecoder(instrument) });
    await assert.rejects(
      async () => {
        for await (const batch of source) assert.ok(batch.next() !== null);
      },
      { name: 'InvariantError', message: /a batch is read to its end/ },
    );
  });

  it('stops when aborted', async () => {
    const file = await put('abort', [line(101)]);
    const { instrument } = await survey([file]);
    const signal = AbortSignal.abort(new Error('stop'));
    const source = new MarketSource({ files: [file], decoder: new VenueLineDecoder(instrument), signal });
    await assert.rejects(async () => {
      for await (const batch of source) while (batch.next() !== null);
    }, /stop/);
  });
});
