/**
 * What an artifact says about its judges besides their weights: how their probabilities are calibrated, and how
 * prediction sets begin. The files of the shipped judge have their plain names; those of other seeds a prefix.
 */
import { z } from 'zod';
import { DataError } from '../../domain/core/index.ts';
import type { StoredModel } from '../../platform/storage/index.ts';

const numbers = z.array(z.number());

const CalibratorSchema = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('none') }),
  z.strictObject({ method: z.literal('temperature'), temperature: z.number().gt(0) }),
  z.strictObject({
    method: z.literal('isotonic'),
    curves: z.array(z.strictObject({ from: numbers.min(1), to: numbers.min(1) })),
  }),
  z.strictObject({ method: z.literal('dirichlet'), mean: numbers, scale: numbers, coefficients: numbers }),
]);

const MethodsSchema = z.strictObject({
  none: z.number(),
  temperature: z.number(),
  dirichlet: z.number(),
  isotonic: z.number(),
});

/** Of SELL, NEUTRAL, BUY in a training; taken out of the probabilities. */
const ClassWeightsSchema = z.tuple([z.number().gt(0), z.number().gt(0), z.number().gt(0)]);

const ProbabilitiesSchema = z.strictObject({
  /** Weights of SELL, NEUTRAL, BUY by which calibrated probabilities are decided. */
  decision: ClassWeightsSchema,
  calibrator: CalibratorSchema,
  /** Log loss in nats of every method on rows that it was not fitted on. */
  heldOut: MethodsSchema,
  /** Of its difference from doing nothing. */
  standardErrors: MethodsSchema,
});

const PeriodSchema = z.strictObject({ fromMs: z.number(), toMs: z.number(), rows: z.int().min(1) });

/** `calibration.json` */
const CalibrationSchema = z.strictObject({
  format: z.literal(2),
  seed: z.int(),
  /** Makes the network's softmax the probabilities that the auditor is shown, and that stand for the base model alone. */
  network: z.strictObject({ classWeights: ClassWeightsSchema, temperature: z.number().gt(0) }),
  audited: ProbabilitiesSchema.extend({ classWeights: ClassWeightsSchema }),
  base: ProbabilitiesSchema,
  /** Rows that methods were fitted on and chosen on; the chosen one was fitted on both. */
  fit: PeriodSchema,
  judge: PeriodSchema,
});

/** `conformal.json` */
const ConformalSchema = z.strictObject({
  format: z.literal(1),
  coverage: z.number().gt(0).lt(1),
  rate: z.number().min(0).lt(1),
  level: z.number(),
  /** Ascending 1 − p(truth) of rows that neither judge nor calibration has seen. */
  scores: numbers.min(1),
  rows: PeriodSchema,
  outcome: z.strictObject({
    thresholdShort: z.number(),
    thresholdLong: z.number(),
    lookaheadMinutes: z.int().min(1),
  }),
});

export type CalibrationFile = z.infer<typeof CalibrationSchema>;
export type ConformalFile = z.infer<typeof ConformalSchema>;

export const JUDGE_FILES = ['model.onnx', 'auditor.json', 'calibration.json', 'conformal.json'] as const;
export type JudgeFileName = (typeof JUDGE_FILES)[number];

/** @param judge 0 is the shipped one */
export const judgeFileName = (judge: number, name: JudgeFileName): string =>
  judge === 0 ? name : `seed-${judge}.${name}`;

/** How many seeds the artifact holds. */
export function judgeCount({ files }: Pick<StoredModel, 'files'>): number {
  let judges = 0;
  while (files[judgeFileName(judges, 'calibration.json')] !== undefined) judges++;
  return judges;
}

export interface JudgeParts {
  readonly onnx: Uint8Array;
  readonly auditorJson: string;
  readonly calibration: CalibrationFile;
  readonly conformal: ConformalFile;
}

/** @throws DataError when a file is missing or not what its name says */
export function readJudge(
  { files, folder }: Pick<StoredModel, 'files' | 'folder'>,
  judge: number,
): JudgeParts {
  const bytes = (name: JudgeFileName): Uint8Array => {
    const file = judgeFileName(judge, name);
    const content = files[file];
    if (content !== undefined) return content;
    throw new DataError(`${folder}: has no ${file}, which a judge needs: run \`tidemark audit\` again`, {
      code: 'JUDGE_FILE_MISSING',
      context: { folder, file },
    });
  };
  const text = (name: JudgeFileName): string => Buffer.from(bytes(name)).toString('utf8');
  const parse = <T>(name: JudgeFileName, schema: z.ZodType<T>): T => {
    const refuse = (reason: string, cause: unknown): DataError =>
      new DataError(`${folder}/${judgeFileName(judge, name)}: ${reason}; run \`tidemark audit\` again`, {
        code: 'JUDGE_FILE_UNREADABLE',
        context: { folder },
        cause,
      });
    let value: unknown;
    try {
      value = JSON.parse(text(name));
    } catch (cause) {
      throw refuse('is not JSON', cause);
    }
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw refuse(z.prettifyError(parsed.error), parsed.error);
    return parsed.data;
  };
  return {
    onnx: bytes('model.onnx'),
    auditorJson: text('auditor.json'),
    calibration: parse('calibration.json', CalibrationSchema),
    conformal: parse('conformal.json', ConformalSchema),
  };
}
