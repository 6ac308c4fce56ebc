import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MINUTE_BARS } from './labelled-rows.ts';
import { companionRows, learningRows, momentsOf, rowsAt } from './symbol-rows.ts';
import type { SymbolBars } from './symbol-rows.ts';

const MINUTE = 60_000;

/** Bars at the given minutes, of which those from the third on have a label that is known two minutes later. */
function symbolAt(symbol: string, minutes: readonly number[]): SymbolBars {
  const rows = Int32Array.from(minutes.keys()).slice(2);
  const timeMs = Float64Array.from(rows, (row) => minutes[row]! * MINUTE);
  return {
    symbol,
    data: {
      unit: MINUTE_BARS,
      bars: {
        featureNames: ['x'],
        rows: minutes.length,
        minuteMs: Float64Array.from(minutes, (m) => m * MINUTE),
        features: Float64Array.from(minutes),
        close: new Float64Array(minutes.length),
      },
      labels: { label: Int8Array.from(minutes, (_, i) => (i < 2 ? -1 : i % 3)) } as never,
      segments: [{ start: 0, end: minutes.length }],
      rows,
      spans: { timeMs, labelEndMs: timeMs.map((ms) => ms + 2 * MINUTE) },
      synthetic: null,
    },
  };
}

const A = symbolAt('A', [0, 1, 2, 3, 4, 5]);
const B = symbolAt('B', [2, 3, 4, 5, 6, 7, 8]);
const minutesOf = ({ data }: SymbolBars, positions: Int32Array): number[] =>
  Array.from(positions, (i) => data.spans.timeMs[i]! / MINUTE);

describe('rows of several symbols', () => {
  it('are split on the moments of all of them', () => {
    const moments = momentsOf([B, A]);
    assert.deepEqual(
      [...moments.timeMs].map((ms) => ms / MINUTE),
      [2, 3, 4, 5, 6, 7, 8],
    );
    assert.deepEqual(
      moments.labelEndMs,
      moments.timeMs.map((ms) => ms + 2 * MINUTE),
    );
    const chosen = Int32Array.of(1, 2, 4);
    assert.deepEqual(minutesOf(A, rowsAt(A, moments, chosen)), [3, 4]);
    assert.deepEqual(minutesOf(B, rowsAt(B, moments, chosen)), [4, 6]);
  });

  it('of a companion are those whose labels were known in time', () => {
    const known = (boundary: number, embargo: number) =>
      companionRows([B], boundary * MINUTE, embargo * MINUTE).map((rows) => minutesOf(B, rows.train));
    assert.deepEqual(known(8, 0), [[4, 5, 6]]);
    assert.deepEqual(known(8, 1), [[4, 5]]);
    assert.deepEqual(known(5, 0), [], 'a symbol that is not there yet is left out');
  });

  it('become one dataset in which each row is still known by symbol and time', () => {
    const [train, stopping] = [Int32Array.of(0, 1), Int32Array.of(2)];
    const { dataset, trainRows, stoppingRows, instruments } = learningRows([
      { ...A, train, stopping },
      { ...B, train, stopping },
    ]);
    assert.deepEqual([...dataset.features], [0, 1, 2, 3, 4, 5, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual([...trainRows], [2, 3, 8, 9]);
    assert.deepEqual([...stoppingRows], [4, 10]);
    assert.deepEqual(dataset.segments, [
      { start: 0, end: 6 },
      { start: 6, end: 13 },
    ]);
    assert.deepEqual(instruments, [
      { name: 'A', start: 0, end: 6 },
      { name: 'B', start: 6, end: 13 },
    ]);
    assert.equal(dataset.rowName!(9), 'B 1970-01-01T00:05Z (row 3)');
    assert.equal(dataset.rowName!(5), 'A 1970-01-01T00:05Z (row 5)');
    assert.deepEqual([...dataset.labels.subarray(6)], [-1, -1, 2, 0, 1, 2, 0]);
  });

  it('of one symbol alone are its own, not copied', () => {
    const train = Int32Array.of(0);
    const alone = learningRows([{ ...A, train, stopping: train }]);
    assert.equal(alone.dataset.features, A.data.bars.features);
    assert.equal(alone.instruments, undefined);
  });
});
