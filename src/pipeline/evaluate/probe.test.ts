import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { walk } from './bars.fixture.ts';
import type { BarTable } from '../../domain/features/index.ts';
import { barHistory, lookAheadProbe, type View } from './probe.ts';

const bars = walk(400);
const width = bars.featureNames.length;
const plan = { rows: Int32Array.from({ length: 300 }, (_, i) => 100 + i), cuts: 5, rowsPerCut: 4, seed: 1 };
const view = (name: string, at: (features: Float64Array, row: number) => number): View<BarTable> => ({
  name,
  columns: [name],
  compute: ({ features }, rows) => Float64Array.from(rows, (row) => at(features, row)),
});
const honest = view('last bar', (features, row) => features[row * width]!);

describe('lookAheadProbe', () => {
  it('passes what ends with its row, and counts the comparisons', async () => {
    const check = await lookAheadProbe(
      barHistory(bars),
      [honest, view('two bars', (f, row) => f[row * width]! + f[(row - 1) * width]!)],
      plan,
    );
    assert.equal(check.outcome, 'passed', check.detail);
    assert.ok(check.comparisons > 20 && check.comparisons <= 2 * 5 * 4);
  });

  it('fails by name when a feature uses the next bar', async () => {
    const check = await lookAheadProbe(
      barHistory(bars),
      [honest, view('peeping', (f, row) => f[(row + 1) * width]!)],
      plan,
    );
    assert.equal(check.outcome, 'failed');
    assert.equal(check.name, 'look-ahead probe');
    assert.match(check.detail, /^peeping: peeping at .* with the future and NaN without it/);
  });

  it('fails when a view depends on how much history there is', async () => {
    const check = await lookAheadProbe(
      barHistory(bars),
      [view('mean', (f) => f.reduce((a, b) => a + b, 0) / f.length)],
      plan,
    );
    assert.equal(check.outcome, 'failed');
  });
});
