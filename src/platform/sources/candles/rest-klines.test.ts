import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MINUTE_MS } from '../../../domain/core/index.ts';
import { rejection } from '../remote/download.fixture.ts';
import type { Network } from '../remote/network.ts';
import { RestKlines } from './rest-klines.ts';

const START = Date.UTC(2025, 0, 1);
const SPAN = { fromMs: START, toMs: START + 10 * MINUTE_MS };
const kline = (openMs: number): unknown[] => [
  openMs,
  '10',
  '12',
  '9',
  '11',
  '5',
  openMs + 5 * MINUTE_MS - 1,
  '55',
  7,
  '2',
  '22',
  '0',
];
const GOOD = JSON.stringify([kline(START), kline(START + 5 * MINUTE_MS)]);

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
}

/** An exchange that gives these answers one after the other; pauses take no time. */
function exchangeOf(...answers: readonly Answer[]) {
  const asked: URL[] = [];
  const pausesMs: number[] = [];
  const waiting = [...answers];
  const network: Partial<Network> = {
    fetch: async (url) => {
      asked.push(new URL(url));
      const { status = 200, headers = {}, text = GOOD } = waiting.shift() ?? {};
      return { status, headers: new Headers(headers), body: new Blob([text]).stream() };
    },
    sleep: async (delayMs, signal) => {
      if (delayMs === 60_000 && signal !== undefined)
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      else pausesMs.push(delayMs);
    },
    random: () => 0.5,
    nowMs: () => START + 40_000,
  };
  return { asked, pausesMs, network };
}

describe('RestKlines', () => {
  it('asks for a stretch and reads the answer', async () => {
    const { asked, network } = exchangeOf({});
    const rest = new RestKlines({ market: 'futures-um', network });
    const { rows, unreadable } = await rest.page('BTCUSDT', '5m', SPAN);
    assert.equal(
      asked[0]!.href,
      `https://fapi.binance.com/fapi/v1/klines?symbol=BTCUSDT&interval=5m&startTime=${SPAN.fromMs}&endTime=${SPAN.toMs - 1}&limit=1500`,
    );
    assert.deepEqual(unreadable, []);
    assert.deepEqual(
      rows.map(({ candle }) => [candle.openTimeMs, candle.close, candle.trades]),
      [
        [START, 11, 7],
        [START + 5 * MINUTE_MS, 11, 7],
      ],
    );
  });

  it('asks spot at its own place, within its own limit, or whom it is told', async () => {
    const { asked, network } = exchangeOf({}, {});
    await new RestKlines({ market: 'spot', network }).page('BTCUSDT', '5m', SPAN);
    await new RestKlines({ market: 'spot', network, restUrl: 'http://127.0.0.1:9/' }).page(
      'BTCUSDT',
      '5m',
      SPAN,
    );
    assert.equal(asked[0]!.origin + asked[0]!.pathname, 'https://api.binance.com/api/v3/klines');
    assert.equal(asked[0]!.searchParams.get('limit'), '1000');
    assert.equal(asked[1]!.origin, 'http://127.0.0.1:9');
    assert.throws(() => new RestKlines({ market: 'spot', restUrl: 'localhost' }), { name: 'ConfigError' });
  });

  it('waits as long as a busy exchange asks, and tries again', async () => {
    const { asked, pausesMs, network } = exchangeOf(
      { status: 429, headers: { 'retry-after': '7' } },
      { status: 503 },
      {},
    );
    const { rows } = await new RestKlines({ market: 'futures-um', network }).page('BTCUSDT', '5m', SPAN);
    assert.deepEqual([rows.length, asked.length, pausesMs[0]], [2, 3, 7_000]);
  });

  it('waits for the next minute when half the allowance is used', async () => {
    const { pausesMs, network } = exchangeOf({ headers: { 'x-mbx-used-weight-1m': '1200' } });
    await new RestKlines({ market: 'futures-um', network }).page('BTCUSDT', '5m', SPAN);
    assert.deepEqual(pausesMs, [20_000]);
  });

  it('stops at once when it is banned', async () => {
    const { asked, network } = exchangeOf({ status: 418, headers: { 'retry-after': '120' } });
    const error = await rejection(
      new RestKlines({ market: 'futures-um', network }).page('BTCUSDT', '5m', SPAN),
    );
    assert.ok(error instanceof Error && error.name === 'TransientError');
    assert.match(error.message, /has banned this address for 120 s \(418\)/);
    assert.equal(asked.length, 1);
  });

  it('lets one request wait for the other, and a failure harm no other', async () => {
    const { asked, network } = exchangeOf({ status: 400 }, {});
    const rest = new RestKlines({ market: 'futures-um', network });
    const [first, second] = await Promise.allSettled([
      rest.page('NOUSDT', '5m', SPAN),
      rest.page('BTCUSDT', '5m', SPAN),
    ]);
    assert.deepEqual([first.status, second.status], ['rejected', 'fulfilled']);
    assert.deepEqual(
      asked.map((url) => url.searchParams.get('symbol')),
      ['NOUSDT', 'BTCUSDT'],
    );
  });

  it('refuses answers that are no candles, and names rows that are none', async () => {
    for (const text of ['<html>', '{"code":-1121}', '[1]']) {
      const { network } = exchangeOf({ text });
      await assert.rejects(new RestKlines({ market: 'spot', network }).page('BTCUSDT', '5m', SPAN), {
        name: 'DataError',
        code: 'KLINES_UNREADABLE',
      });
    }
    const { network } = exchangeOf({ text: JSON.stringify([[1, 2], kline(START)]) });
    const page = await new RestKlines({ market: 'spot', network }).page('BTCUSDT', '5m', SPAN);
    assert.deepEqual(
      [page.rows.length, page.unreadable],
      [1, [{ line: 1, reason: 'has 2 fields instead of 12' }]],
    );
  });
});
