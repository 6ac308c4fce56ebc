/** `replay` of a MicroNet: stored candles, one line each. */
import { isoMinute } from '../../domain/core/index.ts';
import { CandleModel, readReplaySeries } from '../../pipeline/index.ts';
import { type CandleOutcome, type CandleSignal, replayCandles } from '../../pipeline/live/index.ts';
import { type Invocation, refuseFlags } from './invocation.ts';

const HEADS = {
  classes: 'candle (UTC)             close     as trained: sell neutral buy       score  direction',
  score: 'candle (UTC)             close       score  direction',
};

export async function replayStoredCandles({ config, output, options, signal }: Invocation) {
  refuseFlags(
    options,
    ['in', 'venue', 'tick', 'lot'],
    'is of a recording: a MicroNet replays stored candles',
  );
  const { dataDir, threads } = config;
  const text = (name: string): string | undefined => options[name] as string | undefined;
  const model = await CandleModel.load(dataDir, text('model')!, { threads });
  try {
    const { manifest, reference, macro } = model;
    const request = { dataDir, symbol: text('symbol'), from: text('from'), to: text('to') };
    const { series, isOwn, ...span } = await readReplaySeries(model, request);
    if (series.synthetic || manifest.data.synthetic) output.line(output.bold('SYNTHETIC DATA'));
    output.line(output.dim(HEADS[manifest.output]));
    const learnedUntilMs = Math.max(manifest.data.toMs, macro?.manifest.data.toMs ?? 0);
    const signals: (CandleSignal & { readonly inTrainingPeriod: boolean })[] = [];
    const result = await replayCandles({
      model,
      symbol: series.symbol,
      candles: series.candles,
      ...span,
      signal,
      onOutcome: (outcome) => {
        if (outcome.kind === 'warming-up') {
          output.line(outcomeText(outcome));
          return;
        }
        const inTrainingPeriod = isOwn && outcome.signal.openTimeMs < learnedUntilMs;
        output.line(`${outcomeText(outcome)}${inTrainingPeriod ? '  *' : ''}`);
        signals.push({ ...outcome.signal, inTrainingPeriod });
      },
    });
    output.note(
      `${result.candles} candles of ${series.symbol}: ${result.signals} scored (${result.abstentions} of them abstentions), ${result.warmingUp} warming up; ${result.gaps} gaps`,
    );
    if (isOwn)
      output.note(
        `* up to ${isoMinute(learnedUntilMs)} ${reference} was trained on these very candles: no evidence of anything`,
      );
    else output.note(`${reference} has never seen ${series.symbol}`);
    return { model: reference, symbol: series.symbol, ...result, signals };
  } finally {
    await model.release();
  }
}

function outcomeText(outcome: CandleOutcome): string {
  const line = (openTimeMs: number, price: number): string =>
    `${isoMinute(openTimeMs)}  ${price.toPrecision(8).padStart(12)}`;
  if (outcome.kind === 'warming-up') {
    return `${line(outcome.openTimeMs, outcome.price)}   warming up: ${outcome.reason}`;
  }
  const { openTimeMs, price, probabilities, score, direction, abstains, thresholds } = outcome.signal;
  const three = probabilities?.map((p) => p.toFixed(3)).join('  ');
  const why = thresholds === 'warm-up' ? ': thresholds warm up' : '';
  return `${line(openTimeMs, price)}   ${three === undefined ? '' : `${three.padEnd(30)} `}${score.toFixed(4).padStart(7)}  ${abstains ? `abstains${why}` : direction}`;
}
