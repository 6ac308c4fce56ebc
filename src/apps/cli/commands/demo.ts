import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import {
  audit,
  CODE_VERSION,
  evaluate,
  ingestL2,
  labelSymbol,
  modelReference,
  overlay,
  parseConfig,
  resolveLabel,
  simulate,
  trainBase,
  writeReport,
} from '../../../pipeline/index.ts';
import type { Config, EvaluateOutcome } from '../../../pipeline/index.ts';
import { RunStore, type StoredModel, trainingDataOf } from '../../../platform/storage/index.ts';
import { replay, ServedModel } from '../../../pipeline/live/index.ts';
import type { Signal } from '../../../trading/engine/index.ts';
import { printEvaluation } from '../evaluation-text.ts';
import { define } from '../invocation.ts';
import type { Invocation } from '../invocation.ts';
import { trainingReporter } from '../training-progress.ts';

/** The simulated market of the demonstration: small enough for two minutes, long enough for a test that says something. */
const MARKET = {
  days: 28,
  startDate: '2025-01-01',
  strength: 0.5,
  rate: 'light',
  symbol: 'SIMUSDT',
} as const;
const MODEL_NAME = 'demo';
/** Below the data folder; emptied at every start. */
const DEMO_FOLDER = 'tidemark-demo';

/** A small network: the planted state has a half-life of 40 minutes, so 96 bars hold nearly all of it. */
const RECIPE = {
  base: {
    sequenceLength: 96,
    channels: 16,
    hidden: 32,
    layers: 1,
    dropout: 0.1,
    learningRate: 3e-3,
    labelledSteps: 96,
    batchSize: 8,
    epochs: 30,
    patience: 8,
    validationWindows: 1500,
  },
  auditor: { rounds: 200, maxDepth: 3, minChildWeight: 50, uniqueness: false, earlyStoppingRounds: 15 },
  validation: { testShare: 0.25, folds: 3 },
};

export function registerDemo(program: Command): void {
  define(
    program.command('demo').description('the whole story on simulated data, offline, in about a minute'),
    {
      example: 'tidemark demo',
      run: runDemo,
    },
  );
}

