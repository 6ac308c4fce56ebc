/** What the manifests of the four kinds of models say. */
import { z } from 'zod';
import { SCALER_KINDS } from '../../domain/candles/index.ts';

const TrainedOn = z.strictObject({
  venue: z.string(),
  symbol: z.string(),
  /** First and last minute that any training row or label used, inclusive; of candles: their times, end excluded. */
  fromMs: z.number(),
  toMs: z.number(),
  rows: z.int().min(0),
  /** Of every bar and label that training could see; of candles: of all of them in this time. */
  sha256: z.string(),
  synthetic: z.boolean(),
  /** Other symbols of the venue that the network learned from besides; each has a scaling of its own. */
  companions: z
    .array(z.strictObject({ symbol: z.string(), rows: z.int().min(1), sha256: z.string() }))
    .optional(),
});

const EVERY_KIND = {
  format: z.literal(1),
  name: z.string(),
  version: z.int().min(1),
  runId: z.string(),
  createdAt: z.string(),
  codeVersion: z.string(),
  seed: z.int(),
  featureSet: z.string(),
  featureNames: z.array(z.string()).min(1),
  /** Bars or candles a window. */
  sequenceLength: z.int().min(1),
  /** Effective configuration of the run that made the model. */
  config: z.record(z.string(), z.unknown()),
  /** What the run measured; free form, for people and reports. */
  metrics: z.record(z.string(), z.unknown()),
  files: z.record(z.string(), z.strictObject({ sha256: z.string(), bytes: z.int().min(0) })),
};

const BarModelSchema = z.strictObject({
  ...EVERY_KIND,
  /** `base`: the network alone; `audited`: network and auditor. */
  kind: z.enum(['base', 'audited']),
  label: z.strictObject({
    name: z.string(),
    thresholdShort: z.number(),
    thresholdLong: z.number(),
    lookaheadMinutes: z.int().min(1),
  }),
  /** What it was trained on; null where that is not known: it was imported. */
  data: TrainedOn.nullable(),
  /** Only of a model whose weights come from elsewhere. */
  provenance: z
    .strictObject({
      kind: z.literal('imported'),
      /** Name and hash of the file of weights. */
      file: z.string(),
      sha256: z.string(),
      note: z.string(),
    })
    .optional(),
});

const CANDLE_KIND = {
  ...EVERY_KIND,
  data: TrainedOn,
  interval: z.string(),
  /** How features are scaled: each symbol's and day's own, with statistics of the days before it. */
  scaling: z.strictObject({ kind: z.enum(SCALER_KINDS), days: z.int().min(1) }),
};

const MacroModelSchema = z.strictObject({
  ...CANDLE_KIND,
  kind: z.literal('macro'),
  encoder: z.string(),
  task: z.string(),
  embedding: z.int().min(1),
});

const MicroModelSchema = z.strictObject({
  ...CANDLE_KIND,
  kind: z.literal('micro'),
  branch: z.string(),
  output: z.enum(['score', 'classes']),
  /** The MacroNet whose embeddings it was taught with, by the hash of its files; null without one. */
  macro: z.strictObject({ model: z.string(), sha256: z.string() }).nullable(),
  label: z.looseObject({ name: z.string(), horizonCandles: z.int().min(1) }),
  /** Where the test period begins, which training has not seen. */
  testFromMs: z.number(),
  thresholds: z.strictObject({
    /** Quantiles of the scores of the validation rows. */
    static: z.strictObject({ buyAbove: z.number(), sellBelow: z.number() }),
    adaptive: z.strictObject({
      buyShare: z.number(),
      sellShare: z.number(),
      memory: z.int(),
      warmUp: z.int(),
      rateGain: z.number(),
    }),
  }),
});

export const ManifestSchema = z.discriminatedUnion('kind', [
  BarModelSchema,
  MacroModelSchema,
  MicroModelSchema,
]);

/** Of a model of bars. */
export type ModelManifest = z.infer<typeof BarModelSchema>;
export type MacroManifest = z.infer<typeof MacroModelSchema>;
export type MicroManifest = z.infer<typeof MicroModelSchema>;
/** Of a model of any kind. */
export type AnyModelManifest = z.infer<typeof ManifestSchema>;

export type ModelKind = AnyModelManifest['kind'];

export interface ManifestOf {
  readonly base: ModelManifest;
  readonly audited: ModelManifest;
  readonly macro: MacroManifest;
  readonly micro: MicroManifest;
}
