/** How a MicroNet was made, and what it is asked, for its page. */
import { isoMinute } from '../../domain/core/index.ts';
import type { EpochRecord, MicroManifest } from '../../platform/storage/index.ts';
import type { CandleModel } from '../candle-scoring/index.ts';
import type { TrainingCurve } from '../report/index.ts';
import type { LabelRule, OpenedMicro } from './open-micro.ts';
import type { ReportFacts } from './outcome.ts';

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

export function questionOf({ rule, lookaheadMinutes }: LabelRule): string {
  const { kind, threshold, deviations, volatilityCandles, stop, takeProfit, costs } = rule;
  switch (kind) {
    case 'threshold':
      return `will the log return of the next ${lookaheadMinutes} minutes be below −${percent(threshold)} (SELL), above +${percent(threshold)} (BUY), or neither (NEUTRAL)?`;
    case 'volatility':
      return `will the log return of the next ${lookaheadMinutes} minutes be below −${deviations} (SELL) or above +${deviations} (BUY) standard deviations, as the last ${volatilityCandles} candles have them, or neither (NEUTRAL)?`;
    case 'trade':
      return `would a short (SELL) or a long trade (BUY) earn more than its costs of ${percent(costs)}, left at a loss of ${percent(stop)}, a gain of ${percent(takeProfit)} or after ${lookaheadMinutes} minutes, or neither (NEUTRAL)?`;
  }
}

interface TrainingMetrics {
  readonly parameters: number;
  readonly epochs: readonly EpochRecord[];
  readonly best: EpochRecord;
  readonly rows: { readonly train: number; readonly validation: number };
}

const trainingOf = ({ metrics }: MicroManifest): TrainingMetrics => metrics['training'] as TrainingMetrics;

export function microCurves(manifest: MicroManifest): readonly TrainingCurve[] {
  const epochs = trainingOf(manifest).epochs.map(({ epoch, trainLoss, valLoss, macroF1 }) => ({
    epoch,
    trainLoss,
    validationLoss: valLoss,
    macroF1: Number.isNaN(macroF1) ? null : macroF1,
  }));
  return [{ name: 'Training', epochs }];
}

export function microFacts(model: CandleModel, { known, label }: OpenedMicro): readonly ReportFacts[] {
  const { manifest, macro, reference, interval } = model;
  const { parameters, best, rows } = trainingOf(manifest);
  const { branch, output, sequenceLength, data, scaling, thresholds } = manifest;
  const { adaptive } = thresholds;
  const others = known.length === 1 ? '' : `; one network for ${known.join(', ')}`;
  return [
    { name: 'Model', value: `${reference}, seed ${manifest.seed}, Tidemark ${manifest.codeVersion}` },
    {
      name: 'Network',
      value: `MicroNet (${branch}, ${output}), ${parameters.toLocaleString('en')} parameters, last ${sequenceLength} candles of ${interval}; epoch ${best.epoch} of ${trainingOf(manifest).epochs.length}`,
    },
    {
      name: 'Embedding',
      value:
        macro === undefined
          ? 'none'
          : `${macro.reference} (${macro.manifest.encoder}, ${macro.manifest.task}), ${macro.model.size} numbers a day from the ${scaling.days} days before it`,
    },
    {
      name: 'Scaling',
      value: `${scaling.kind}, each symbol and day by itself: statistics of the ${scaling.days} days before it`,
    },
    {
      name: 'Development data',
      value: `${isoMinute(data.fromMs)} to ${isoMinute(data.toMs)}, ${rows.train.toLocaleString('en')} candles learned from, ${rows.validation.toLocaleString('en')} that chose the epoch${others}`,
    },
    { name: 'Label', value: `${label.name}: purged by the label’s end time` },
    {
      name: 'Adaptive thresholds',
      value: `BUY and SELL at ${percent(adaptive.buyShare)} and ${percent(adaptive.sellShare)} of the last ${adaptive.memory} scores`,
    },
  ];
}
