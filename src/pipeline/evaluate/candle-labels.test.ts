import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CandleLabels } from '../../domain/labels/index.ts';
import { hourly } from '../candle-models/candle-models.fixture.ts';
import { CandleLabelSchema, type CandleLabelConfig } from '../candle-models/config.ts';
import { labelSeries } from '../candle-models/label-series.ts';
import { candleSeries } from '../candle-scoring/index.ts';
import { candleLabelCheck } from './candle-labels.ts';

const SERIES = candleSeries('AAA', '1h', hourly(3));
const HOUR_MS = SERIES.intervalMs;
const ruleOf = (kind: CandleLabelConfig['kind']): CandleLabelConfig =>
  CandleLabelSchema.parse({
    kind,
    horizonCandles: 3,
    threshold: 0.01,
    volatilityCandles: 24,
    stop: 0.01,
    takeProfit: 0.02,
  });
const RULES = (['threshold', 'volatility', 'trade'] as const).map(ruleOf);
const checked = (labels: CandleLabels, rule: CandleLabelConfig) =>
  candleLabelCheck(SERIES, labels, { rule, cuts: 6, seed: 1 });

/** Labels of the next candle, each in the place of the one before. */
const shifted = ({ label, outcome, labelEndMs }: CandleLabels): CandleLabels => ({
  label: label.map((each, row) => (each < 0 ? each : (label[row + 1] ?? each))),
  outcome,
  labelEndMs,
});

describe('candleLabelCheck', () => {
  for (const rule of RULES) {
    it(`passes the labels of the rule, and no others: ${rule.kind}`, () => {
      const labels = labelSeries(SERIES, rule);
      const check = checked(labels, rule);
      assert.equal(check.outcome, 'passed', check.detail);
      assert.ok(check.comparisons >= 6 * 12);
      const found = checked(shifted(labels), rule);
      assert.deepEqual([found.name, found.outcome], ['labels from closes', 'failed']);
    });

    it(`fails when labels are said to be known earlier than they are: ${rule.kind}`, () => {
      const labels = labelSeries(SERIES, rule);
      const labelEndMs = labels.labelEndMs.map((ms) => ms - 2 * HOUR_MS);
      assert.equal(checked({ ...labels, labelEndMs }, rule).outcome, 'failed');
    });
  }

  it('fails when the threshold knows the coming candles', () => {
    const rule = ruleOf('volatility');
    const later = labelSeries(SERIES, { ...rule, volatilityCandles: 12 });
    assert.match(checked(later, rule).detail, /the closes 3 candles apart say/);
  });
});
