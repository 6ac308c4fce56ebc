import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../core/index.ts';
import { ArchiveEncoder } from './archive-encoder.ts';
import { BookFlow } from './book-flow.ts';

const HEADER = {
  timeMs: 1_735_689_600_123,
  engineTimeMs: 1_735_689_600_099,
  updateId: 1_000_000_000,
  sequence: 100_000_000_007,
};

/** A snapshot of one message's book as the encoder writes it, and as `JSON.stringify` would. */
function snapshots(midTicks: number, decimals: { priceDecimals: number; sizeDecimals: number }) {
  const flow = new BookFlow(Random.fromSeed(1), midTicks, 8);
  flow.step({ midTicks, pressure: 0.2, sigmaTicks: 2, churn: 2, elapsedMs: 100 });
  const encoder = new ArchiveEncoder({ symbol: 'XUSDT', startPrice: 1, ...decimals });
  encoder.snapshot(flow, HEADER);
  const text = (units: number, places: number): string => (units / 10 ** places).toFixed(places);
  const levels = (side: 'bids' | 'asks', sign: number): string[][] => {
    const pairs: string[][] = [];
    flow[side].forEachLevel((coordinate, lots) => {
      pairs.push([text(sign * coordinate, decimals.priceDecimals), text(lots, decimals.sizeDecimals)]);
    });
    return pairs;
  };
  const expected = {
    topic: 'orderbook.500.XUSDT',
    type: 'snapshot',
    ts: HEADER.timeMs,
    data: {
      s: 'XUSDT',
      b: levels('bids', -1),
      a: levels('asks', 1),
      u: HEADER.updateId,
      seq: HEADER.sequence,
    },
    cts: HEADER.engineTimeMs,
  };
  return [Buffer.from(encoder.takeChunk()).toString(), `${JSON.stringify(expected)}\n`] as const;
}

describe('ArchiveEncoder', () => {
  it('writes prices and sizes of any scale as decimals, and times of 13 digits', () => {
    for (const [midTicks, priceDecimals, sizeDecimals] of [
      [20_000, 4, 0],
      [1_000_000, 1, 3],
      [900, 7, 0],
      [97_531, 0, 8],
    ] as const) {
      const [written, expected] = snapshots(midTicks, { priceDecimals, sizeDecimals });
      assert.equal(written, expected);
    }
  });

  it('hands out each byte once', () => {
    const flow = new BookFlow(Random.fromSeed(1), 20_000, 8);
    flow.step({ midTicks: 20_000, pressure: 0, sigmaTicks: 2, churn: 2, elapsedMs: 100 });
    const encoder = new ArchiveEncoder({ symbol: 'XUSDT', startPrice: 2, priceDecimals: 4, sizeDecimals: 0 });
    encoder.delta(flow, HEADER);
    const first = encoder.takeChunk();
    const copy = Uint8Array.from(first);
    assert.equal(encoder.takeChunk().length, 0);
    encoder.delta(flow, { ...HEADER, updateId: 5 });
    assert.deepEqual(first, copy, 'a chunk is not written over');
    assert.match(Buffer.from(encoder.takeChunk()).toString(), /"u":5,/);
  });
});