async function runDemo(invocation: Invocation): Promise<unknown> {
  const { config: given, output, signal, runId } = invocation;
  const startedMs = performance.now();
  const createdAt = new Date().toISOString();
  const config = demoConfig(given);
  const run = { config, runId, signal, createdAt };
  output.note(
    'Simulated market with a planted signal: SYNTHETIC DATA. Nothing here happened on an exchange.\n',
  );
  // Every demonstration starts from nothing, so that its test period is really unseen.
  await rm(config.dataDir, { recursive: true, force: true });
  const archives = path.join(config.dataDir, 'archives');
  const store = new RunStore(config.dataDir);
  try {
    const market = await output.stage(
      'Simulating the market',
      (report) =>
        simulate({
          ...MARKET,
          out: archives,
          seed: config.seed,
          signal,
          onProgress: (day, days, bytes) => report(day / days, `day ${day}, ${(bytes / 1e6).toFixed(0)} MB`),
        }),
      (r) => `${r.archives.length} days, ${(r.bytes / 1e6).toFixed(0)} MB of order-book messages`,
    );
    const place = { dataDir: config.dataDir, venue: market.venue, symbol: market.symbol };
    const ingested = await output.stage(
      'Ingesting order books',
      (report) =>
        ingestL2({
          ...place,
          inputs: [market.folder],
          workers: availableParallelism(),
          codeVersion: CODE_VERSION,
          clock: () => performance.now(),
          signal,
          onProgress: ({ bytesDone, bytesTotal, bars }) => report(bytesDone / bytesTotal, `${bars} bars`),
        }),
      (r) =>
        `${r.messages.toLocaleString('en')} messages → ${r.bars.toLocaleString('en')} minute bars, ${r.gaps} gaps, ${r.crossed} crossed books`,
    );
    const labelled = await output.stage(
      'Labelling',
      () => labelSymbol(place, resolveLabel(config.label)),
      (r) =>
        `${r.label}: SELL ${(100 * r.shares.SELL).toFixed(0)} %, NEUTRAL ${(100 * r.shares.NEUTRAL).toFixed(0)} %, BUY ${(100 * r.shares.BUY).toFixed(0)} %`,
    );
    const base = await output.stage(
      'Training the base model',
      (report) =>
        trainBase({ ...run, ...place, name: MODEL_NAME, store, ...trainingReporter(output, report) }),
      (r) =>
        `${r.parameters.toLocaleString('en')} parameters, best epoch ${r.best.epoch}, validation macro-F1 ${r.best.macroF1?.toFixed(3)}`,
    );
    const audited = await output.stage(
      'Walk-forward and auditor',
      (report) => audit({ ...run, model: base.model, ...trainingReporter(output, report) }),
      (r) =>
        `${r.folds.length} folds, ${r.oofRows.toLocaleString('en')} out-of-fold rows, ${r.auditorRounds} rounds`,
    );
    const model = modelReference(audited.stored);
    const judged = await output.stage(
      'Opening the test period',
      () => evaluate({ ...run, model, store }),
      (r) => `${r.evaluation.test.rows.toLocaleString('en')} rows`,
    );
    const parity = await output.stage(
      'Replaying the last day message by message',
      () => replayLastDay({ ...judged, stored: audited.stored }, market.archives, invocation),
      (r) => `${r.signals} signals, ${r.compared} compared with history, ${r.different} different`,
    );
    const seconds = (performance.now() - startedMs) / 1000;
    const report = await writeReport(judged, {
      createdAt,
      facts: [
        {
          name: 'Simulated',
          value: `${market.archives.length} days, ${ingested.messages.toLocaleString('en')} order-book messages, seed ${config.seed}, strength ${MARKET.strength}`,
        },
        {
          name: 'Ingested',
          value: `${ingested.bars.toLocaleString('en')} minute bars, ${ingested.gaps} gaps, ${ingested.crossed} crossed books, in ${ingested.seconds.toFixed(1)} s`,
        },
        {
          name: 'Replay of the last day',
          value: `${parity.compared} signals compared with history to the bit, ${parity.different} different`,
        },
        { name: 'Whole run', value: `${seconds.toFixed(0)} s` },
      ],
    });
    output.line('');
    printEvaluation(output, judged.evaluation);
    output.line(
      `\nreplay equals history to the bit on ${parity.compared - parity.different} of ${parity.compared} signals`,
    );
    output.line(`model   ${model}`);
    output.line(`report  ${path.resolve(report.html)}`);
    output.line(`${seconds.toFixed(0)} s in all`);
    return {
      runId,
      model,
      seconds,
      market,
      ingested,
      labelled,
      base,
      parity,
      evaluation: judged.evaluation,
      report,
    };
  } finally {
    store.close();
    // The archives are large and can be made again; their answer sheet stays, for `evaluate` asks for it.
    for (const made of ['bybit', 'binance-vision'])
      await rm(path.join(archives, made), { recursive: true, force: true });
  }
}

/** The demonstration's recipe in the caller's place, with the caller's seed and threads. */
function demoConfig(given: Config): Config {
  const { dataDir, seed, threads } = given;
  return parseConfig(overlay(RECIPE, { dataDir: path.join(dataDir, DEMO_FOLDER), seed, threads }));
}

interface Parity {
  readonly signals: number;
  readonly compared: number;
  readonly different: number;
}

/** Live is history: the same minutes, scored one at a time as they would come from a socket, give the same bits. */
async function replayLastDay(
  { stored, series, config }: EvaluateOutcome & { readonly stored: StoredModel },
  archives: readonly string[],
  { signal }: Invocation,
): Promise<Parity> {
  const model = await ServedModel.load(stored, { threads: config.threads });
  const { venue, symbol } = trainingDataOf(stored.manifest);
  const signals: Signal[] = [];
  try {
    await replay({
      venue,
      symbol,
      inputs: archives.slice(-1),
      model,
      signal,
      onOutcome: (outcome) => {
        if (outcome.kind === 'signal') signals.push(outcome.signal);
      },
    });
  } finally {
    await model.release();
  }
  const history = new Map(series.minuteMs.map((minuteMs, i) => [minuteMs, series.probabilities[i]!]));
  const compared = signals.filter(({ minuteMs }) => history.has(minuteMs));
  const different = compared.filter(({ minuteMs, probabilities }) =>
    probabilities.some((p, k) => !Object.is(p, history.get(minuteMs)![k])),
  );
  return { signals: signals.length, compared: compared.length, different: different.length };
}
